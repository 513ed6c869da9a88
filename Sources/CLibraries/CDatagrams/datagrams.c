#define _GNU_SOURCE

#include "CDatagrams.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { MOST_AT_ONCE = 32 };

static const uint64_t mapped_prefix = 0x0000FFFF00000000u;

static uint64_t get_big_endian(const uint8_t *bytes) {
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) { value = value << 8 | bytes[i]; }
    return value;
}

static void read_address(const struct sockaddr_storage *address, jask_datagram *datagram) {
    if (address->ss_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        datagram->sender_high = 0;
        datagram->sender_low = mapped_prefix | ntohl(v4.sin_addr.s_addr);
        datagram->sender_port = ntohs(v4.sin_port);
    } else {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        datagram->sender_high = get_big_endian(v6.sin6_addr.s6_addr);
        datagram->sender_low = get_big_endian(v6.sin6_addr.s6_addr + 8);
        datagram->sender_port = ntohs(v6.sin6_port);
    }
}

int jask_datagrams_stamp(int descriptor) {
    int on = 1;
    socklen_t length = sizeof on;
    // Asked again: there are systems that take any option and do nothing.
    return setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == 0
        && getsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, &length) == 0 && on != 0;
}

int jask_datagrams_split(int descriptor) {
    // The program sees what follows the header of UDP, and answers with the socket's place in the order of binding.
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 192, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 128, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog program = {.len = sizeof steps / sizeof steps[0], .filter = steps};
    return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) == 0;
}

static int64_t nanoseconds(struct timespec time) { return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec; }

/// How long ago the system took a message in, by the clock it stamps with.
static int64_t age_of(struct msghdr *message, int64_t now) {
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS) { continue; }
        struct timespec taken;
        memcpy(&taken, CMSG_DATA(part), sizeof taken);
        int64_t age = now - nanoseconds(taken);
        return age > 0 ? age : 0;
    }
    return -1;
}

int jask_datagrams_receive(int descriptor, uint8_t *bytes, size_t room, jask_datagram *datagrams, int count) {
    struct mmsghdr messages[MOST_AT_ONCE];
    struct iovec parts[MOST_AT_ONCE];
    struct sockaddr_storage senders[MOST_AT_ONCE];
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(struct timespec))];
    } controls[MOST_AT_ONCE];
    if (count > MOST_AT_ONCE) { count = MOST_AT_ONCE; }
    for (int i = 0; i < count; i++) {
        parts[i] = (struct iovec){.iov_base = bytes + (size_t)i * room, .iov_len = room};
        messages[i].msg_hdr = (struct msghdr){
            .msg_name = &senders[i], .msg_namelen = sizeof senders[i], .msg_iov = &parts[i], .msg_iovlen = 1,
            .msg_control = &controls[i], .msg_controllen = sizeof controls[i]};
    }
    int read = recvmmsg(descriptor, messages, (unsigned)count, MSG_DONTWAIT, NULL);
    if (read < 0) { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -errno; }
    struct timespec clock;
    clock_gettime(CLOCK_REALTIME, &clock);
    for (int i = 0; i < read; i++) {
        read_address(&senders[i], &datagrams[i]);
        datagrams[i].length = messages[i].msg_len;
        datagrams[i].is_cut = (messages[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
        datagrams[i].age = age_of(&messages[i].msg_hdr, nanoseconds(clock));
    }
    return read;
}
