import NIOCore

/// Source descriptions (RFC 3550 §6.5), one chunk a source.
public struct SourceDescription: Hashable, Sendable {
    static let packetType: UInt8 = 202
    /// Bytes before the chunks.
    static let headerLength = 4

    /// One item: its type and text.
    public struct Item: Hashable, Sendable {
        /// The canonical name, type 1.
        public static let cname: UInt8 = 1
        /// The section's `mid`, type 15 (RFC 9143 §15).
        public static let mid: UInt8 = 15

        /// 1–255.
        public var type: UInt8
        /// At most 255 bytes, UTF-8 but for private items.
        public var value: [UInt8]

        public init(type: UInt8, value: [UInt8]) {
            self.type = type
            self.value = value
        }
    }

    public struct Chunk: Hashable, Sendable {
        public var ssrc: UInt32
        public var items: [Item]

        public init(ssrc: UInt32, items: [Item]) {
            self.ssrc = ssrc
            self.items = items
        }

        /// A chunk with the canonical name and, where given, the section's `mid`.
        public init(ssrc: UInt32, cname: String, mid: String? = nil) {
            self.ssrc = ssrc
            items = [Item(type: Item.cname, value: Array(cname.utf8.prefix(255)))]
            if let mid { items.append(Item(type: Item.mid, value: Array(mid.utf8.prefix(255)))) }
        }

        public var cname: String? { text(Item.cname) }
        public var mid: String? { text(Item.mid) }

        private func text(_ type: UInt8) -> String? {
            items.first { $0.type == type }.map { String(decoding: $0.value, as: UTF8.self) }
        }
    }

    /// At most 31.
    public var chunks: [Chunk]

    public init(chunks: [Chunk]) { self.chunks = chunks }

    init?(count: UInt8, body: ByteBuffer) {
        var body = body
        chunks = []
        for _ in 0..<count {
            guard let chunk = Chunk(reading: &body) else { return nil }
            chunks.append(chunk)
        }
    }

    func write(to writer: inout RTCPWriter) {
        writer.packet(type: Self.packetType, count: UInt8(truncatingIfNeeded: min(chunks.count, 31))) { buffer in
            for chunk in chunks.prefix(31) { chunk.write(to: &buffer) }
        }
    }
}

extension SourceDescription.Chunk {
    fileprivate init?(reading body: inout ByteBuffer) {
        guard let ssrc: UInt32 = body.readInteger() else { return nil }
        self.init(ssrc: ssrc, items: [])
        var length = 0
        while true {
            guard let type: UInt8 = body.readInteger() else { return nil }
            length += 1
            if type == 0 { break }
            guard let count: UInt8 = body.readInteger(), let value = body.readBytes(length: Int(count)) else {
                return nil
            }
            length += 1 + Int(count)
            items.append(SourceDescription.Item(type: type, value: value))
        }
        // The list of items ends with one to four zero bytes, up to a multiple of four.
        let padding = (4 - length % 4) % 4
        guard body.readableBytes >= padding else { return nil }
        body.moveReaderIndex(forwardBy: padding)
    }

    /// Bytes as written: source, items and one to four zero bytes.
    var length: Int {
        let items = items.lazy.filter { $0.type != 0 }.reduce(0) { $0 + 2 + min($1.value.count, 255) }
        return 4 + items + 4 - items % 4
    }

    fileprivate func write(to buffer: inout ByteBuffer) {
        buffer.writeInteger(ssrc)
        var length = 0
        for item in items where item.type != 0 {
            let value = item.value.prefix(255)
            buffer.writeMultipleIntegers(item.type, UInt8(truncatingIfNeeded: value.count))
            buffer.writeBytes(value)
            length += 2 + value.count
        }
        buffer.writeRepeatingByte(0, count: 4 - length % 4)
    }
}
