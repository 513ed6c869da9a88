import Foundation
import NIOCore
import Pictures
import RTCCore
import RTCMedia
import RTCVideoCodecs
import SansIO
import Testing

/// Recordings through the receiver and the decoder.
@Suite(.enabled(if: VideoCapture.hasFolder, "needs ../shared/captures")) struct ReceivedVideoTests {
    @Test(
        "What the receiver hands out of a recording decodes without an error, whatever is lost",
        arguments: RecordedVideo.all, [0, 0.01, 0.05])
    func lossy(_ recording: RecordedVideo, loss: Double) throws {
        for seed in 1...2 as ClosedRange<UInt64> {
            var random = SplitMix64(seed: seed)
            let packets = try packets(recording)
            var receiver = VideoReceiver(
                formats: [VideoFormat(payloadType: packets[0].header.payloadType, codec: recording.codec)])
            let decoder = VideoDecoder(recording.codec)
            var indexer = SequenceIndexer()
            var now = Instant(nanoseconds: 1_000_000_000)
            var pictures = 0
            func decode() throws {
                while let output = receiver.pollOutput() {
                    guard case .frame(let frame) = output else { continue }
                    let picture = try decoder.decode(frame)
                    pictures += 1
                    if let size = frame.size {
                        #expect(picture?.width == size.width && picture?.height == size.height, "seed \(seed)")
                    }
                }
            }
            for packet in packets {
                let place = indexer.place(packet.header.sequenceNumber)
                now = now + .milliseconds(8)
                guard let index = place.index, Double.random(in: 0..<1, using: &random) >= loss else { continue }
                receiver.receive(
                    payloadType: packet.header.payloadType, index: index, timestamp: packet.header.timestamp,
                    marker: packet.header.marker, payload: packet.payload, at: now)
                try decode()
                receiver.timeout(at: now)
                try decode()
            }
            let whole = recording.sizes.filter { $0.width > 16 }.map(\.count).reduce(0, +)
            if loss == 0 { #expect(pictures == whole) }
            #expect(pictures <= whole, "seed \(seed)")
        }
    }

    private struct Line: Decodable {
        var ch: String
        var dir: String
        var b64: String
    }

    private func packets(_ recording: RecordedVideo) throws -> [RTPPacket] {
        let file = VideoCapture.folder.appendingPathComponent(recording.file)
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap { line in
            guard line.contains("\"rtp\"") else { return nil }
            let entry = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
            guard entry.ch == "rtp", entry.dir == "in", let bytes = Data(base64Encoded: entry.b64) else { return nil }
            let packet = try RTPPacket(parsing: ByteBuffer(bytes: bytes))
            return packet.header.ssrc == recording.source ? packet : nil
        }
    }
}
