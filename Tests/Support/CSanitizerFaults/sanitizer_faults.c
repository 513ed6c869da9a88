#include "sanitizer_faults.h"

#include <stdlib.h>

uint8_t fault_read_behind(size_t size) {
    volatile uint8_t *bytes = calloc(1, size);
    uint8_t behind = bytes == NULL ? 0 : bytes[size];
    free((void *)bytes);
    return behind;
}

int fault_shift(int bits) { return 1 << bits; }

void fault_leak(size_t size) {
    volatile uint8_t *bytes = malloc(size);
    if (bytes != NULL) bytes[0] = 1;
}
