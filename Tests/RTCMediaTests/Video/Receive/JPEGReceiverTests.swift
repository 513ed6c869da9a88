import NIOCore
import RTCMedia
import SansIO
import Testing

@Suite struct JPEGReceiverTests {
    /// A picture of 32×32 in three packets.
    private static func payloads(_ value: UInt8) -> [ByteBuffer] {
        (0..<3).map { place in
            let header: [UInt8] = [0, 0, 0, UInt8(place * 4), 1, 50, 4, 4]
            return ByteBuffer(bytes: header + [value, value, value, value])
        }
    }

    /// - Returns: the pictures and the requests for key frames of thirty pictures, without the packets that are lost.
    private static func run(losing: Set<Int>, swapping: Bool = false) -> (frames: [EncodedVideoFrame], requests: Int) {
        var receiver = VideoReceiver(formats: [VideoFormat(payloadType: 26, codec: .jpeg)])
        var (frames, requests): ([EncodedVideoFrame], Int) = ([], 0)
        var now = Instant(nanoseconds: 1_000_000_000)
        func collect() {
            while let output = receiver.pollOutput() {
                switch output {
                case .frame(let frame): frames.append(frame)
                case .keyFrameRequest: requests += 1
                }
            }
        }
        for picture in 0..<30 {
            var packets = payloads(UInt8(picture)).enumerated().map { ($0.offset, $0.element) }
            if swapping { packets.swapAt(0, 2) }
            for (place, payload) in packets where !losing.contains(picture * 3 + place) {
                receiver.receive(
                    payloadType: 26, index: 65_536 + Int64(picture * 3 + place), timestamp: UInt32(picture * 18_000),
                    marker: place == 2, payload: payload, at: now)
                collect()
            }
            let next = now + .milliseconds(200)
            while let deadline = receiver.deadline, deadline <= next {
                receiver.timeout(at: max(now, deadline))
                collect()
                if deadline == receiver.deadline { break }
            }
            now = next
        }
        return (frames, requests)
    }

    @Test("Each JPEG picture stands alone: whole ones come out, in any order of packets, and nothing refers to them")
    func whole() {
        for swapping in [false, true] {
            let (frames, requests) = Self.run(losing: [], swapping: swapping)
            #expect(frames.count == 30 && requests == 0)
            let size = VideoSize(width: 32, height: 32)
            #expect(frames.allSatisfy { $0.isKeyFrame && $0.isDiscardable && $0.size == size })
        }
    }

    @Test("A lost packet costs its own JPEG picture, and at most one request", arguments: 0..<3)
    func lossy(place: Int) {
        let (frames, requests) = Self.run(losing: [place + 15, place + 45])
        let pictures = frames.map { Int($0.rtpTimestamp / 18_000) }
        let left = (0..<30).filter { $0 != 5 && $0 != 15 }
        #expect(pictures == left)
        #expect(requests <= 1, "\(requests)")
    }
}
