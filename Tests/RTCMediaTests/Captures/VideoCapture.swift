import Foundation
import NIOCore
import RTCCore
import RTCMedia
import SansIO

/// The pictures of one source in a recording.
struct VideoCapture {
    private struct Line: Decodable {
        var t: Double
        var ch: String
        var dir: String
        var b64: String
    }

    static func file(_ name: String) -> URL { AudioCapture.folder.appendingPathComponent("\(name).jsonl") }

    /// The packets of a payload type in a recording, by source.
    static func read(_ name: String, payloadType: UInt8) throws -> [UInt32: [VideoPacket]] {
        var sources: [UInt32: [VideoPacket]] = [:]
        let text = try String(contentsOf: file(name), encoding: .utf8)
        for line in text.split(separator: "\n") where line.contains("\"rtp\"") {
            let entry = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
            guard entry.ch == "rtp", entry.dir == "in", let bytes = Data(base64Encoded: entry.b64) else { continue }
            let packet = try RTPPacket(parsing: ByteBuffer(bytes: bytes))
            guard packet.header.payloadType == payloadType else { continue }
            sources[packet.header.ssrc, default: []].append(
                VideoPacket(
                    sentAt: Instant(nanoseconds: Int64(entry.t * 1e9)), payloadType: payloadType,
                    sequenceNumber: packet.header.sequenceNumber, timestamp: packet.header.timestamp,
                    marker: packet.header.marker, payload: ByteBuffer(buffer: packet.payload)))
        }
        return sources
    }
}

/// A recorded camera that answers requests for key frames: it goes on from its last key frame before, under new numbers.
struct RecordedVideo: VideoSource {
    let formats: [VideoFormat]
    private let recorded: [(frame: SentFrame, packets: [VideoPacket], references: VideoReferences)]
    private var place = 0
    private var id = 0
    private var now: Instant
    private var timestamp: UInt32
    private var sequenceNumber: UInt16
    private var isKeyFrameWanted = false
    /// With much loss it would never come to its end.
    private var framesLeft: Int
    /// The last frame that may be referred to, and frames by their picture ids, since the last key frame.
    private var last: Int?
    private var ids: [UInt16: Int] = [:]

    /// - Parameter packets: as recorded; the frames in them are found by their timestamps.
    init(_ packets: [VideoPacket], codec: VideoCodec) throws {
        formats = [VideoFormat(payloadType: packets[0].payloadType, codec: codec)]
        var groups: [[VideoPacket]] = []
        for packet in packets {
            if groups.last?.last?.timestamp != packet.timestamp { groups.append([]) }
            groups[groups.count - 1].append(packet)
        }
        recorded = groups.map { group in
            let fragments = group.compactMap { Self.fragment($0, codec) }
            let frame = SentFrame(
                id: 0, isKeyFrame: fragments.contains(where: \.isKeyFrame), references: [],
                temporalLayer: fragments.first?.temporalLayer ?? 0,
                isDiscardable: fragments.contains(where: \.isDiscardable), data: ByteBuffer(), sentAt: .zero)
            return (frame, group, Self.references(fragments))
        }
        framesLeft = recorded.count * 2
        now = packets[0].sentAt
        timestamp = packets[0].timestamp
        sequenceNumber = packets[0].sequenceNumber
    }

    private static func fragment(_ packet: VideoPacket, _ codec: VideoCodec) -> VideoFragment? {
        switch codec {
        case .vp8: try? VP8Depacketiser().inspect(packet.payload, marker: packet.marker)
        case .vp9: try? VP9Depacketiser().inspect(packet.payload, marker: packet.marker)
        default: try? H264Depacketiser().inspect(packet.payload, marker: packet.marker)
        }
    }

    /// What the packets of a picture refer to together.
    private static func references(_ fragments: [VideoFragment]) -> VideoReferences {
        fragments.dropFirst().reduce(fragments.first?.references ?? .precedingFrame) { all, next in
            guard case .listed(let id, let one) = all, case .listed(_, let two) = next.references else { return all }
            return .listed(id, one | two)
        }
    }

    var frameCount: Int { recorded.count }
    var keyFrameCount: Int { recorded.count { $0.frame.isKeyFrame } }

    var nextFrame: Instant? { place < recorded.count && framesLeft > 0 ? now : nil }

    mutating func requestKeyFrame() { isKeyFrameWanted = true }

    mutating func sendFrame() -> (frame: SentFrame, packets: [VideoPacket]) {
        if isKeyFrameWanted, let back = recorded[..<place].lastIndex(where: \.frame.isKeyFrame) {
            place = back
            isKeyFrameWanted = false
        }
        var (frame, packets, references) = recorded[place]
        frame.id = id
        if frame.isKeyFrame { (last, ids) = (nil, [:]) }
        if case .listed(_, let distances) = references {
            ids[UInt16(id & 0x7FFF)] = id
            let back = (1..<128 as Range<UInt16>).filter { distances >> UInt128($0) & 1 == 1 }
            frame.references = frame.isKeyFrame ? [] : Set(back.map { ids[(UInt16(id & 0x7FFF) &- $0) & 0x7FFF] ?? -1 })
        } else {
            frame.references = Set([last].compactMap { $0 })
        }
        frame.sentAt = now
        for index in packets.indices {
            packets[index].sentAt = now
            packets[index].timestamp = timestamp
            packets[index].sequenceNumber = sequenceNumber
            // No sender's picture ids go back: VP9 has 15 bits of them here, behind the flags.
            if case .listed = references {
                packets[index].payload.setInteger(UInt16(id & 0x7FFF) | 0x8000, at: 1)
            }
            sequenceNumber &+= 1
        }
        if place + 1 < recorded.count {
            let following = recorded[place + 1].packets[0]
            let step = following.sentAt - recorded[place].packets[0].sentAt
            now = now + max(.milliseconds(1), step)
            timestamp &+= following.timestamp &- recorded[place].packets[0].timestamp
        }
        if !frame.isDiscardable { last = id }
        place += 1
        id += 1
        framesLeft -= 1
        return (frame, packets)
    }
}
