#ifndef JASK_CCRC32C_H
#define JASK_CCRC32C_H

#include <stddef.h>
#include <stdint.h>

// Whether the processor has an instruction for CRC32c, which Swift cannot name; without it the next must not be called.
int jask_crc32c_is_supported(void);
// Goes on from the state `crc` (all ones at first, inverted at the end) over `size` bytes.
uint32_t jask_crc32c_update(uint32_t crc, const void *bytes, size_t size);

#endif
