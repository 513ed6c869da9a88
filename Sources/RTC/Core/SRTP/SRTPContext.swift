import NIOCore

/// Protects, or opens, the packets of one direction: the chosen `SRTPEngine`, called without indirection.
///
/// OpenSSL's ciphers were measured at two to four times the speed of Debian's libsrtp, which uses NSS.
/// Copies share the engine's state. Not thread-safe.
public struct SRTPContext {
    private let engine: OpenSSLSRTPEngine

    /// - Throws: `invalidKeyLength`, or what the engine's library says.
    public init(
        profile: SRTPProfile, masterKey: [UInt8], masterSalt: [UInt8], options: SRTPOptions = .init()
    ) throws(SRTPError) {
        engine = try OpenSSLSRTPEngine(profile: profile, masterKey: masterKey, masterSalt: masterSalt, options: options)
    }

    public init(
        profile: SRTPProfile, masterKey: SRTPKeyingMaterial.MasterKey, options: SRTPOptions = .init()
    ) throws(SRTPError) {
        try self.init(profile: profile, masterKey: masterKey.key, masterSalt: masterKey.salt, options: options)
    }

    /// Encrypts an RTP packet in place and appends its tag. Spare capacity of `SRTPOptions.trailerCapacity` bytes saves
    /// an allocation.
    public mutating func protectRTP(_ packet: inout ByteBuffer) throws(SRTPError) {
        try engine.protectRTP(&packet)
    }

    /// Checks an SRTP packet, decrypts it in place and cuts its tag off.
    public mutating func unprotectRTP(_ packet: inout ByteBuffer) throws(SRTPError) {
        try engine.unprotectRTP(&packet)
    }

    /// Encrypts a compound RTCP packet in place and appends index and tag.
    public mutating func protectRTCP(_ packet: inout ByteBuffer) throws(SRTPError) {
        try engine.protectRTCP(&packet)
    }

    /// Checks an SRTCP packet, decrypts it in place and cuts index and tag off.
    public mutating func unprotectRTCP(_ packet: inout ByteBuffer) throws(SRTPError) {
        try engine.unprotectRTCP(&packet)
    }

    /// Frees what is kept of a source that has sent its last packet and will never send again.
    public mutating func forgetSending(_ ssrc: UInt32) { engine.forgetSending(ssrc) }
}
