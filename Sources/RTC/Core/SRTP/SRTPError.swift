/// Why a packet was not protected or opened.
public enum SRTPError: Error, Hashable, Sendable {
    /// The tag is wrong: the packet was changed on its way, or is for other keys.
    case authentication
    /// The packet was seen before, or is so old that it cannot be told.
    case replay
    /// Too few bytes for a header and, when opening, a tag.
    case tooShort
    /// The header says that it is longer than the packet, or is of another version.
    case malformed
    /// An SRTCP packet in the clear (RFC 3711 §3.4, E bit 0), which no profile of WebRTC allows.
    case notEncrypted
    /// No room for another sending SSRC: dropping one would lose its roll-over counter and with it the key's safety.
    case tooManyStreams
    /// A key or salt that has not the length its profile asks for.
    case invalidKeyLength
    /// So many packets were sent that the key must not be used any more (RFC 3711 §9.2).
    case keyExpired
    /// Another status of the engine's library.
    case library(Int)
}
