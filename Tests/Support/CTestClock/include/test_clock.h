#ifndef TEST_CLOCK_H
#define TEST_CLOCK_H

#include <stdint.h>

// OpenSSL reads gettimeofday for its DTLS timers. This target puts its own gettimeofday in front of libc's in the test
// executable, so that a test on one thread can run DTLS in virtual time. Other threads keep the real time.

/// From now on gettimeofday on this thread shows this many microseconds since 1970.
void test_clock_set(int64_t microseconds);
/// Gives this thread the real time back.
void test_clock_clear(void);

#endif
