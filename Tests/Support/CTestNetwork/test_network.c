#define _GNU_SOURCE
#include "test_network.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void *try_entering(void *unused) {
    (void)unused;
    return (void *)(intptr_t)test_network_enter();
}

int test_network_is_available(void) {
    // A thread of its own, for there is no way back.
    pthread_t thread;
    void *error = NULL;
    if (pthread_create(&thread, NULL, try_entering, NULL) != 0) {
        return 0;
    }
    return pthread_join(thread, &error) == 0 && error == NULL;
}

int test_network_enter(void) {
    return unshare(CLONE_NEWNET) == 0 ? test_network_set_up(1) : errno;
}

static struct ifreq loopback(void) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strcpy(request.ifr_name, "lo");
    return request;
}

static int take_address_away(int descriptor) {
    struct ifreq request = loopback();
    struct sockaddr_in address = {.sin_family = AF_INET};
    memcpy(&request.ifr_addr, &address, sizeof address);
    return ioctl(descriptor, SIOCSIFADDR, &request) == 0 ? 0 : errno;
}

int test_network_set_up(int is_up) {
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return errno;
    }
    // Up, it has its address again by itself.
    int error = is_up ? 0 : take_address_away(descriptor);
    if (error == 0) {
        struct ifreq request = loopback();
        request.ifr_flags = is_up ? IFF_UP : 0;
        error = ioctl(descriptor, SIOCSIFFLAGS, &request) == 0 ? 0 : errno;
    }
    close(descriptor);
    return error;
}
