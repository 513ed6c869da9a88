#include "CCRC32C.h"

#include <string.h>

#if defined(__x86_64__)

int jask_crc32c_is_supported(void) {
    return __builtin_cpu_supports("sse4.2") != 0;
}

__attribute__((target("sse4.2"))) uint32_t jask_crc32c_update(uint32_t crc, const void *bytes, size_t size) {
    const uint8_t *next = bytes;
    uint64_t state = crc;
    for (; size >= 8; size -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, sizeof word);
        state = __builtin_ia32_crc32di(state, word);
    }
    for (; size > 0; size -= 1, next += 1) {
        state = __builtin_ia32_crc32qi((uint32_t)state, *next);
    }
    return (uint32_t)state;
}

#else

int jask_crc32c_is_supported(void) {
    return 0;
}

uint32_t jask_crc32c_update(uint32_t crc, const void *bytes, size_t size) {
    (void)bytes;
    (void)size;
    return crc;
}

#endif
