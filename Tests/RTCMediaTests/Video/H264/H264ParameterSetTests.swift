import Foundation
import NIOCore
import RTCMedia
import SansIO
import Testing

/// Parameter sets that come once, elsewhere, late or never.
@Suite struct H264ParameterSetTests {
    private static let sets = H264Sets(width: 640, height: 360)
    private static let keySlice: [UInt8] = [0x65, 0x88, 0x84, 1, 2]
    private static let slice: [UInt8] = [0x41, 0x9A, 0x21, 3]

    private var receiver = VideoReceiver(formats: [VideoFormat(payloadType: 108, codec: .h264)])
    private var now = Instant(nanoseconds: 1_000_000_000)
    private var index: Int64 = 70_000
    private var timestamp: UInt32 = 9000
    private var frames: [EncodedVideoFrame] = []
    private var requests: [Instant] = []

    /// A frame of one unit a packet, some of which are lost, and the time until the next.
    private mutating func send(_ units: [[UInt8]], lost: Set<Int> = [], then pause: Duration = .milliseconds(33)) {
        for (place, unit) in units.enumerated() {
            if !lost.contains(place) {
                receiver.receive(
                    payloadType: 108, index: index, timestamp: timestamp, marker: place == units.count - 1,
                    payload: ByteBuffer(bytes: unit), at: now)
                drain()
            }
            index += 1
        }
        timestamp &+= 3000
        let end = now + pause
        while let due = receiver.deadline, due <= end {
            now = max(now, due)
            receiver.timeout(at: now)
            drain()
        }
        now = end
    }

    private mutating func drain() {
        while let output = receiver.pollOutput() {
            switch output {
            case .frame(let frame): frames.append(frame)
            case .keyFrameRequest: requests.append(now)
            }
        }
    }

    @Test("sets that were lost are asked for ever later while key frames come without them, and with them all goes on")
    mutating func lost() {
        // Everything but the slice is lost, and nobody sends it again.
        send([Self.sets.sequence, Self.sets.picture, Self.keySlice], lost: [0, 1])
        // The sender answers each request with a key frame, a tenth of a second later, that has no sets.
        var answered = 0
        for _ in 0..<600 {
            if requests.count > answered, now >= requests[answered] + .milliseconds(100) {
                answered = requests.count
                send([[0x09, 0x10], Self.keySlice])
            } else {
                send([[0x09, 0x30], Self.slice])
            }
        }
        #expect(frames.isEmpty)
        // 20 s: after 0.5, 1, 2, 4, 4 … s.
        #expect((6...8).contains(requests.count), "\(requests.count)")
        let steps = zip(requests, requests.dropFirst()).map { $0.duration(to: $1) }
        #expect(steps.allSatisfy { $0 >= .milliseconds(500) } && steps.suffix(2).allSatisfy { $0 >= .seconds(4) })
        send([Self.sets.sequence, Self.sets.picture, Self.keySlice])
        send([Self.slice])
        #expect(frames.map(\.isKeyFrame) == [true, false] && frames[0].size == VideoSize(width: 640, height: 360))
        let before = requests.count
        for _ in 0..<300 { send([Self.slice]) }
        #expect(requests.count == before && frames.count == 302)
    }

    @Test("sets in a frame of their own, before anything can be decoded, are kept for the key frame")
    mutating func ownFrame() {
        send([Self.sets.sequence, Self.sets.picture])
        for _ in 0..<10 { send([[0x09, 0x30], Self.slice]) }
        send([[0x09, 0x10], Self.keySlice])
        #expect(frames.map(\.isKeyFrame) == [true] && frames.first?.size == VideoSize(width: 640, height: 360))
    }

    @Test("sets of a frame whose slices were lost are kept")
    mutating func ofALostFrame() {
        send([Self.sets.sequence, Self.sets.picture, Self.keySlice, Self.keySlice], lost: [2])
        for _ in 0..<40 { send([[0x09, 0x30], Self.slice]) }
        #expect(frames.isEmpty && !requests.isEmpty)
        send([[0x09, 0x10], Self.keySlice])
        #expect(frames.map(\.isKeyFrame) == [true])
    }

    @Test("a slice whose sets are not known is not handed out, and a key frame is asked for")
    mutating func unknown() {
        send([Self.sets.sequence, Self.sets.picture, Self.keySlice])
        send([Self.slice])
        // First macroblock 0, kind 5, picture parameter set 1: 1 00110 010.
        send([[0x41, 0b1001_1001, 0, 7]])
        send([Self.slice])
        #expect(frames.count == 2 && requests.count == 1)
        send([Self.sets.sequence, Self.sets.picture, Self.keySlice])
        send([Self.slice])
        #expect(frames.count == 4 && requests.count == 1)
    }

    @Test("slices refer to sets of the description too")
    mutating func described() {
        let text = [Self.sets.sequence, Self.sets.picture].map { Data($0).base64EncodedString() }.joined(separator: ",")
        receiver = VideoReceiver(formats: [VideoFormat(payloadType: 108, codec: .h264, parameterSets: text)])
        send([Self.keySlice])
        send([Self.slice])
        #expect(frames.count == 2 && requests.isEmpty)
    }
}
