import NIOCore
import RTCCore
import RTCMedia
import SansIO

extension FuzzTarget {
    /// Payloads of one frame, looked at one by one and put together.
    static let vp8Payloads = payloads("vp8-payloads", payloadType: 96) { payloads in
        var reader = VP8Depacketiser()
        let taken = try payloads.filter { payload in
            guard let fragment = try? reader.inspect(payload, marker: false) else { return false }
            let descriptor = try VP8PayloadDescriptor(parsing: payload)
            guard descriptor.length < payload.readableBytes else {
                throw FuzzFailure("a frame without a byte is taken")
            }
            return fragment.temporalLayer < 4
        }
        return (try? assemble(taken, with: &reader)) ?? 0
    }

    static let vp9Payloads = payloads("vp9-payloads", payloadType: 98) { payloads in
        var reader = VP9Depacketiser()
        let taken = payloads.filter { (try? reader.inspect($0, marker: false)) != nil }
        return (try? assemble(taken, with: &reader)) ?? 0
    }

    static let h264Payloads = payloads("h264-payloads", payloadType: 108) { payloads in
        var reader = H264Depacketiser(parameterSets: "Z0LAH9oBQBboQAAAAwBAAAAMg8UKqA==,aM48gA==")
        let taken = payloads.filter { (try? reader.inspect($0, marker: false)) != nil }
        return (try? assemble(taken, with: &reader)) ?? 0
    }

    private static func payloads(
        _ name: String, payloadType: UInt8, run: @escaping @Sendable ([ByteBuffer]) throws -> Int
    ) -> FuzzTarget {
        FuzzTarget(
            name: name,
            recordings: { store in
                let payloads = store.video(payloadType)
                return stride(from: 0, to: payloads.count, by: 3).map { start in
                    MessageSequence.join(Array(payloads[start..<min(payloads.count, start + 3)]))
                }
            },
            run: { input in
                let payloads = MessageSequence.split(input).map { ByteBuffer(bytes: $0) }
                // Each byte of a payload comes out at most once; start codes, an index and parameter sets beside them.
                let most = input.count * 4 + 4096
                guard try run(payloads) <= most else { throw FuzzFailure("more comes out than went in") }
            })
    }

    private static func assemble<Reader: VideoDepacketiser>(
        _ payloads: [ByteBuffer], with reader: inout Reader
    ) throws -> Int {
        var data = ByteBuffer()
        _ = try reader.assemble(payloads, isKeyFrame: true, into: &data)
        return data.readableBytes
    }

    /// Packets of one track in any of its codecs. Before each payload stand what happens to the time (a byte), the
    /// sequence number (two) and the timestamp (two), which format it has and whether it has the marker (a byte), and what
    /// else happens (a byte).
    static let videoReceiver = FuzzTarget(
        name: "video-receiver",
        recordings: { store in
            ([96, 98, 108] as [UInt8]).enumerated().flatMap { format, type in
                let payloads = store.video(type)
                return stride(from: 0, to: payloads.count, by: 8).map { start in
                    MessageSequence.join(
                        packets(payloads[start..<min(payloads.count, start + 8)], format: UInt8(format)))
                }
            }
        },
        run: { input in
            var track = FuzzedVideo()
            for message in MessageSequence.split(input) where message.count >= 7 { try track.receive(Array(message)) }
            try track.finish()
        })
}

/// Frames of two packets each, 33 ms apart, cut short so that several fit an input.
private func packets(_ payloads: ArraySlice<[UInt8]>, format: UInt8) -> [[UInt8]] {
    payloads.enumerated().map { place, payload in
        let isSecond = place % 2 == 1
        let step: [UInt8] = isSecond ? [5, 0, 1, 0, 0] : [28, 0, 1, 0x0B, 0x9A]
        let head: [UInt8] = step + [isSecond ? format | 0x80 : format, 0xFF]
        return head + Array(payload.prefix(200))
    }
}

extension SeedStore {
    /// Recorded payloads of a payload type.
    fileprivate func video(_ payloadType: UInt8) -> [[UInt8]] {
        (messages("rtp") + messages("video")).compactMap { bytes in
            guard let packet = try? RTPPacket(parsing: ByteBuffer(bytes: bytes)),
                packet.header.payloadType == payloadType, packet.payloadLength > 0
            else { return nil }
            return Array(packet.payload.readableBytesView)
        }
    }
}

/// A track whose packets say themselves how they follow each other.
private struct FuzzedVideo {
    static let formats = [
        VideoFormat(payloadType: 0, codec: .vp8), VideoFormat(payloadType: 1, codec: .vp9),
        VideoFormat(payloadType: 2, codec: .h264), VideoFormat(payloadType: 3, codec: .jpeg),
    ]

    var receiver: VideoReceiver
    var indexer = SequenceIndexer()
    var now = Instant(nanoseconds: 1_000_000_000)
    var number: UInt16 = 65_530
    var timestamp: UInt32 = 4_294_960_000
    private var hasBegun = false
    private var lastRequest: Instant?

    init() {
        var configuration = VideoReceiver.Configuration()
        configuration.maximumBytes = 8192
        configuration.maximumFrames = 12
        receiver = VideoReceiver(formats: Self.formats, configuration: configuration)
    }

    mutating func receive(_ message: [UInt8]) throws {
        now = now + .milliseconds(Int(message[0]))
        let step = UInt16(message[1]) << 8 | UInt16(message[2])
        if step & 0x8000 == 0 { number &+= step % 3001 } else { number &-= step % 128 }
        timestamp &+= UInt32(message[3]) << 8 | UInt32(message[4])
        try other(message[6])
        guard let index = indexer.place(number).index else { return }
        receiver.receive(
            payloadType: message[5] & 0x07, index: index, timestamp: timestamp, marker: message[5] & 0x80 != 0,
            payload: ByteBuffer(bytes: message[7...]), at: now)
        receiver.timeout(at: now)
        try drain()
    }

    /// What signalling and consumers do meanwhile.
    private mutating func other(_ choice: UInt8) throws {
        switch choice {
        case 0: receiver.decodingFailed(at: now)
        case 1: receiver.packetsGivenUp(through: indexer.highest ?? 0, at: now)
        case 2, 3: receiver.setMuted(choice == 2, at: now)
        case 4...7: receiver.maximumTemporalLayer = choice - 4
        case 8, 9: receiver.skipsDiscardable = choice == 8
        default: return
        }
        receiver.timeout(at: now)
        try drain()
    }

    mutating func finish() throws {
        let end = now + .seconds(20)
        while let due = receiver.deadline, due < end {
            now = max(now, due)
            receiver.timeout(at: now)
            try drain()
        }
    }

    private mutating func drain() throws {
        while let output = receiver.pollOutput() {
            switch output {
            case .frame(let frame):
                if frame.isKeyFrame { hasBegun = true }
                guard hasBegun, frame.data.readableBytes > 0 else { throw FuzzFailure("a frame without its key frame") }
            case .keyFrameRequest:
                if let lastRequest, now - lastRequest < .milliseconds(500) { throw FuzzFailure("requests too close") }
                lastRequest = now
            }
        }
        guard receiver.bytesHeld <= 8192 + 65_536 else { throw FuzzFailure("it holds \(receiver.bytesHeld) bytes") }
        try FuzzFailure.check(deadline: receiver.deadline, isAfter: now, of: "the receiver")
    }
}
