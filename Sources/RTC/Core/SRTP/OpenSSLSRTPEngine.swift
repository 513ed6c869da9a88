import COpenSSL
import NIOCore

/// The engine on OpenSSL's ciphers. The session keys do not depend on the SSRC, so a new source costs no key set-up.
public final class OpenSSLSRTPEngine: SRTPEngine {
    struct Stream {
        var rtp = SRTPReplayWindow()
        var rtcp = SRTPReplayWindow()
    }

    typealias Direction = SRTPPacketCipher.Direction
    typealias Bytes = UnsafeMutablePointer<UInt8>

    let profile: SRTPProfile
    private let keys: (rtp: SRTPSessionKeys, rtcp: SRTPSessionKeys)
    private var streams: SRTPStreamTable<Stream>
    // A context serves one direction, which its first packet tells.
    private var ciphers: (direction: Direction, rtp: SRTPPacketCipher, rtcp: SRTPPacketCipher)?

    public init(
        profile: SRTPProfile, masterKey: [UInt8], masterSalt: [UInt8], options: SRTPOptions = .init()
    ) throws(SRTPError) {
        try profile.validate(masterKey: masterKey, masterSalt: masterSalt)
        self.profile = profile
        keys = (
            try SRTPSessionKeys(profile: profile, masterKey: masterKey, masterSalt: masterSalt, isControl: false),
            try SRTPSessionKeys(profile: profile, masterKey: masterKey, masterSalt: masterSalt, isControl: true)
        )
        streams = SRTPStreamTable(options: options)
    }

    public func protectRTP(_ packet: inout ByteBuffer) throws(SRTPError) {
        let ssrc = try SRTPProfile.rtpSSRC(packet, trailer: 0)
        let header = try Self.headerLength(of: packet, trailer: 0)
        let sequence = Self.sequence(of: packet)
        let position = try sendingPosition(ssrc)
        let index = streams[position].rtp.estimatedIndex(of: sequence)
        guard index < 1 << 48 else { throw .keyExpired }
        guard streams[position].rtp.admits(index) else { throw .replay }
        let cipher = try cipher(.protecting).rtp
        let size = packet.readableBytes
        let isDone = Self.withBytes(&packet, room: profile.tagLength) { bytes in
            cipher.protectRTP(bytes, size: size, header: header, ssrc: ssrc, index: index)
        }
        guard isDone else { throw .library(0) }
        packet.moveWriterIndex(forwardBy: profile.tagLength)
        streams[position].rtp.insert(index)
    }

    public func unprotectRTP(_ packet: inout ByteBuffer) throws(SRTPError) {
        let ssrc = try SRTPProfile.rtpSSRC(packet, trailer: profile.tagLength)
        let header = try Self.headerLength(of: packet, trailer: profile.tagLength)
        let sequence = Self.sequence(of: packet)
        let position = receivingPosition(ssrc)
        let (index, isAdmitted, isFirst) = streams.read(position) { stream in
            let index = stream.rtp.estimatedIndex(of: sequence)
            return (index, stream.rtp.admits(index), stream.rtp.highest == nil)
        }
        guard isAdmitted else { throw .replay }
        let cipher = try cipher(.opening).rtp
        let size = packet.readableBytes
        // A failed try with GCM has already decrypted in place.
        let copy = isFirst && sequence < 0x8000 ? Array(packet.readableBytesView) : nil
        var opened = Self.withBytes(&packet, room: 0) { bytes in
            cipher.openRTP(bytes, size: size, header: header, ssrc: ssrc, index: index) ? index : nil
        }
        if opened == nil, let copy {
            // The source may have started near 65535 and lost what it sent before the wrap.
            packet.setBytes(copy, at: packet.readerIndex)
            let wrapped = index + (1 << 16)
            opened = Self.withBytes(&packet, room: 0) { bytes in
                cipher.openRTP(bytes, size: size, header: header, ssrc: ssrc, index: wrapped) ? wrapped : nil
            }
        }
        guard let opened else { throw .authentication }
        packet.moveWriterIndex(to: packet.writerIndex - profile.tagLength)
        streams[position].rtp.insert(opened)
        _ = streams.verify(position)
    }

    public func protectRTCP(_ packet: inout ByteBuffer) throws(SRTPError) {
        let ssrc = try SRTPProfile.rtcpSSRC(packet, trailer: 0)
        let position = try sendingPosition(ssrc)
        let index = (streams[position].rtcp.highest ?? 0) + 1
        guard index < 1 << 31 else { throw .keyExpired }
        let cipher = try cipher(.protecting).rtcp
        let size = packet.readableBytes
        let isDone = Self.withBytes(&packet, room: profile.tagLength + 4) { bytes in
            cipher.protectRTCP(bytes, size: size, ssrc: ssrc, index: UInt32(index))
        }
        guard isDone else { throw .library(0) }
        packet.moveWriterIndex(forwardBy: profile.tagLength + 4)
        streams[position].rtcp.insert(index)
    }

    public func unprotectRTCP(_ packet: inout ByteBuffer) throws(SRTPError) {
        let ssrc = try SRTPProfile.rtcpSSRC(packet, trailer: profile.tagLength + 4)
        let size = packet.readableBytes
        let wordOffset = size - 4 - (profile == .aes128CMSHA1_80 ? profile.tagLength : 0)
        guard let word = packet.getInteger(at: packet.readerIndex + wordOffset, as: UInt32.self) else {
            throw .tooShort
        }
        guard word & 0x8000_0000 != 0 else { throw .notEncrypted }
        let index = UInt64(word & 0x7FFF_FFFF)
        let position = receivingPosition(ssrc)
        guard streams[position].rtcp.admits(index) else { throw .replay }
        let cipher = try cipher(.opening).rtcp
        let isDone = Self.withBytes(&packet, room: 0) { bytes in
            cipher.openRTCP(bytes, size: size, ssrc: ssrc, word: word)
        }
        guard isDone else { throw .authentication }
        packet.moveWriterIndex(to: packet.writerIndex - profile.tagLength - 4)
        streams[position].rtcp.insert(index)
        _ = streams.verify(position)
    }

    public func forgetSending(_ ssrc: UInt32) { streams.remove(ssrc) }

    private func sendingPosition(_ ssrc: UInt32) throws(SRTPError) -> Int {
        if let position = streams.find(ssrc) { return position }
        guard let position = streams.insertSending(Stream(), ssrc: ssrc) else { throw .tooManyStreams }
        return position
    }

    private func receivingPosition(_ ssrc: UInt32) -> Int {
        streams.find(ssrc) ?? streams.insertUnverified(Stream(), ssrc: ssrc).position
    }

    private func cipher(_ direction: Direction) throws(SRTPError) -> (rtp: SRTPPacketCipher, rtcp: SRTPPacketCipher) {
        if let ciphers, ciphers.direction == direction { return (ciphers.rtp, ciphers.rtcp) }
        let rtp = try SRTPPacketCipher(profile: profile, keys: keys.rtp, direction: direction)
        let rtcp = try SRTPPacketCipher(profile: profile, keys: keys.rtcp, direction: direction)
        ciphers = (direction, rtp, rtcp)
        return (rtp, rtcp)
    }

    private static func sequence(of packet: ByteBuffer) -> UInt16 {
        packet.getInteger(at: packet.readerIndex + 2) ?? 0
    }

    /// Bytes before the payload: what stays in the clear (RFC 3711 §3.1).
    private static func headerLength(of packet: ByteBuffer, trailer: Int) throws(SRTPError) -> Int {
        let start = packet.readerIndex
        guard let first = packet.getInteger(at: start, as: UInt8.self) else { throw .tooShort }
        var length = 12 + 4 * Int(first & 0x0F)
        if first & 0x10 != 0 {
            guard let words = packet.getInteger(at: start + length + 2, as: UInt16.self) else { throw .malformed }
            length += 4 + 4 * Int(words)
        }
        guard length + trailer <= packet.readableBytes else { throw .malformed }
        return length
    }

    /// The packet's bytes and `room` behind them, in storage that nobody shares.
    @inline(__always)
    private static func withBytes<Result>(_ packet: inout ByteBuffer, room: Int, _ body: (Bytes) -> Result) -> Result {
        if packet.writableBytes < room { packet.reserveCapacity(minimumWritableBytes: SRTPOptions.trailerCapacity) }
        let start = packet.readerIndex
        return packet.withVeryUnsafeMutableBytes { area in
            body(area.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self) + start)
        }
    }
}
