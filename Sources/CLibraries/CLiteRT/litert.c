// For memfd_create.
#define _GNU_SOURCE

#include "CLiteRT.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// MARK: LiteRT's declarations, as far as they are used

typedef void *handle;

enum { ELEMENT_FLOAT32 = 1, ACCELERATOR_CPU = 1, MOST_DIMENSIONS = 8 };

typedef struct {
    uint32_t rank : 7;
    uint32_t has_strides : 1;
    int32_t dimensions[MOST_DIMENSIONS];
    uint32_t strides[MOST_DIMENSIONS];
} tensor_layout;

typedef struct {
    int32_t element;
    tensor_layout layout;
} tensor_type;

enum { VALUE_INTEGER = 2 };
enum { OPTION_AUTO_REGISTERED_ACCELERATORS = 24, OPTION_LEAST_LOG_SEVERITY = 25 };
enum { SEVERITY_SILENT = 4 };

typedef struct {
    int32_t tag;
    struct {
        int32_t type;
        union {
            int64_t integer;
            const void *pointer;
        };
    } value;
} environment_option;

_Static_assert(sizeof(tensor_layout) == 68 && offsetof(tensor_layout, dimensions) == 4, "LiteRtLayout");
_Static_assert(sizeof(tensor_type) == 72 && offsetof(tensor_type, layout) == 4, "LiteRtRankedTensorType");
_Static_assert(sizeof(environment_option) == 24 && offsetof(environment_option, value) == 8, "LiteRtEnvOption");
_Static_assert(sizeof(void *) == 8 && sizeof(size_t) == 8, "only 64-bit libraries are known");

/// Every function that is used: its name behind `LiteRt`, what it returns and takes.
#define FUNCTIONS(f)                                                                                                 \
    f(CreateEnvironment, int, (int, const environment_option *, handle *))                                           \
    f(DestroyEnvironment, void, (handle))                                                                            \
    f(CreateModelFromBuffer, int, (handle, const void *, size_t, handle *))                                          \
    f(DestroyModel, void, (handle))                                                                                  \
    f(GetModelSignature, int, (handle, size_t, handle *))                                                            \
    f(GetNumSignatureInputs, int, (handle, size_t *))                                                                \
    f(GetNumSignatureOutputs, int, (handle, size_t *))                                                               \
    f(GetSignatureInputTensorByIndex, int, (handle, size_t, handle *))                                               \
    f(GetSignatureOutputTensorByIndex, int, (handle, size_t, handle *))                                              \
    f(GetRankedTensorType, int, (handle, tensor_type *))                                                             \
    f(CreateOptions, int, (handle *))                                                                                \
    f(DestroyOptions, void, (handle))                                                                                \
    f(SetOptionsHardwareAccelerators, int, (handle, int))                                                            \
    f(CreateOpaqueOptions, int, (const char *, void *, void (*)(void *), handle *))                                  \
    f(DestroyOpaqueOptions, void, (handle))                                                                          \
    f(AddOpaqueOptions, int, (handle, handle))                                                                       \
    f(CreateCompiledModel, int, (handle, handle, handle, handle *))                                                  \
    f(DestroyCompiledModel, void, (handle))                                                                          \
    f(CreateTensorBufferFromHostMemory, int, (const tensor_type *, void *, size_t, void (*)(void *), handle *))      \
    f(DestroyTensorBuffer, void, (handle))                                                                           \
    f(RunCompiledModel, int, (handle, size_t, size_t, handle *, size_t, handle *))

struct jask_litert_engine {
    handle environment;
#define MEMBER(name, returned, taken) returned(*name) taken;
    FUNCTIONS(MEMBER)
#undef MEMBER
};

struct jask_litert_graph {
    jask_litert_engine *engine;
    handle model;
    /// XNNPACK's weights, which the first model writes and the others map; -1 where there is none. Memory without a name:
    /// a model that was checked by its hash must not get its weights from a file that anybody could have put there.
    int weights;
};

typedef struct {
    handle buffer;
    float *numbers;
    size_t count;
} tensor;

enum { MOST_TENSORS = 8 };

struct jask_litert_model {
    jask_litert_engine *engine;
    handle compiled;
    size_t input_count;
    size_t output_count;
    tensor inputs[MOST_TENSORS];
    tensor outputs[MOST_TENSORS];
};

// MARK: Failures

static void fail(jask_litert_failure *failure, int status, const char *text) {
    failure->status = status;
    snprintf(failure->text, sizeof failure->text, "%s", text);
}

/// Whether a call went well; writes down which it was if it did not.
static bool went(int status, const char *name, jask_litert_failure *failure) {
    if (status != JASK_LITERT_OK) {
        fail(failure, status, name);
    }
    return status == JASK_LITERT_OK;
}

#define CALL(engine, name, ...) went((engine)->name(__VA_ARGS__), #name, failure)

// MARK: Engine

static bool resolve(jask_litert_engine *engine, void *library, jask_litert_failure *failure) {
#define RESOLVE(name, returned, taken)                              \
    {                                                               \
        void *symbol = dlsym(library, "LiteRt" #name);              \
        if (symbol == NULL) {                                       \
            fail(failure, JASK_LITERT_NO_SYMBOL, "LiteRt" #name);   \
            return false;                                           \
        }                                                           \
        memcpy(&engine->name, &symbol, sizeof symbol);              \
    }
    FUNCTIONS(RESOLVE)
#undef RESOLVE
    return true;
}

int jask_litert_sealed_file(const void *bytes, size_t size) {
    int file = memfd_create("jask-litert", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file < 0) {
        return -1;
    }
    const char *rest = bytes;
    while (size > 0) {
        ssize_t written = write(file, rest, size);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            break;
        }
        rest += written;
        size -= (size_t)written;
    }
    if (size == 0 && fcntl(file, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0) {
        return file;
    }
    int reason = errno;
    close(file);
    errno = reason;
    return -1;
}

jask_litert_engine *jask_litert_engine_open(const char *library, jask_litert_failure *failure) {
    void *opened = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (opened == NULL) {
        const char *words = dlerror();
        fail(failure, JASK_LITERT_NOT_LOADED, words != NULL ? words : "dlopen");
        return NULL;
    }
    jask_litert_engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL) {
        fail(failure, JASK_LITERT_NO_MEMORY, "engine");
        return NULL;
    }
    // By itself it would look for libraries of graphics cards along the loader's path.
    const environment_option options[] = {
        {.tag = OPTION_AUTO_REGISTERED_ACCELERATORS, .value = {.type = VALUE_INTEGER, .integer = ACCELERATOR_CPU}},
        {.tag = OPTION_LEAST_LOG_SEVERITY, .value = {.type = VALUE_INTEGER, .integer = SEVERITY_SILENT}},
    };
    if (resolve(engine, opened, failure) && CALL(engine, CreateEnvironment, 2, options, &engine->environment)) {
        return engine;
    }
    free(engine);
    return NULL;
}

void jask_litert_engine_close(jask_litert_engine *engine) {
    engine->DestroyEnvironment(engine->environment);
    free(engine);
}

void jask_litert_trim(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

// MARK: Graph

jask_litert_graph *jask_litert_graph_new(
    jask_litert_engine *engine, const void *bytes, size_t size, jask_litert_failure *failure) {
    jask_litert_graph *graph = calloc(1, sizeof *graph);
    if (graph == NULL) {
        fail(failure, JASK_LITERT_NO_MEMORY, "graph");
        return NULL;
    }
    graph->engine = engine;
    if (!CALL(engine, CreateModelFromBuffer, engine->environment, bytes, size, &graph->model)) {
        free(graph);
        return NULL;
    }
    graph->weights = memfd_create("jask-weights", MFD_CLOEXEC);
    return graph;
}

void jask_litert_graph_free(jask_litert_graph *graph) {
    graph->engine->DestroyModel(graph->model);
    if (graph->weights >= 0) {
        close(graph->weights);
    }
    free(graph);
}

// MARK: Model

/// The options of the CPU's accelerator are a text: its own builders are not exported.
static bool compile(jask_litert_model *model, const jask_litert_graph *graph, jask_litert_failure *failure) {
    jask_litert_engine *engine = model->engine;
    handle options = NULL, processor = NULL;
    enum { MOST_TEXT = 128 };
    char *text = malloc(MOST_TEXT);
    if (text == NULL) {
        fail(failure, JASK_LITERT_NO_MEMORY, "options");
        return false;
    }
    int length = snprintf(text, MOST_TEXT, "num_threads = 1\n");
    if (graph->weights >= 0) {
        snprintf(
            text + length, MOST_TEXT - (size_t)length, "weight_cache_file_path = \"/proc/self/fd/%d\"\n",
            graph->weights);
    }
    // From here on the text belongs to the options.
    if (!CALL(engine, CreateOpaqueOptions, "xnnpack", text, free, &processor)) {
        free(text);
        return false;
    }
    if (!CALL(engine, CreateOptions, &options)) {
        engine->DestroyOpaqueOptions(processor);
        return false;
    }
    bool added = CALL(engine, AddOpaqueOptions, options, processor);
    if (!added) {
        engine->DestroyOpaqueOptions(processor);
    }
    bool done = added && CALL(engine, SetOptionsHardwareAccelerators, options, ACCELERATOR_CPU)
        && CALL(engine, CreateCompiledModel, engine->environment, graph->model, options, &model->compiled);
    engine->DestroyOptions(options);
    return done;
}

/// How many numbers a tensor holds; 0 where it is not one of ours.
static size_t count_of(const tensor_type *type) {
    enum { MOST_NUMBERS = 1 << 24 };
    if (type->element != ELEMENT_FLOAT32 || type->layout.rank > MOST_DIMENSIONS) {
        return 0;
    }
    size_t count = 1;
    for (uint32_t at = 0; at < type->layout.rank; at += 1) {
        int32_t size = type->layout.dimensions[at];
        if (size < 1 || (size_t)size > MOST_NUMBERS / count) {
            return 0;
        }
        count *= (size_t)size;
    }
    return count;
}

static bool prepare(jask_litert_engine *engine, tensor *made, handle of, jask_litert_failure *failure) {
    // XNNPACK may read some bytes beyond a tensor's end.
    enum { ALIGNMENT = 64, BEYOND = 128 };
    tensor_type type;
    if (!CALL(engine, GetRankedTensorType, of, &type)) {
        return false;
    }
    made->count = count_of(&type);
    if (made->count == 0) {
        char text[64];
        snprintf(text, sizeof text, "element type %d, rank %u", type.element, type.layout.rank);
        fail(failure, JASK_LITERT_WRONG_TENSOR, text);
        return false;
    }
    size_t size = (made->count * sizeof(float) + BEYOND + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    made->numbers = aligned_alloc(ALIGNMENT, size);
    if (made->numbers == NULL) {
        fail(failure, JASK_LITERT_NO_MEMORY, "tensor");
        return false;
    }
    memset(made->numbers, 0, size);
    return CALL(
        engine, CreateTensorBufferFromHostMemory, &type, made->numbers, made->count * sizeof(float), NULL,
        &made->buffer);
}

static bool prepare_all(jask_litert_model *model, handle graph, jask_litert_failure *failure) {
    jask_litert_engine *engine = model->engine;
    handle signature, found;
    size_t inputs, outputs;
    if (!CALL(engine, GetModelSignature, graph, 0, &signature)
        || !CALL(engine, GetNumSignatureInputs, signature, &inputs)
        || !CALL(engine, GetNumSignatureOutputs, signature, &outputs)) {
        return false;
    }
    if (inputs > MOST_TENSORS || outputs > MOST_TENSORS) {
        fail(failure, JASK_LITERT_WRONG_TENSOR, "more tensors than any model here has");
        return false;
    }
    // Counted as they are made: what was made is freed.
    for (; model->input_count < inputs; model->input_count += 1) {
        tensor *next = &model->inputs[model->input_count];
        if (!CALL(engine, GetSignatureInputTensorByIndex, signature, model->input_count, &found)
            || !prepare(engine, next, found, failure)) {
            free(next->numbers);
            return false;
        }
    }
    for (; model->output_count < outputs; model->output_count += 1) {
        tensor *next = &model->outputs[model->output_count];
        if (!CALL(engine, GetSignatureOutputTensorByIndex, signature, model->output_count, &found)
            || !prepare(engine, next, found, failure)) {
            free(next->numbers);
            return false;
        }
    }
    return true;
}

jask_litert_model *jask_litert_model_new(jask_litert_graph *graph, jask_litert_failure *failure) {
    jask_litert_model *model = calloc(1, sizeof *model);
    if (model == NULL) {
        fail(failure, JASK_LITERT_NO_MEMORY, "model");
        return NULL;
    }
    model->engine = graph->engine;
    if (!compile(model, graph, failure) || !prepare_all(model, graph->model, failure)) {
        jask_litert_model_free(model);
        return NULL;
    }
    return model;
}

static void release(jask_litert_engine *engine, tensor *tensors, size_t count) {
    for (size_t at = 0; at < count; at += 1) {
        engine->DestroyTensorBuffer(tensors[at].buffer);
        free(tensors[at].numbers);
    }
}

void jask_litert_model_free(jask_litert_model *model) {
    release(model->engine, model->inputs, model->input_count);
    release(model->engine, model->outputs, model->output_count);
    if (model->compiled != NULL) {
        model->engine->DestroyCompiledModel(model->compiled);
    }
    free(model);
}

size_t jask_litert_input_count(const jask_litert_model *model) {
    return model->input_count;
}

size_t jask_litert_output_count(const jask_litert_model *model) {
    return model->output_count;
}

float *jask_litert_input(jask_litert_model *model, size_t index, size_t *count) {
    if (index >= model->input_count) {
        return NULL;
    }
    *count = model->inputs[index].count;
    return model->inputs[index].numbers;
}

const float *jask_litert_output(const jask_litert_model *model, size_t index, size_t *count) {
    if (index >= model->output_count) {
        return NULL;
    }
    *count = model->outputs[index].count;
    return model->outputs[index].numbers;
}

int jask_litert_run(jask_litert_model *model) {
    handle inputs[MOST_TENSORS], outputs[MOST_TENSORS];
    for (size_t at = 0; at < model->input_count; at += 1) {
        inputs[at] = model->inputs[at].buffer;
    }
    for (size_t at = 0; at < model->output_count; at += 1) {
        outputs[at] = model->outputs[at].buffer;
    }
    return model->engine->RunCompiledModel(
        model->compiled, 0, model->input_count, inputs, model->output_count, outputs);
}
