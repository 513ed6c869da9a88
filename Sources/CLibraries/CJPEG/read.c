#include <stdlib.h>
#include <string.h>

#include "errors.h"
#include "jask_jpeg.h"

#include <jerror.h>

/// Blocks of libjpeg have 8 samples each way.
enum { block = DCTSIZE };

typedef struct {
    struct jpeg_decompress_struct library;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    jask_jpeg_errors errors;
    int most_scans;
    /// The rows of one row of MCUs, a list a component.
    JSAMPARRAY rows[3];
} reader;

// What libjpeg asks of a source: all is there from the beginning, and after it there is nothing.

static void begin(j_decompress_ptr library) {
    (void)library;
}

static boolean fill(j_decompress_ptr library) {
    ERREXIT(library, JERR_INPUT_EOF);
    return FALSE;
}

static void skip(j_decompress_ptr library, long count) {
    if (count <= 0) return;
    if ((size_t)count > library->src->bytes_in_buffer) ERREXIT(library, JERR_INPUT_EOF);
    library->src->next_input_byte += count;
    library->src->bytes_in_buffer -= (size_t)count;
}

static void end(j_decompress_ptr library) {
    (void)library;
}

static void count_scans(j_common_ptr library) {
    reader *self = (reader *)library->client_data;
    if (self->library.input_scan_number > self->most_scans) ERREXIT(library, JERR_BAD_PROGRESSION);
}

static void set_up(reader *self, const uint8_t *data, size_t size) {
    self->library.client_data = self;
    self->source = (struct jpeg_source_mgr){
        .next_input_byte = data,
        .bytes_in_buffer = size,
        .init_source = begin,
        .fill_input_buffer = fill,
        .skip_input_data = skip,
        .resync_to_restart = jpeg_resync_to_restart,
        .term_source = end,
    };
    self->library.src = &self->source;
    self->progress.progress_monitor = count_scans;
    self->library.progress = &self->progress;
}

/// How many samples of a picture's own grid stand for one of this component: 1, 2 or 4; 0 for another number.
static int ratio(int most, int of_component) {
    if (of_component <= 0 || most % of_component != 0) return 0;
    int result = most / of_component;
    return result == 1 || result == 2 || result == 4 ? result : 0;
}

static int is_supported(const struct jpeg_decompress_struct *library) {
    if (library->num_components != 1 && library->num_components != 3) return 0;
    if (library->num_components == 1) return library->jpeg_color_space == JCS_GRAYSCALE;
    if (library->jpeg_color_space != JCS_YCbCr) return 0;
    if (ratio(library->max_h_samp_factor, library->comp_info[0].h_samp_factor) != 1) return 0;
    if (ratio(library->max_v_samp_factor, library->comp_info[0].v_samp_factor) != 1) return 0;
    for (int index = 1; index < 3; index++) {
        const jpeg_component_info *component = &library->comp_info[index];
        if (ratio(library->max_h_samp_factor, component->h_samp_factor) == 0) return 0;
        if (ratio(library->max_v_samp_factor, component->v_samp_factor) == 0) return 0;
    }
    return 1;
}

static void make_rows(reader *self) {
    struct jpeg_decompress_struct *library = &self->library;
    for (int index = 0; index < library->num_components; index++) {
        const jpeg_component_info *component = &library->comp_info[index];
        JDIMENSION blocks = component->width_in_blocks + (JDIMENSION)component->h_samp_factor;
        self->rows[index] = library->mem->alloc_sarray(
            (j_common_ptr)library, JPOOL_IMAGE, blocks * block, (JDIMENSION)(component->v_samp_factor * block));
    }
}

static void copy_luma(const reader *self, const jask_jpeg_picture *picture, int first, int count) {
    for (int row = 0; row < count && first + row < picture->height; row++) {
        memcpy(
            picture->planes[0] + (size_t)(first + row) * (size_t)picture->strides[0], self->rows[0][row],
            (size_t)picture->width);
    }
}

static int smaller(int one, int other) {
    return one < other ? one : other;
}

/// One row of a chroma plane, of two rows of the component (or of one, twice). `width` are the component's samples.
static void make_chroma_row(
    uint8_t *target, int target_width, const uint8_t *above, const uint8_t *below, int width, int horizontal) {
    for (int column = 0; column < target_width; column++) {
        // In fours or twos of the picture's grid: a chroma sample of 4:2:0 stands for two.
        int left = smaller(column * 2 / horizontal, width - 1);
        int right = smaller((column * 2 + 1) / horizontal, width - 1);
        target[column] = (uint8_t)((above[left] + above[right] + below[left] + below[right] + 2) / 4);
    }
}

/// The chroma rows that belong to luma rows `first` and the following.
static void copy_chroma(const reader *self, const jask_jpeg_picture *picture, int plane, int first, int count) {
    const struct jpeg_decompress_struct *library = &self->library;
    const jpeg_component_info *component = &library->comp_info[plane];
    int horizontal = ratio(library->max_h_samp_factor, component->h_samp_factor);
    int vertical = ratio(library->max_v_samp_factor, component->v_samp_factor);
    int last = (int)component->downsampled_height - 1 - first / vertical;
    int width = (picture->width + 1) / 2, height = (picture->height + 1) / 2;
    for (int row = 0; row < count / 2 && first / 2 + row < height; row++) {
        const uint8_t *above = self->rows[plane][smaller(row * 2 / vertical, last)];
        const uint8_t *below = self->rows[plane][smaller((row * 2 + 1) / vertical, last)];
        uint8_t *target = picture->planes[plane] + (size_t)(first / 2 + row) * (size_t)picture->strides[plane];
        make_chroma_row(target, width, above, below, (int)component->downsampled_width, horizontal);
    }
}

static void make_grey(const jask_jpeg_picture *picture) {
    int width = (picture->width + 1) / 2, height = (picture->height + 1) / 2;
    for (int plane = 1; plane < 3; plane++) {
        for (int row = 0; row < height; row++) {
            memset(picture->planes[plane] + (size_t)row * (size_t)picture->strides[plane], 128, (size_t)width);
        }
    }
}

static void read_rows(reader *self, const jask_jpeg_picture *picture) {
    struct jpeg_decompress_struct *library = &self->library;
    int count = library->max_v_samp_factor * block;
    while (library->output_scanline < library->output_height) {
        int first = (int)library->output_scanline;
        jpeg_read_raw_data(library, self->rows, (JDIMENSION)count);
        copy_luma(self, picture, first, count);
        for (int plane = 1; plane < library->num_components; plane++) copy_chroma(self, picture, plane, first, count);
    }
    if (library->num_components == 1) make_grey(picture);
}

static jask_jpeg_status read_picture(reader *self, const jask_jpeg_picture *picture) {
    struct jpeg_decompress_struct *library = &self->library;
    jpeg_read_header(library, TRUE);
    if ((int)library->image_width != picture->width || (int)library->image_height != picture->height) {
        return jask_jpeg_other_size;
    }
    if (!is_supported(library)) return jask_jpeg_unsupported;
    library->raw_data_out = TRUE;
    library->out_color_space = library->jpeg_color_space;
    library->dct_method = JDCT_ISLOW;
    library->do_fancy_upsampling = FALSE;
    jpeg_start_decompress(library);
    make_rows(self);
    read_rows(self, picture);
    jpeg_finish_decompress(library);
    return jask_jpeg_ok;
}

jask_jpeg_status jask_jpeg_read(
    const uint8_t *data, size_t size, int most_scans, const jask_jpeg_picture *picture, long *warnings) {
    *warnings = 0;
    // On the heap: what libjpeg changes must be there after a jump.
    reader *self = calloc(1, sizeof *self);
    if (self == NULL) return jask_jpeg_no_memory;
    self->library.err = jask_jpeg_errors_set_up(&self->errors);
    self->most_scans = most_scans;
    // Written after setjmp and read after the jump.
    volatile jask_jpeg_status status = jask_jpeg_corrupt;
    if (setjmp(self->errors.back) == 0) {
        jpeg_create_decompress(&self->library);
        set_up(self, data, size);
        status = read_picture(self, picture);
    } else {
        status = jask_jpeg_errors_is_memory(&self->errors) ? jask_jpeg_no_memory : jask_jpeg_corrupt;
    }
    *warnings = self->errors.warnings;
    jpeg_destroy_decompress(&self->library);
    free(self);
    return status;
}
