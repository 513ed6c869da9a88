import NIOCore
import RTCCore
import RTCMedia
import SansIO

extension FuzzTarget {
    /// RED payloads as packets of one track: parsed, put in order, and decoded. Before each payload stand what happens
    /// to the time (a byte), the sequence number (two) and the timestamp (four).
    static let red = FuzzTarget(
        name: "red",
        recordings: { store in
            let packets = store.messages("rtp").filter { $0.count > 12 && $0[1] & 0x7F == 63 }.map { Array($0[12...]) }
            return stride(from: 0, to: packets.count, by: 4).map { start in
                MessageSequence.join(packets[start..<min(packets.count, start + 4)].map { regular + $0 })
            }
        },
        inventions: [
            // Frames of 2.5 ms, so that many fit between the oldest block that RED may carry and the packet.
            MessageSequence.join([
                regular + [0x6F, 0x80],
                [0, 0, 3, 0, 0, 1, 104, 0xEF, 0x03, 0xC0, 1, 0xEF, 0x01, 0xE0, 1, 0x6F] + short,
            ])
        ],
        run: { input in
            var track = FuzzedTrack(pipeline: try AudioDecoderPipeline(ssrc: 1))
            for message in MessageSequence.split(input) where message.count >= regular.count {
                try track.receive(Array(message))
            }
            try track.finish()
        })

    /// 20 ms after the packet before, in every respect.
    private static let regular: [UInt8] = [20, 0, 1, 0, 0, 3, 0xC0]
    /// Three frames of 2.5 ms.
    private static let short: [UInt8] = [0x80, 0x80, 0x80]
}

/// A track whose packets say themselves how they follow each other.
private struct FuzzedTrack {
    let pipeline: AudioDecoderPipeline
    var receiver = AudioReceiver(format: AudioFormat(opusPayloadType: 111, redPayloadType: 63))
    var indexer = SequenceIndexer()
    var now = Instant(nanoseconds: 1_000_000_000)
    var number: UInt16 = 65_530
    var timestamp: UInt32 = 4_294_960_000

    mutating func receive(_ message: [UInt8]) throws {
        now = now + .milliseconds(Int(message[0]))
        // Steps back are short, as reordering makes them; steps ahead go as far as what counts as loss.
        let step = UInt16(message[1]) << 8 | UInt16(message[2])
        if step & 0x8000 == 0 { number &+= step % 3001 } else { number &-= step % 128 }
        timestamp &+= message[3..<7].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard let index = indexer.place(number).index else { return }
        receiver.receive(
            payloadType: 63, index: index, timestamp: timestamp, marker: message[0] & 1 == 1,
            payload: ByteBuffer(bytes: message[7...]), at: now)
        receiver.timeout(at: now)
        try drain()
    }

    mutating func finish() throws {
        let end = now + .seconds(3)
        while let due = receiver.deadline, due < end {
            now = max(now, due)
            receiver.timeout(at: now)
            try drain()
        }
    }

    private mutating func drain() throws {
        var frames: [AudioFrame] = []
        while let unit = receiver.pollOutput() { pipeline.process(unit, into: &frames) }
        try FuzzFailure.check(deadline: receiver.deadline, isAfter: now, of: "the receiver")
    }
}
