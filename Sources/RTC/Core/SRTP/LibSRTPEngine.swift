import CSRTP
import NIOCore

/// The engine on libsrtp2, with one explicit stream per SSRC: a wildcard one would not let the roll-over counter be set
/// for a source whose first packets were lost.
public final class LibSRTPEngine: SRTPEngine {
    private struct Stream {
        /// Whether an RTP packet was authentic, so that the roll-over counter is known.
        var knowsRollover = false
    }

    private typealias Operation = (OpaquePointer?, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int32>?) -> Int32

    private let session: OpaquePointer
    private let profile: SRTPProfile
    private let masterKeyAndSalt: [UInt8]
    private var streams: SRTPStreamTable<Stream>

    public init(
        profile: SRTPProfile, masterKey: [UInt8], masterSalt: [UInt8], options: SRTPOptions = .init()
    ) throws(SRTPError) {
        try profile.validate(masterKey: masterKey, masterSalt: masterSalt)
        guard let session = jask_srtp_new() else { throw .library(Int(jask_srtp_initialize())) }
        self.session = session
        self.profile = profile
        masterKeyAndSalt = masterKey + masterSalt
        streams = SRTPStreamTable(options: options)
    }

    deinit {
        jask_srtp_free(session)
    }

    public func protectRTP(_ packet: inout ByteBuffer) throws(SRTPError) {
        try prepareSending(SRTPProfile.rtpSSRC(packet, trailer: 0))
        try protect(&packet, jask_srtp_protect_rtp)
    }

    public func protectRTCP(_ packet: inout ByteBuffer) throws(SRTPError) {
        try prepareSending(SRTPProfile.rtcpSSRC(packet, trailer: 0))
        try protect(&packet, jask_srtp_protect_rtcp)
    }

    public func unprotectRTP(_ packet: inout ByteBuffer) throws(SRTPError) {
        let ssrc = try SRTPProfile.rtpSSRC(packet, trailer: profile.tagLength)
        let position = try receivingPosition(ssrc)
        if streams[position].knowsRollover {
            try apply(jask_srtp_unprotect_rtp, to: &packet)
        } else {
            try unprotectFirst(&packet, ssrc: ssrc)
            streams[position].knowsRollover = true
            verify(position)
        }
    }

    public func unprotectRTCP(_ packet: inout ByteBuffer) throws(SRTPError) {
        let ssrc = try SRTPProfile.rtcpSSRC(packet, trailer: profile.tagLength + 4)
        let position = try receivingPosition(ssrc)
        try apply(jask_srtp_unprotect_rtcp, to: &packet)
        if !streams.isVerified(position) { verify(position) }
    }

    public func forgetSending(_ ssrc: UInt32) {
        if streams.remove(ssrc) { jask_srtp_remove_stream(session, ssrc) }
    }

    /// Opens a packet of a source whose roll-over counter is not known: 0, or 1 when it started near 65535 and what came
    /// before the wrap was lost.
    private func unprotectFirst(_ packet: inout ByteBuffer, ssrc: UInt32) throws(SRTPError) {
        // A failed try with GCM has already decrypted in place.
        let copy = Array(packet.readableBytesView)
        let sequence = packet.getInteger(at: packet.readerIndex + 2, as: UInt16.self) ?? 0
        do throws(SRTPError) {
            try apply(jask_srtp_unprotect_rtp, to: &packet)
        } catch {
            guard error == .authentication, sequence < 0x8000 else { throw error }
            packet.setBytes(copy, at: packet.readerIndex)
            _ = jask_srtp_set_rollover_counter(session, ssrc, 1)
            do throws(SRTPError) {
                try apply(jask_srtp_unprotect_rtp, to: &packet)
            } catch {
                _ = jask_srtp_set_rollover_counter(session, ssrc, 0)
                throw error
            }
        }
    }

    private func prepareSending(_ ssrc: UInt32) throws(SRTPError) {
        if streams.find(ssrc) != nil { return }
        guard streams.insertSending(Stream(), ssrc: ssrc) != nil else { throw .tooManyStreams }
        try addStream(ssrc)
    }

    private func receivingPosition(_ ssrc: UInt32) throws(SRTPError) -> Int {
        if let position = streams.find(ssrc) { return position }
        let (position, evicted) = streams.insertUnverified(Stream(), ssrc: ssrc)
        if let evicted { jask_srtp_remove_stream(session, evicted) }
        try addStream(ssrc)
        return position
    }

    private func verify(_ position: Int) {
        if let evicted = streams.verify(position) { jask_srtp_remove_stream(session, evicted) }
    }

    private func addStream(_ ssrc: UInt32) throws(SRTPError) {
        let status = jask_srtp_add_stream(
            session, profile.rawValue, masterKeyAndSalt, ssrc, UInt32(SRTPOptions.replayWindow))
        if status != 0 { throw .library(Int(status)) }
    }

    private func protect(_ packet: inout ByteBuffer, _ operation: Operation) throws(SRTPError) {
        packet.reserveCapacity(minimumWritableBytes: Int(JASK_SRTP_MAX_TRAILER))
        try apply(operation, to: &packet)
    }

    @inline(__always)
    private func apply(_ operation: Operation, to packet: inout ByteBuffer) throws(SRTPError) {
        let start = packet.readerIndex
        var size = Int32(clamping: packet.readableBytes)
        let status = packet.withVeryUnsafeMutableBytes { area in
            operation(session, area.baseAddress.map { $0 + start }, &size)
        }
        guard status == 0 else { throw Self.error(status) }
        packet.moveWriterIndex(to: start + Int(size))
    }

    private static func error(_ status: Int32) -> SRTPError {
        switch Int(status) {
        case Int(jask_srtp_authentication.rawValue): .authentication
        case Int(jask_srtp_replayed.rawValue), Int(jask_srtp_too_old.rawValue),
            Int(jask_srtp_index_too_old.rawValue):
            .replay
        case Int(jask_srtp_malformed.rawValue), Int(jask_srtp_bad_parameter.rawValue): .malformed
        case Int(jask_srtp_not_encrypted.rawValue): .notEncrypted
        case Int(jask_srtp_key_expired.rawValue): .keyExpired
        default: .library(Int(status))
        }
    }
}
