import Foundation
import NIOCore
import RTCMedia
import SansIO

/// The pictures of one video source in a recording, put together here as simply as can be: recordings have no loss.
enum VideoCapture {
    private struct Line: Decodable {
        var ch: String
        var dir: String
        var b64: String
    }

    static let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("shared/captures")
    static let hasFolder = FileManager.default.fileExists(atPath: folder.appendingPathComponent("v0-vp8.jsonl").path)

    /// - Parameter source: the SSRC.
    static func frames(_ name: String, _ codec: VideoCodec, source: UInt32) throws -> [EncodedVideoFrame] {
        var packets: [(number: UInt16, timestamp: UInt32, payload: [UInt8])] = []
        let file = folder.appendingPathComponent(name)
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") where line.contains("\"rtp\"")
        {
            let entry = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
            guard entry.ch == "rtp", entry.dir == "in", let bytes = Data(base64Encoded: entry.b64),
                let packet = parse([UInt8](bytes), source: source)
            else { continue }
            packets.append(packet)
        }
        let first = packets.first?.number ?? 0
        packets.sort { Int16(bitPattern: $0.number &- first) < Int16(bitPattern: $1.number &- first) }
        var frames: [(timestamp: UInt32, payloads: [[UInt8]])] = []
        for packet in packets where !packet.payload.isEmpty {
            if frames.last?.timestamp != packet.timestamp { frames.append((packet.timestamp, [])) }
            frames[frames.count - 1].payloads.append(packet.payload)
        }
        return frames.map { frame in
            var made = EncodedVideoFrame.test(codec, data(of: frame.payloads, codec))
            made.rtpTimestamp = Int64(frame.timestamp)
            return made
        }
    }

    private static func parse(_ bytes: [UInt8], source: UInt32) -> (UInt16, UInt32, [UInt8])? {
        let buffer = ByteBuffer(bytes: bytes)
        guard buffer.getInteger(at: 8, as: UInt32.self) == source,
            let number = buffer.getInteger(at: 2, as: UInt16.self),
            let timestamp = buffer.getInteger(at: 4, as: UInt32.self)
        else { return nil }
        var offset = 12 + 4 * Int(bytes[0] & 0x0F)
        if bytes[0] & 0x10 != 0 { offset += 4 + 4 * Int(buffer.getInteger(at: offset + 2, as: UInt16.self) ?? 0) }
        let padding = bytes[0] & 0x20 != 0 ? Int(bytes[bytes.count - 1]) : 0
        guard offset <= bytes.count - padding else { return nil }
        return (number, timestamp, Array(bytes[offset..<bytes.count - padding]))
    }

    private static func data(of payloads: [[UInt8]], _ codec: VideoCodec) -> ByteBuffer {
        switch codec {
        case .vp8: ByteBuffer(bytes: payloads.flatMap { $0.dropFirst(vp8Descriptor($0)) })
        case .vp9: vp9(payloads)
        default: ByteBuffer(bytes: payloads.flatMap(h264))
        }
    }

    private static func vp8Descriptor(_ payload: [UInt8]) -> Int {
        guard payload[0] & 0x80 != 0 else { return 1 }
        var length = 2
        if payload[1] & 0x80 != 0 { length += payload[length] & 0x80 != 0 ? 2 : 1 }
        if payload[1] & 0x40 != 0 { length += 1 }
        if payload[1] & 0x30 != 0 { length += 1 }
        return length
    }

    /// Layers in a row, with an index of their sizes behind them.
    private static func vp9(_ payloads: [[UInt8]]) -> ByteBuffer {
        var layers: [[UInt8]] = []
        for payload in payloads {
            if payload[0] & 0x08 != 0 { layers.append([]) }
            layers[layers.count - 1] += payload.dropFirst(vp9Descriptor(payload))
        }
        let marker = 0xC0 | 3 << 3 | UInt8(layers.count - 1)
        let sizes = layers.flatMap { layer in (0..<4).map { UInt8(truncatingIfNeeded: layer.count >> (8 * $0)) } }
        return ByteBuffer(bytes: layers.flatMap { $0 } + [marker] + sizes + [marker])
    }

    private static func vp9Descriptor(_ payload: [UInt8]) -> Int {
        let flags = payload[0]
        var length = 1
        if flags & 0x80 != 0 { length += payload[length] & 0x80 != 0 ? 2 : 1 }
        if flags & 0x20 != 0 { length += flags & 0x10 != 0 ? 1 : 2 }
        if flags & 0x50 == 0x50 {
            while payload[length] & 1 != 0 { length += 1 }
            length += 1
        }
        guard flags & 0x02 != 0 else { return length }
        let structure = payload[length]
        length += 1
        if structure & 0x10 != 0 { length += 4 * (Int(structure >> 5) + 1) }
        guard structure & 0x08 != 0 else { return length }
        let groups = Int(payload[length])
        length += 1
        for _ in 0..<groups { length += 1 + Int(payload[length] >> 2 & 3) }
        return length
    }

    private static func h264(_ payload: [UInt8]) -> [UInt8] {
        let startCode: [UInt8] = [0, 0, 0, 1]
        switch payload[0] & 0x1F {
        case 24:
            var units: [UInt8] = []
            var at = 1
            while at + 2 < payload.count {
                let size = Int(payload[at]) << 8 | Int(payload[at + 1])
                units += startCode + payload[(at + 2)..<min(payload.count, at + 2 + size)]
                at += 2 + size
            }
            return units
        case 28:
            let start = payload[1] & 0x80 != 0 ? startCode + [payload[0] & 0xE0 | payload[1] & 0x1F] : []
            return start + payload[2...]
        default: return startCode + payload
        }
    }
}
