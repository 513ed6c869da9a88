import NIOCore

/// RTP as plain as a test needs it.
enum RTPStream {
    /// The payloads of each picture that is whole by its marker, in the order of the packets.
    static func pictures(_ packets: [[UInt8]]) -> [[ByteBuffer]] {
        var pictures: [[ByteBuffer]] = []
        var current: [ByteBuffer] = []
        for packet in packets where packet.count > 12 && packet[1] & 0x7F == 26 {
            current.append(ByteBuffer(bytes: packet.dropFirst(12 + 4 * Int(packet[0] & 0x0F))))
            guard packet[1] & 0x80 != 0 else { continue }
            pictures.append(current)
            current = []
        }
        return pictures
    }

    /// Packets of one picture, with the marker on the last.
    static func packets(_ payloads: [ByteBuffer], timestamp: UInt32, first: UInt16) -> [[UInt8]] {
        payloads.enumerated().map { number, payload in
            var packet = ByteBuffer()
            let marker: UInt8 = number == payloads.count - 1 ? 0x80 : 0
            packet.writeMultipleIntegers(UInt8(0x80), marker | 26, first &+ UInt16(number), timestamp, UInt32(0x1234))
            packet.writeImmutableBuffer(payload)
            return [UInt8](buffer: packet)
        }
    }
}
