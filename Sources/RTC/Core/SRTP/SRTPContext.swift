import NIOCore

/// Which library's ciphers SRTP runs on. Both pass the same conformance suite.
public enum SRTPEngineKind: String, Hashable, Sendable, CaseIterable {
    /// OpenSSL's, measured at two to four times the speed of Debian's libsrtp, which uses NSS.
    case openSSL = "openssl"
    case libSRTP = "libsrtp"
}

/// Protects, or opens, the packets of one direction: the chosen `SRTPEngine`, called without indirection. Not
/// thread-safe. It cannot be copied, for two copies would number packets by one engine's state.
public struct SRTPContext: ~Copyable {
    // Not copyable, so that a call borrows the engine instead of retaining it.
    private enum Engine: ~Copyable {
        case openSSL(OpenSSLSRTPEngine)
        case libSRTP(LibSRTPEngine)
    }

    private let engine: Engine

    /// - Throws: `invalidKeyLength`, or what the engine's library says.
    public init(
        profile: SRTPProfile, masterKey: [UInt8], masterSalt: [UInt8], options: SRTPOptions = .init(),
        engine kind: SRTPEngineKind = .openSSL
    ) throws(SRTPError) {
        switch kind {
        case .openSSL:
            engine = .openSSL(
                try OpenSSLSRTPEngine(
                    profile: profile, masterKey: masterKey, masterSalt: masterSalt, options: options))
        case .libSRTP:
            engine = .libSRTP(
                try LibSRTPEngine(profile: profile, masterKey: masterKey, masterSalt: masterSalt, options: options))
        }
    }

    public init(
        profile: SRTPProfile, masterKey: SRTPKeyingMaterial.MasterKey, options: SRTPOptions = .init(),
        engine kind: SRTPEngineKind = .openSSL
    ) throws(SRTPError) {
        try self.init(
            profile: profile, masterKey: masterKey.key, masterSalt: masterKey.salt, options: options, engine: kind)
    }

    /// Encrypts an RTP packet in place and appends its tag. Spare capacity of `SRTPOptions.trailerCapacity` bytes saves
    /// an allocation.
    public mutating func protectRTP(_ packet: inout ByteBuffer) throws(SRTPError) {
        switch engine {
        case .openSSL(let engine): try engine.protectRTP(&packet)
        case .libSRTP(let engine): try engine.protectRTP(&packet)
        }
    }

    /// Checks an SRTP packet, decrypts it in place and cuts its tag off.
    public mutating func unprotectRTP(_ packet: inout ByteBuffer) throws(SRTPError) {
        switch engine {
        case .openSSL(let engine): try engine.unprotectRTP(&packet)
        case .libSRTP(let engine): try engine.unprotectRTP(&packet)
        }
    }

    /// Encrypts a compound RTCP packet in place and appends index and tag.
    public mutating func protectRTCP(_ packet: inout ByteBuffer) throws(SRTPError) {
        switch engine {
        case .openSSL(let engine): try engine.protectRTCP(&packet)
        case .libSRTP(let engine): try engine.protectRTCP(&packet)
        }
    }

    /// Checks an SRTCP packet, decrypts it in place and cuts index and tag off.
    public mutating func unprotectRTCP(_ packet: inout ByteBuffer) throws(SRTPError) {
        switch engine {
        case .openSSL(let engine): try engine.unprotectRTCP(&packet)
        case .libSRTP(let engine): try engine.unprotectRTCP(&packet)
        }
    }

    /// Frees what is kept of a source that has sent its last packet and will never send again.
    public mutating func forgetSending(_ ssrc: UInt32) {
        switch engine {
        case .openSSL(let engine): engine.forgetSending(ssrc)
        case .libSRTP(let engine): engine.forgetSending(ssrc)
        }
    }
}
