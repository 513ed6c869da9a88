import NIOCore
import RTCMedia
import SansIO
import Testing

@Suite struct VideoReceiverBoundsTests {
    private var receiver = VideoReceiver(formats: [VideoFormat(payloadType: 96, codec: .vp8)])
    private var now = Instant(nanoseconds: 1_000_000_000)

    /// A packet of VP8; the first of a key frame where `isKeyFrame`, else the first of another or one in its middle.
    private mutating func send(
        _ index: Int64, timestamp: UInt32, isFirst: Bool = true, isKeyFrame: Bool = false, marker: Bool = true,
        bytes: Int = 20
    ) {
        var payload = ByteBuffer(bytes: [isFirst ? 0x10 : 0x00])
        payload.writeBytes(isKeyFrame ? [0x50, 0, 0, 0x9D, 0x01, 0x2A, 0x40, 0x01, 0xB4, 0] : [0x51, 0, 0])
        payload.writeRepeatingByte(7, count: bytes)
        receiver.receive(
            payloadType: 96, index: index, timestamp: timestamp, marker: marker, payload: payload, at: now)
    }

    private mutating func drain() -> [EncodedVideoFrame] {
        var frames: [EncodedVideoFrame] = []
        while let output = receiver.pollOutput() { if case .frame(let frame) = output { frames.append(frame) } }
        return frames
    }

    @Test mutating func aFrameWithoutEndIsNotKeptForEver() {
        for index in 0..<5000 as Range<Int64> {
            send(100_000 + index, timestamp: 1, isFirst: index == 0, isKeyFrame: index == 0, marker: false, bytes: 1100)
            #expect(receiver.bytesHeld <= 4 << 20)
        }
        #expect(receiver.statistics.overflows > 0 && drain().isEmpty)
        send(105_000, timestamp: 2, isKeyFrame: true)
        #expect(drain().count == 1)
    }

    @Test mutating func framesThatNeverBecomeWholeGiveWayToNewOnes() {
        for frame in 0..<2000 as Range<Int64> {
            send(100_000 + frame * 2, timestamp: UInt32(frame) * 3000, marker: false, bytes: 60_000)
            #expect(receiver.bytesHeld <= 4 << 20)
        }
        send(104_001, timestamp: 9_000_000, isKeyFrame: true)
        #expect(drain().count == 1)
    }

    @Test mutating func packetsFarApartAndInterleavedFramesChangeNothingForThoseAfter() {
        for step in 0..<300 as Range<Int64> {
            send(100_000 + step * 1999, timestamp: UInt32(step % 3), isFirst: step % 2 == 0, marker: step % 5 == 0)
            send(100_000 + step * 1999 - 7, timestamp: UInt32(step % 2), isFirst: false, marker: false)
        }
        _ = drain()
        send(800_000, timestamp: 77, isKeyFrame: true)
        send(800_001, timestamp: 78)
        #expect(drain().count == 2)
    }

    @Test mutating func framesThatNobodyTakesAreDroppedUpToAKeyFrame() {
        send(100_000, timestamp: 0, isKeyFrame: true)
        for frame in 1..<200 as Range<Int64> { send(100_000 + frame, timestamp: UInt32(frame) * 3000) }
        let taken = drain()
        #expect(taken.count == 64 && receiver.statistics.dropped == 1)
        send(100_200, timestamp: 700_000)
        #expect(drain().isEmpty)
        send(100_201, timestamp: 703_000, isKeyFrame: true)
        #expect(drain().count == 1)
    }

    @Test mutating func payloadsThatMakeNoSenseAreCountedAndEndTheirFrameAtOnce() {
        send(100_000, timestamp: 0, isKeyFrame: true)
        receiver.receive(
            payloadType: 96, index: 100_001, timestamp: 3000, marker: true, payload: ByteBuffer(bytes: [0x90, 0x80]),
            at: now)
        receiver.receive(
            payloadType: 120, index: 100_002, timestamp: 3000, marker: true, payload: ByteBuffer(bytes: [1, 2]), at: now
        )
        send(100_003, timestamp: 6000)
        #expect(drain().count == 1 && receiver.statistics.malformed == 1)
        #expect(receiver.statistics.otherPayloadTypes == 1 && receiver.statistics.keyFrameRequests == 1)
    }
}
