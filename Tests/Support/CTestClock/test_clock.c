#include "test_clock.h"

#include <sys/time.h>
#include <time.h>

static _Thread_local int is_virtual = 0;
static _Thread_local int64_t virtual_microseconds = 0;

void test_clock_set(int64_t microseconds) {
    virtual_microseconds = microseconds;
    is_virtual = 1;
}

void test_clock_clear(void) {
    is_virtual = 0;
}

__attribute__((visibility("default"))) int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    (void)zone;
    if (is_virtual) {
        time->tv_sec = virtual_microseconds / 1000000;
        time->tv_usec = virtual_microseconds % 1000000;
        return 0;
    }
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) {
        return -1;
    }
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}
