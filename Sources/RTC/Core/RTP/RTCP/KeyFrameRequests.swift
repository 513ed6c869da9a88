import NIOCore

/// Asks for a key frame (RFC 4585 §6.3.1).
public struct PictureLossIndication: Hashable, Sendable {
    static let format: UInt8 = 1

    public var senderSSRC: UInt32
    /// The source that should send one.
    public var mediaSSRC: UInt32

    public init(senderSSRC: UInt32, mediaSSRC: UInt32) {
        self.senderSSRC = senderSSRC
        self.mediaSSRC = mediaSSRC
    }

    func write(to writer: inout RTCPWriter) {
        writer.feedback(type: RTCPPacket.payloadFeedbackType, format: Self.format, senderSSRC, mediaSSRC) { _ in }
    }
}

/// Commands key frames (RFC 5104 §4.3.1).
public struct FullIntraRequest: Hashable, Sendable {
    static let format: UInt8 = 4

    public struct Entry: Hashable, Sendable {
        public var ssrc: UInt32
        /// Grows with each new command; repetitions keep it.
        public var sequenceNumber: UInt8

        public init(ssrc: UInt32, sequenceNumber: UInt8) {
            self.ssrc = ssrc
            self.sequenceNumber = sequenceNumber
        }
    }

    public var senderSSRC: UInt32
    /// 0 by the RFC; some senders put the source here.
    public var mediaSSRC: UInt32
    public var entries: [Entry]

    public init(senderSSRC: UInt32, mediaSSRC: UInt32 = 0, entries: [Entry]) {
        self.senderSSRC = senderSSRC
        self.mediaSSRC = mediaSSRC
        self.entries = entries
    }

    init?(sender: UInt32, media: UInt32, control: ByteBuffer) {
        var control = control
        guard control.readableBytes >= 8, control.readableBytes % 8 == 0 else { return nil }
        self.init(senderSSRC: sender, mediaSSRC: media, entries: [])
        while let (ssrc, word) = control.readMultipleIntegers(as: (UInt32, UInt32).self) {
            entries.append(Entry(ssrc: ssrc, sequenceNumber: UInt8(truncatingIfNeeded: word >> 24)))
        }
    }

    func write(to writer: inout RTCPWriter) {
        writer.feedback(type: RTCPPacket.payloadFeedbackType, format: Self.format, senderSSRC, mediaSSRC) { buffer in
            for entry in entries { buffer.writeMultipleIntegers(entry.ssrc, UInt32(entry.sequenceNumber) << 24) }
        }
    }
}
