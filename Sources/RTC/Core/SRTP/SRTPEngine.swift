import NIOCore

/// Protects, or opens, the SRTP and SRTCP packets of one direction with one master key (RFC 3711, RFC 7714).
///
/// Every SSRC has its own roll-over counter and replay window. A context that opens makes them when a source is first
/// heard of, one that protects when it first sends. Packets are changed in place; one that could not be processed is
/// left with undefined content. Not thread-safe.
public protocol SRTPEngine: AnyObject {
    init(
        profile: SRTPProfile, masterKey: [UInt8], masterSalt: [UInt8], options: SRTPOptions
    ) throws(SRTPError)

    /// Encrypts an RTP packet and appends its tag. Spare capacity of `SRTPOptions.trailerCapacity` bytes behind the
    /// packet saves an allocation.
    func protectRTP(_ packet: inout ByteBuffer) throws(SRTPError)
    /// Checks an SRTP packet, decrypts it and cuts its tag off.
    func unprotectRTP(_ packet: inout ByteBuffer) throws(SRTPError)
    /// Encrypts a compound RTCP packet and appends index and tag.
    func protectRTCP(_ packet: inout ByteBuffer) throws(SRTPError)
    /// Checks an SRTCP packet, decrypts it and cuts index and tag off.
    func unprotectRTCP(_ packet: inout ByteBuffer) throws(SRTPError)
    /// Frees what is kept of a source that has sent its last packet. It must never send again under this key: its
    /// packets would be numbered anew, and so be encrypted as earlier ones were.
    func forgetSending(_ ssrc: UInt32)
}

/// Bounds of one direction.
public struct SRTPOptions: Hashable, Sendable {
    /// How many SSRCs may have state. When more are heard, the one idle longest is forgotten; more cannot send.
    public var maximumStreams = 256
    /// How many SSRCs that have not sent one genuine packet may have state, so that forged ones displace only these.
    public var maximumUnverifiedStreams = 8

    /// Packets behind the newest that are still told from replays.
    public static let replayWindow = 1024
    /// Bytes that protecting may append.
    public static let trailerCapacity = 20

    public init() {}
}

extension SRTPProfile {
    func validate(masterKey: [UInt8], masterSalt: [UInt8]) throws(SRTPError) {
        guard masterKey.count == keyLength, masterSalt.count == saltLength else { throw .invalidKeyLength }
    }

    /// The SSRC of an RTP packet, after checking that it has at least a header of version 2.
    static func rtpSSRC(_ packet: ByteBuffer, trailer: Int) throws(SRTPError) -> UInt32 {
        let start = packet.readerIndex
        guard packet.readableBytes >= 12 + trailer,
            let first = packet.getInteger(at: start, as: UInt8.self),
            let ssrc = packet.getInteger(at: start + 8, as: UInt32.self)
        else { throw .tooShort }
        guard first >> 6 == 2 else { throw .malformed }
        return ssrc
    }

    /// The SSRC of an RTCP packet, after checking that it has at least a header of version 2.
    static func rtcpSSRC(_ packet: ByteBuffer, trailer: Int) throws(SRTPError) -> UInt32 {
        let start = packet.readerIndex
        guard packet.readableBytes >= 8 + trailer,
            let first = packet.getInteger(at: start, as: UInt8.self),
            let ssrc = packet.getInteger(at: start + 4, as: UInt32.self)
        else { throw .tooShort }
        guard first >> 6 == 2 else { throw .malformed }
        return ssrc
    }
}
