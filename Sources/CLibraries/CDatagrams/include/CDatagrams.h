#ifndef JASK_CDATAGRAMS_H
#define JASK_CDATAGRAMS_H

#include <stddef.h>
#include <stdint.h>

// Datagrams of a UDP socket that are read several at once, each with the time at which the system took it in.

/// A datagram that was read.
typedef struct {
    /// The sender's address in the form of IPv6 (RFC 4291 §2.5.5.2 for IPv4), most significant first.
    uint64_t sender_high;
    uint64_t sender_low;
    uint16_t sender_port;
    /// It was longer than there was room for.
    uint8_t is_cut;
    size_t length;
    /// Nanoseconds for which it has waited to be read, by a clock that may be set meanwhile; -1 where the system does not say.
    int64_t age;
} jask_datagram;

/// Has the system keep the time at which it takes each datagram in.
/// - Returns: whether it does.
int jask_datagrams_stamp(int descriptor);

/// Of two sockets that share an address and port (SO_REUSEPORT), has the one that was bound second take RTP and RTCP, and
/// the first all else, by their first byte (RFC 7983).
/// - Parameter descriptor: either.
/// - Returns: whether the system does so.
int jask_datagrams_split(int descriptor);

/// Reads up to `count` datagrams (32 at most) that wait, the one at `i` to `bytes + i * room`.
/// - Returns: how many were read, 0 where none waits; or a negative `errno`.
int jask_datagrams_receive(int descriptor, uint8_t *bytes, size_t room, jask_datagram *datagrams, int count);

#endif
