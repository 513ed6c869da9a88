#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

#include <stdint.h>

// This target puts its own malloc, calloc, realloc and posix_memalign in front of libc's in the benchmark executable
// and counts the calls of each thread.

/// Allocations that this thread has made so far.
uint64_t allocation_count(void);

#endif
