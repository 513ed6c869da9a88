#ifndef TEST_NETWORK_H
#define TEST_NETWORK_H

// A network of its own for one thread, so that a test can take it down. Linux; needs root.

/// Whether the system lets a thread have a network of its own.
int test_network_is_available(void);
/// Puts this thread, and the sockets it opens from now on, into an empty network with loopback only. 0 or errno.
int test_network_enter(void);
/// Takes this thread's loopback interface up, or down and its address away, as those of an interface without a network
/// are: of a loopback that is only down nobody is told that nothing leaves. 0 or errno.
int test_network_set_up(int is_up);

#endif
