import CAllocationCounter
import Foundation
import Inference
import NIOCore
import Perception
import PerceptionModels
import Pictures
import RTCMedia
import RTCVideoCodecs
import SansIO
import VisionModelFixtures

extension Benchmark {
    /// A camera's way from packets to what a look comes to, each part by itself. `vision` has the scaling and the models.
    static let video = Benchmark(name: "video") {
        var lines: [Measurement] = []
        for (width, height, bitrate) in [(320, 180, 180_000), (640, 360, 600_000)] {
            let pictures = try VideoFrames.pictures(width: width, height: height)
            for codec in VideoCodec.allCases {
                let frames =
                    codec == .vp8 || codec == .jpeg
                    ? try VideoFrames(codec, encoding: pictures, bitrate: bitrate)
                    : try VideoFrames(codec, byFFmpeg: pictures, bitrate: bitrate)
                lines += try FrameCosts(frames, size: "\(width) × \(height)").lines()
            }
        }
        guard ReleasedVision.isThere else { return lines }
        return lines + (try looks())
    }

    /// What looking at a camera takes in all, and what of it the rules.
    private static func looks() throws -> [Measurement] {
        let pictures = try VideoFrames.pictures(width: 320, height: 180)
        let looker = GestureLooker(models: try ReleasedVision.models())
        var detector = GestureDetector(participant: "candidate")
        var (looking, rules, seen): ([Double], [Double], Set<Gesture.Kind>) = ([], [], [])
        for (number, picture) in pictures.enumerated() where number % 3 == 0 {
            let time = Instant(nanoseconds: 1) + .seconds(number) / VideoFrames.rate
            var look: GestureLook?
            looking.append(
                try threadMicroseconds {
                    look = try looker.look(at: picture, time: time, attention: detector.attention)
                })
            guard let look else { continue }
            rules.append(
                threadMicroseconds {
                    detector.receive(look)
                    while let signal = detector.pollOutput() {
                        if case .gestureBegan(let gesture) = signal { seen.insert(gesture.kind) }
                    }
                })
        }
        guard seen.contains(.raisedHand) else { throw Failed(reason: "the raised hand was not seen") }
        // The first makes the models.
        let (still, lively) = (Array(looking[1..<looking.count / 2]), Array(looking[(looking.count / 2)...]))
        return [
            Measurement(
                what: "a picture looked at, five a second: a still person",
                value: still.reduce(0, +) / Double(still.count),
                unit: "µs", comparison: "mean; median \(number(still.median))"),
            Measurement(
                what: "the same while a hand goes up and stays", value: lively.reduce(0, +) / Double(lively.count),
                unit: "µs", comparison: "mean; median \(number(lively.median))"),
            Measurement(what: "rules a look", value: rules.median, unit: "µs"),
        ]
    }
}

/// What the frames of one codec and size cost.
private struct FrameCosts {
    private static let rounds = 7

    let frames: VideoFrames
    let size: String
    private let payloads: [[ByteBuffer]]

    init(_ frames: VideoFrames, size: String) throws {
        self.frames = frames
        self.size = size
        payloads = try frames.payloads()
    }

    func lines() throws -> [Measurement] {
        let decoding = try decode()
        let assembling = try assemble()
        let packets = payloads.reduce(0) { $0 + $1.count }
        let bytes = frames.frames.reduce(0) { $0 + $1.data.readableBytes } / frames.frames.count
        let name = "\(frames.codec.rawValue), \(size)"
        let perFrame = "\(number(Double(packets) / Double(payloads.count))) packets, \(bytes) B"
        return [
            Measurement(
                what: "\(name): depacketise a frame", value: assembling.microseconds, unit: "µs",
                comparison: "\(perFrame); a packet \(number(assembling.aPacket)) µs"),
            Measurement(
                what: "\(name): allocations a frame, depacketised", value: assembling.allocations, unit: "",
                // A JPEG file's headers are made anew for each picture.
                bar: frames.codec == .jpeg ? nil : .atMost(0.05)),
            Measurement(what: "\(name): decode a frame", value: decoding, unit: "µs"),
        ]
    }

    /// Microseconds a frame, median of some rounds over all.
    private func decode() throws -> Double {
        let pool = PicturePool()
        return try (0..<Self.rounds).map { _ in
            let decoder = VideoDecoder(frames.codec, pool: pool)
            let took = try threadMicroseconds {
                for frame in frames.frames {
                    guard try decoder.decode(frame) != nil else { throw Failed(reason: "\(frames.codec): no picture") }
                }
            }
            return took / Double(frames.frames.count)
        }.median
    }

    private func assemble() throws -> (microseconds: Double, aPacket: Double, allocations: Double) {
        var (times, made, packetTimes): ([Double], [Double], [Double]) = ([], [], [])
        var receiver = VideoReceiver(formats: [VideoFormat(payloadType: 96, codec: frames.codec)])
        var (index, timestamp): (Int64, UInt32) = (0, 0)
        let packets = payloads.reduce(0) { $0 + $1.count }
        for round in 0...Self.rounds {
            var count = 0
            let before = allocation_count()
            let took = threadMicroseconds {
                for frame in payloads {
                    timestamp &+= 6_000
                    for (place, payload) in frame.enumerated() {
                        index += 1
                        receiver.receive(
                            payloadType: 96, index: index, timestamp: timestamp, marker: place == frame.count - 1,
                            payload: payload, at: Instant(nanoseconds: 1 + index))
                    }
                    while let output = receiver.pollOutput() { if case .frame = output { count += 1 } }
                }
            }
            let allocations = Double(allocation_count() - before)
            guard count == payloads.count else {
                throw Failed(reason: "\(frames.codec): \(count) of \(payloads.count) frames were put together")
            }
            // The first round makes room.
            guard round > 0 else { continue }
            times.append(took / Double(payloads.count))
            packetTimes.append(took / Double(packets))
            made.append(allocations / Double(payloads.count))
        }
        return (times.median, packetTimes.median, made.median)
    }
}
