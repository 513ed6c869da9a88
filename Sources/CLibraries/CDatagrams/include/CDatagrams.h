#ifndef JASK_CDATAGRAMS_H
#define JASK_CDATAGRAMS_H

#include <stddef.h>
#include <stdint.h>

// UDP sockets whose datagrams are read several at once, each with the time at which the system took it in.

/// A datagram that was read.
typedef struct {
    /// The sender's address in the form of IPv6 (RFC 4291 §2.5.5.2 for IPv4), most significant first.
    uint64_t sender_high;
    uint64_t sender_low;
    uint16_t sender_port;
    /// It was longer than there was room for.
    uint8_t is_cut;
    size_t length;
    /// Nanoseconds for which it has waited to be read; 0 where the system's clock was set meanwhile.
    int64_t age;
} jask_datagram;

/// Makes a socket that never blocks, bound to an address in the form above (port 0: any).
/// - Returns: its descriptor, which is the caller's to close; or a negative `errno`.
int jask_datagrams_bind(uint64_t high, uint64_t low, uint16_t port, int receive_buffer);

/// Reads up to `count` datagrams (32 at most) that wait, the one at `i` to `bytes + i * room`.
/// - Returns: how many were read, 0 where none waits; or a negative `errno`.
int jask_datagrams_receive(int descriptor, uint8_t *bytes, size_t room, jask_datagram *datagrams, int count);

#endif
