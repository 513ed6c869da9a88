import Foundation
import NIOCore

/// Recorded plain packets: lines of kind, direction and hexadecimal bytes.
enum PacketFixtures {
    struct Packet {
        var kind: Substring
        var direction: Substring
        var bytes: ByteBuffer
    }

    static func packets(_ name: String) throws -> [Packet] {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Fixtures/rtp/\(name).packets")
        let text = String(decoding: try Data(contentsOf: url), as: UTF8.self)
        return text.split(separator: "\n").map { line in
            let fields = line.split(separator: " ")
            return Packet(kind: fields[0], direction: fields[1], bytes: buffer(String(fields[2])))
        }
    }

    /// Bytes from hexadecimal digits; spaces are passed over.
    static func buffer(_ hex: String) -> ByteBuffer {
        let digits = hex.compactMap(\.hexDigitValue)
        return ByteBuffer(
            bytes: stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
    }
}

extension ByteBuffer {
    /// A copy that begins in the middle of its storage, as packets of one read do.
    var shifted: ByteBuffer {
        var copy = ByteBuffer(repeating: 0xFF, count: 7)
        copy.writeImmutableBuffer(self)
        copy.writeRepeatingByte(0xFF, count: 9)
        return copy.getSlice(at: 7, length: readableBytes) ?? ByteBuffer()
    }
}
