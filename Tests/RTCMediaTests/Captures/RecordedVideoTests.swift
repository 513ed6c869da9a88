import Foundation
import NIOCore
import RTCCore
import RTCMedia
import SansIO
import Simulation
import Testing

@Suite(.enabled(if: AudioCapture.hasFolder, "needs ../shared/captures"))
struct RecordedVideoTests {
    struct Recording: Sendable, CustomTestStringConvertible {
        var file: String
        var ssrc: UInt32
        var payloadType: UInt8 = 96
        var codec = VideoCodec.vp8
        /// What an independent parser read: packets, frames, key frames, and the blank ones among them.
        var packets: Int
        var frames: Int
        var keyFrames: Int
        var blank: Int
        /// Sizes in the order of key frames, without repetition.
        var sizes: [(Int, Int)] = [(640, 360)]

        var testDescription: String { "\(file) \(ssrc)" }
    }

    static let recordings = [
        Recording(file: "v0-vp8", ssrc: 1_274_201_679, packets: 997, frames: 226, keyFrames: 3, blank: 1),
        Recording(
            file: "v0-vp9", ssrc: 1_410_042_706, payloadType: 98, codec: .vp9, packets: 272, frames: 89, keyFrames: 1,
            blank: 0),
        Recording(
            file: "v0-h264", ssrc: 37_211_418, payloadType: 108, codec: .h264, packets: 223, frames: 92, keyFrames: 2,
            blank: 1),
        Recording(
            file: "v1-single-pc", ssrc: 4_239_934_571, payloadType: 97, packets: 418, frames: 94, keyFrames: 1, blank: 0
        ),
        Recording(
            file: "muted", ssrc: 1_349_562_784, packets: 1119, frames: 306, keyFrames: 20, blank: 6,
            sizes: [
                (1280, 720), (320, 180), (640, 360), (320, 180), (640, 360), (1280, 720), (640, 360), (320, 180),
                (640, 360), (1280, 720), (640, 360),
            ]),
        Recording(
            file: "muted", ssrc: 1_263_139_224, packets: 72, frames: 52, keyFrames: 10, blank: 6,
            sizes: [(1280, 720), (640, 360), (320, 180)]),
    ]

    private func packets(_ recording: Recording) throws -> [VideoPacket] {
        try #require(VideoCapture.read(recording.file, payloadType: recording.payloadType)[recording.ssrc])
    }

    @Test("Every recorded camera comes out whole, as the independent parser says", arguments: recordings)
    func whole(recording: Recording) throws {
        let packets = try packets(recording)
        let source = try RecordedVideo(packets, codec: recording.codec)
        #expect(source.frameCount == recording.frames && source.keyFrameCount == recording.keyFrames)
        var run = VideoRun(source, repairs: false)
        try run.play()
        let statistics = run.receiver.statistics
        #expect(statistics.frames == recording.frames - recording.blank && statistics.blank == recording.blank)
        #expect(statistics.received >= recording.packets && statistics.malformed == 0 && run.requestedAt.isEmpty)
        #expect(run.received.allSatisfy { $0.at == $0.frame.arrival })
        var sizes: [VideoSize] = []
        for frame in run.received { if let size = frame.frame.size, size != sizes.last { sizes.append(size) } }
        #expect(sizes == recording.sizes.map { VideoSize(width: $0.0, height: $0.1) })
    }

    @Test(
        "With loss, recorded cameras are right again within one request for a key frame", arguments: recordings,
        [0.01, 0.05])
    func lossy(recording: Recording, loss: Double) throws {
        let packets = try packets(recording)
        for repairs in [true, false] {
            for seed in 1...3 as ClosedRange<UInt64> {
                var run = VideoRun(try RecordedVideo(packets, codec: recording.codec), repairs: repairs)
                try run.play(over: .lossy(loss), seed: seed)
                run.expectChained("\(recording.file) \(loss) seed \(seed)")
                let comment: Comment = "\(recording.file) \(loss) \(repairs) seed \(seed) \(run.receiver.statistics)"
                #expect(run.receiver.statistics.malformed == 0, comment)
                if repairs {
                    #expect(run.requestedAt.count <= 5, comment)
                    #expect(run.received.count + run.receiver.statistics.blank >= recording.frames * 9 / 10, comment)
                }
                run.expectRightAgain(comment)
            }
        }
    }
}

extension VideoRun where Source == RecordedVideo {
    /// Checks that every request whose answer arrived whole was the last one needed.
    func expectRightAgain(_ comment: Comment, sourceLocation: SourceLocation = #_sourceLocation) {
        for (place, request) in requestedAt.enumerated() {
            let answers = sent.values.filter { frame in
                // Blank frames, with which servers end a source, answer nothing.
                frame.isKeyFrame && frame.sentAt > request && (packetsOf[frame.id]?.bytes ?? 0) > 200
            }
            guard let answer = answers.min(by: { $0.id < $1.id }), arrivedWhole(answer.id) else { continue }
            let back = received.first { idOfTimestamp[UInt32(truncatingIfNeeded: $0.frame.rtpTimestamp)] == answer.id }
            let isInTime = place + 1 == requestedAt.count || (back?.at ?? .distantFuture) <= requestedAt[place + 1]
            if back == nil || !isInTime {
                Issue.record("the answer to request \(place) did not help, \(comment)", sourceLocation: sourceLocation)
            }
        }
    }

    /// Checks that frames come in order, each after all that it refers to.
    func expectChained(_ comment: Comment, sourceLocation: SourceLocation = #_sourceLocation) {
        var handedOut: Set<Int> = []
        var previous = -1
        for (frame, _, _) in received {
            let id = idOfTimestamp[UInt32(truncatingIfNeeded: frame.rtpTimestamp)]
            guard let id, let original = sent[id], id > previous, original.references.isSubset(of: handedOut),
                frame.isKeyFrame == original.isKeyFrame, frame.temporalLayer == original.temporalLayer,
                frame.isDiscardable == original.isDiscardable
            else {
                Issue.record(
                    "frame \(id ?? -1) after \(previous), \(comment) \(receiver.statistics)",
                    sourceLocation: sourceLocation)
                return
            }
            handedOut.insert(id)
            previous = id
        }
    }
}

@Suite struct VideoFixtureTests {
    @Test(
        "The recorded beginnings of cameras come out whole",
        arguments: [(96, VideoCodec.vp8), (98, .vp9), (108, .h264)] as [(UInt8, VideoCodec)])
    func beginnings(payloadType: UInt8, codec: VideoCodec) throws {
        let file = AudioCapture.packageRoot.appendingPathComponent("Tests/Fixtures/rtp/video.packets")
        let packets = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
            let digits = (line.split(separator: " ").last ?? "").compactMap { $0.hexDigitValue.map(UInt8.init) }
            let bytes = stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
            let packet = try RTPPacket(parsing: ByteBuffer(bytes: bytes))
            return packet.header.payloadType == payloadType ? packet : nil
        }
        var receiver = VideoReceiver(formats: [VideoFormat(payloadType: payloadType, codec: codec)])
        for packet in packets {
            receiver.receive(
                payloadType: payloadType, index: 65_536 + Int64(packet.header.sequenceNumber),
                timestamp: packet.header.timestamp, marker: packet.header.marker, payload: packet.payload, at: .zero)
        }
        var frames: [EncodedVideoFrame] = []
        while let output = receiver.pollOutput() { if case .frame(let frame) = output { frames.append(frame) } }
        #expect(frames.count == packets.count(where: \.header.marker) && frames.first?.isKeyFrame == true)
        #expect(frames.first?.size == VideoSize(width: 640, height: 360) && frames.count > 1)
    }
}
