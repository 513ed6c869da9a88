// One end of a bulk transfer by usrsctp over UDP on loopback, for the benchmark sctp-lossy.
//   usrsctp_peer send|receive PORT PEER_PORT WARM_UP SECONDS
// The receiver prints how many bytes came in SECONDS, which begin WARM_UP seconds after the first message.

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <usrsctp.h>

// As Jask's: packets of 1188 bytes at most, a receive window of 1 MiB, messages of 16 KiB.
enum { packet_size = 1188, window = 1 << 20, message_size = 16384, sctp_port = 5000 };

static int descriptor;
static volatile unsigned long long received;

static int send_packet(void *address, void *bytes, size_t size, uint8_t tos, uint8_t df) {
    (void)address, (void)tos, (void)df;
    send(descriptor, bytes, size, 0);
    return 0;
}

static void *read_packets(void *unused) {
    char packet[2048];
    for (;;) {
        ssize_t size = recv(descriptor, packet, sizeof packet, 0);
        if (size > 0) {
            usrsctp_conninput(&descriptor, packet, (size_t)size, 0);
        }
    }
    return unused;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void open_descriptor(int port, int peer_port) {
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct sockaddr_in peer = own;
    peer.sin_port = htons((uint16_t)peer_port);
    int room = 1 << 20;
    descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (bind(descriptor, (struct sockaddr *)&own, sizeof own) != 0 ||
        connect(descriptor, (struct sockaddr *)&peer, sizeof peer) != 0) {
        fail("the UDP socket");
    }
}

static struct socket *associate(void) {
    usrsctp_init(0, send_packet, NULL);
    usrsctp_sysctl_set_sctp_sendspace(window);
    usrsctp_sysctl_set_sctp_recvspace(window);
    usrsctp_register_address(&descriptor);
    pthread_t reader;
    pthread_create(&reader, NULL, read_packets, NULL);
    struct socket *socket = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, NULL, NULL, 0, NULL);
    struct sockaddr_conn address = {
        .sconn_family = AF_CONN, .sconn_port = htons(sctp_port), .sconn_addr = &descriptor};
    struct sctp_paddrparams path = {.spp_flags = SPP_PMTUD_DISABLE, .spp_pathmtu = packet_size};
    memcpy(&path.spp_address, &address, sizeof address);
    // Both ends connect, as in WebRTC.
    if (socket == NULL || usrsctp_bind(socket, (struct sockaddr *)&address, sizeof address) != 0 ||
        usrsctp_connect(socket, (struct sockaddr *)&address, sizeof address) != 0) {
        fail("the association");
    }
    if (usrsctp_setsockopt(socket, IPPROTO_SCTP, SCTP_PEER_ADDR_PARAMS, &path, sizeof path) != 0) {
        fail("the size of packets");
    }
    return socket;
}

static void *take_messages(void *argument) {
    static char area[1 << 18];
    for (;;) {
        struct sctp_rcvinfo information;
        socklen_t length = sizeof information;
        unsigned int type = 0;
        int flags = 0;
        ssize_t size = usrsctp_recvv(
            argument, area, sizeof area, NULL, NULL, &information, &length, &type, &flags);
        if (size <= 0) {
            exit(1);
        }
        received += (unsigned long long)size;
    }
}

int main(int count, char **arguments) {
    if (count != 6) {
        fprintf(stderr, "usage: usrsctp_peer send|receive PORT PEER_PORT WARM_UP SECONDS\n");
        return 2;
    }
    open_descriptor(atoi(arguments[2]), atoi(arguments[3]));
    struct socket *socket = associate();
    if (strcmp(arguments[1], "send") == 0) {
        static char message[message_size];
        struct sctp_sndinfo information = {.snd_sid = 0, .snd_ppid = htonl(53)};
        while (usrsctp_sendv(
                   socket, message, sizeof message, NULL, 0, &information, sizeof information, SCTP_SENDV_SNDINFO,
                   0) > 0) {
        }
        fail("sending");
    }
    pthread_t reader;
    pthread_create(&reader, NULL, take_messages, socket);
    while (received == 0) {
        usleep(1000);
    }
    usleep((useconds_t)(atof(arguments[4]) * 1e6));
    unsigned long long before = received;
    usleep((useconds_t)(atof(arguments[5]) * 1e6));
    printf("%llu\n", received - before);
    return 0;
}
