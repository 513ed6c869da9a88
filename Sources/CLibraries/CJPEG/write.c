#include <stdlib.h>
#include <string.h>

#include "errors.h"
#include "jask_jpeg.h"

#include <jerror.h>

/// Blocks of libjpeg have 8 samples each way; a row of MCUs has at most two of them.
enum { block = DCTSIZE, most_rows = 2 * DCTSIZE };

typedef struct {
    struct jpeg_compress_struct library;
    struct jpeg_destination_mgr target;
    jask_jpeg_errors errors;
    uint8_t *data;
    size_t size;
    JSAMPARRAY rows[3];
} writer;

// Where libjpeg writes: memory that doubles. Its own such target loses sight of the memory after an error.

static void offer(writer *self, size_t used) {
    self->target.next_output_byte = self->data + used;
    self->target.free_in_buffer = self->size - used;
}

static void begin(j_compress_ptr library) {
    writer *self = (writer *)library->client_data;
    self->size = 1 << 14;
    self->data = malloc(self->size);
    if (self->data == NULL) ERREXIT1(library, JERR_OUT_OF_MEMORY, 0);
    offer(self, 0);
}

static boolean grow(j_compress_ptr library) {
    writer *self = (writer *)library->client_data;
    uint8_t *grown = realloc(self->data, self->size * 2);
    if (grown == NULL) ERREXIT1(library, JERR_OUT_OF_MEMORY, 0);
    self->data = grown;
    self->size *= 2;
    offer(self, self->size / 2);
    return TRUE;
}

static void end(j_compress_ptr library) {
    writer *self = (writer *)library->client_data;
    self->size -= self->target.free_in_buffer;
}

static int horizontal_sampling(int sampling) {
    return sampling == 444 ? 1 : 2;
}

static int vertical_sampling(int sampling) {
    return sampling == 420 ? 2 : 1;
}

static void configure(writer *self, const jask_jpeg_picture *picture, const jask_jpeg_encoding *encoding) {
    struct jpeg_compress_struct *library = &self->library;
    library->image_width = (JDIMENSION)picture->width;
    library->image_height = (JDIMENSION)picture->height;
    library->input_components = 3;
    library->in_color_space = JCS_YCbCr;
    jpeg_set_defaults(library);
    jpeg_set_colorspace(library, JCS_YCbCr);
    jpeg_set_quality(library, encoding->quality, TRUE);
    library->comp_info[0].h_samp_factor = horizontal_sampling(encoding->sampling);
    library->comp_info[0].v_samp_factor = vertical_sampling(encoding->sampling);
    library->raw_data_in = TRUE;
    library->dct_method = JDCT_ISLOW;
    library->optimize_coding = encoding->has_own_codes ? TRUE : FALSE;
    library->restart_interval = (unsigned int)encoding->restart_interval;
    if (encoding->is_progressive) jpeg_simple_progression(library);
}

static void make_rows(writer *self) {
    struct jpeg_compress_struct *library = &self->library;
    for (int index = 0; index < 3; index++) {
        const jpeg_component_info *component = &library->comp_info[index];
        JDIMENSION blocks = component->width_in_blocks + (JDIMENSION)component->h_samp_factor;
        self->rows[index] = library->mem->alloc_sarray(
            (j_common_ptr)library, JPOOL_IMAGE, blocks * block, (JDIMENSION)most_rows);
    }
}

static int smaller(int one, int other) {
    return one < other ? one : other;
}

/// Rows of one component, from `first` on, out to the blocks' end: what lies beyond the picture repeats its edge.
static void gather(writer *self, const jask_jpeg_picture *picture, int plane, int first, int count) {
    const struct jpeg_compress_struct *library = &self->library;
    const jpeg_component_info *component = &library->comp_info[plane];
    int width = plane == 0 ? picture->width : (picture->width + 1) / 2;
    int height = plane == 0 ? picture->height : (picture->height + 1) / 2;
    // Of 4:2:0's chroma, one sample stands for as many of the component's.
    int across = plane == 0 ? 1 : 2 / library->max_h_samp_factor;
    int down = plane == 0 ? 1 : 2 / library->max_v_samp_factor;
    int columns = (int)(component->width_in_blocks + (JDIMENSION)component->h_samp_factor) * block;
    for (int row = 0; row < count; row++) {
        int from = smaller((first + row) / down, height - 1);
        const uint8_t *source = picture->planes[plane] + (size_t)from * (size_t)picture->strides[plane];
        uint8_t *target = self->rows[plane][row];
        for (int column = 0; column < columns; column++) target[column] = source[smaller(column / across, width - 1)];
    }
}

static void write_picture(writer *self, const jask_jpeg_picture *picture, const jask_jpeg_encoding *encoding) {
    struct jpeg_compress_struct *library = &self->library;
    library->client_data = self;
    self->target = (struct jpeg_destination_mgr){
        .init_destination = begin, .empty_output_buffer = grow, .term_destination = end};
    library->dest = &self->target;
    configure(self, picture, encoding);
    jpeg_start_compress(library, TRUE);
    make_rows(self);
    int luma = library->max_v_samp_factor * block;
    while (library->next_scanline < library->image_height) {
        int first = (int)library->next_scanline;
        gather(self, picture, 0, first, luma);
        for (int plane = 1; plane < 3; plane++) {
            gather(self, picture, plane, first / library->max_v_samp_factor, block);
        }
        jpeg_write_raw_data(library, self->rows, (JDIMENSION)luma);
    }
    jpeg_finish_compress(library);
}

static int is_valid(const jask_jpeg_picture *picture, const jask_jpeg_encoding *encoding) {
    return picture->width >= 1 && picture->height >= 1 && picture->width <= JPEG_MAX_DIMENSION
        && picture->height <= JPEG_MAX_DIMENSION && encoding->quality >= 1 && encoding->quality <= 100
        && encoding->restart_interval >= 0 && encoding->restart_interval <= 65535
        && (encoding->sampling == 420 || encoding->sampling == 422 || encoding->sampling == 444);
}

jask_jpeg_status jask_jpeg_write(
    const jask_jpeg_picture *picture, const jask_jpeg_encoding *encoding, uint8_t **data, size_t *size) {
    *data = NULL;
    *size = 0;
    if (!is_valid(picture, encoding)) return jask_jpeg_unsupported;
    // On the heap: what libjpeg changes must be there after a jump.
    writer *self = calloc(1, sizeof *self);
    if (self == NULL) return jask_jpeg_no_memory;
    self->library.err = jask_jpeg_errors_set_up(&self->errors);
    volatile jask_jpeg_status status = jask_jpeg_ok;
    if (setjmp(self->errors.back) == 0) {
        jpeg_create_compress(&self->library);
        write_picture(self, picture, encoding);
    } else {
        status = jask_jpeg_errors_is_memory(&self->errors) ? jask_jpeg_no_memory : jask_jpeg_corrupt;
    }
    jpeg_destroy_compress(&self->library);
    if (status == jask_jpeg_ok) {
        *data = self->data;
        *size = self->size;
    } else {
        free(self->data);
    }
    free(self);
    return status;
}

void jask_jpeg_free(uint8_t *data) {
    free(data);
}
