import Foundation
import NIOCore
import RTCCore
import RTCMedia
import SansIO

/// The sound of one source in a recording.
struct AudioCapture {
    /// One packet as the jitter buffer takes it.
    struct Packet {
        var arrival: Instant
        var payloadType: UInt8
        var marker: Bool
        var sequenceNumber: UInt16
        var timestamp: UInt32
        var payload: ByteBuffer
    }

    private struct Line: Decodable {
        var t: Double
        var ch: String
        var b64: String
    }

    /// The folder that holds this package, with links resolved.
    static let packageRoot = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let fixture = packageRoot.appendingPathComponent("Tests/Fixtures/red-opus.jsonl")
    static let folder = packageRoot.deletingLastPathComponent().appendingPathComponent("shared/captures")
    static let hasFolder = FileManager.default.fileExists(atPath: folder.appendingPathComponent("v0-vp8.jsonl").path)

    /// The audio packets (payload types 63 and 111) of a recording, by source.
    static func read(_ file: URL) throws -> [UInt32: [Packet]] {
        var sources: [UInt32: [Packet]] = [:]
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") where line.contains("\"rtp\"")
        {
            let entry = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
            guard entry.ch == "rtp", let bytes = Data(base64Encoded: entry.b64) else { continue }
            guard let (ssrc, packet) = parse(ByteBuffer(bytes: bytes), at: entry.t) else { continue }
            sources[ssrc, default: []].append(packet)
        }
        return sources
    }

    private static func parse(_ bytes: ByteBuffer, at time: Double) -> (UInt32, Packet)? {
        guard let first = bytes.getInteger(at: 0, as: UInt8.self), let second = bytes.getInteger(at: 1, as: UInt8.self),
            [63, 111].contains(second & 0x7F), let number = bytes.getInteger(at: 2, as: UInt16.self),
            let timestamp = bytes.getInteger(at: 4, as: UInt32.self),
            let ssrc = bytes.getInteger(at: 8, as: UInt32.self)
        else { return nil }
        var offset = 12 + 4 * Int(first & 0x0F)
        if first & 0x10 != 0 { offset += 4 + 4 * Int(bytes.getInteger(at: offset + 2, as: UInt16.self) ?? 0) }
        guard let payload = bytes.getSlice(at: offset, length: bytes.readableBytes - offset) else { return nil }
        let arrival = Instant(nanoseconds: Int64(time * 1e9))
        return (
            ssrc,
            Packet(
                arrival: arrival, payloadType: second & 0x7F, marker: second & 0x80 != 0, sequenceNumber: number,
                timestamp: timestamp, payload: payload)
        )
    }

    private struct UnexpectedJump: Error {}

    /// Receives and decodes packets in the recording's time.
    static func play(
        _ packets: [Packet], dropping isDropped: (Int) -> Bool = { _ in false }
    ) throws -> (frames: [AudioFrame], statistics: AudioReceiveStatistics, errors: Int) {
        var receiver = AudioReceiver()
        var indexer = SequenceIndexer()
        let pipeline = try AudioDecoderPipeline(ssrc: 1)
        var frames: [AudioFrame] = []
        func collect() { while let unit = receiver.pollOutput() { pipeline.process(unit, into: &frames) } }
        for (index, packet) in packets.enumerated() where !isDropped(index) {
            while let deadline = receiver.deadline, deadline <= packet.arrival {
                receiver.timeout(at: deadline)
                collect()
            }
            // The recordings have no jump.
            guard let place = indexer.place(packet.sequenceNumber).index else { throw UnexpectedJump() }
            receiver.receive(
                payloadType: packet.payloadType, index: place, timestamp: packet.timestamp, marker: packet.marker,
                payload: packet.payload, at: packet.arrival)
            collect()
        }
        return (frames, receiver.statistics, pipeline.statistics.decoderErrors)
    }
}
