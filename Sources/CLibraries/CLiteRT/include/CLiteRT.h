#ifndef JASK_CLITERT_H
#define JASK_CLITERT_H

#include <stddef.h>
#include <stdint.h>

// LiteRT's C API, opened at run time: nothing links against it, and where it is missing only what it runs is missing. Its
// wheel has no header, so the declarations are in litert.c, and fit the one library they were written for.

/// A library that was opened, with an environment of it. May be used by any thread.
typedef struct jask_litert_engine jask_litert_engine;
/// A model that was parsed, and a place for XNNPACK's weights that its models share. Its bytes and its engine must outlive
/// it.
typedef struct jask_litert_graph jask_litert_graph;
/// A model that was made ready to run, with its tensors. For one thread at a time; its graph must outlive it.
typedef struct jask_litert_model jask_litert_model;

enum {
    JASK_LITERT_OK = 0,
    // What follows are no statuses of LiteRT, which are positive.
    JASK_LITERT_NOT_LOADED = -1,      // dlopen failed; the text has its words
    JASK_LITERT_NO_SYMBOL = -2,       // the text has the name
    JASK_LITERT_NO_MEMORY = -3,
    JASK_LITERT_WRONG_TENSOR = -4,    // not float32, or of a size that is not fixed; the text has which
};

typedef struct {
    /// LiteRT's status, or one of the above.
    int status;
    /// What was called, or what is wrong.
    char text[256];
} jask_litert_failure;

/// A file in memory of these bytes, which nobody can change any more; -1 and errno where there is none to be had.
int jask_litert_sealed_file(const void *bytes, size_t size);

/// Opens the library (RTLD_NOW, RTLD_LOCAL), resolves every name that is used, and makes an environment for the CPU alone
/// that logs nothing. NULL: see `failure`.
jask_litert_engine *jask_litert_engine_open(const char *library, jask_litert_failure *failure);
/// Ends the environment. The library stays loaded: C++ does not like to be unloaded.
void jask_litert_engine_close(jask_litert_engine *engine);

/// Parses a model. `bytes` are not copied.
jask_litert_graph *jask_litert_graph_new(
    jask_litert_engine *engine, const void *bytes, size_t size, jask_litert_failure *failure);
void jask_litert_graph_free(jask_litert_graph *graph);

/// Makes a model ready: XNNPACK on one thread, tensors in memory of 64 bytes' alignment. Two models of one graph must not
/// be made at once.
jask_litert_model *jask_litert_model_new(jask_litert_graph *graph, jask_litert_failure *failure);
void jask_litert_model_free(jask_litert_model *model);

size_t jask_litert_input_count(const jask_litert_model *model);
size_t jask_litert_output_count(const jask_litert_model *model);
/// A tensor's numbers and how many they are; NULL beyond the last. They stay where they are.
float *jask_litert_input(jask_litert_model *model, size_t index, size_t *count);
const float *jask_litert_output(const jask_litert_model *model, size_t index, size_t *count);

/// Has the allocator give back what it holds of freed memory, on all threads' heaps: it keeps what lies below anything that
/// is still in use.
void jask_litert_trim(void);

/// Computes the outputs of the inputs; 0, or LiteRT's status.
int jask_litert_run(jask_litert_model *model);

#endif
