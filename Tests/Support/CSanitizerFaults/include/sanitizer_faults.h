#pragma once

#include <stddef.h>
#include <stdint.h>

// Faults on purpose, built like the C shims: scripts/sanitize fails where one of them is not reported.

/// Reads one byte behind `size` bytes on the heap.
uint8_t fault_read_behind(size_t size);
/// Shifts 1 by more bits than it has.
int fault_shift(int bits);
/// Allocates and forgets.
void fault_leak(size_t size);
