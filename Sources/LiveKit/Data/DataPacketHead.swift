import NIOCore
import SansIO

/// What of a data packet is worth knowing before it is parsed: who sent it, its number, and the topic of a user packet.
///
/// It is found by stepping over the fields, so that what nobody reads costs next to nothing whatever is in it. What cannot
/// be stepped over is left to the parser.
struct DataPacketHead: Equatable {
    /// Empty where the packet names none. Servers before 1.8 name it in the user packet alone.
    var sid = ""
    var sequence: UInt32 = 0
    /// Of a user packet; `nil` for anything else.
    var topic: TopicName?

    /// - Returns: `nil` if the fields cannot be told apart.
    init?(_ message: ByteBuffer) {
        var fields = PacketFields(message)
        while let field = fields.next() {
            switch (field.number, field.value) {
            case (2, .bytes(let user)):
                var inner = PacketFields(user)
                topic = topic ?? ""
                while let field = inner.next() {
                    guard case .bytes(let text) = field.value else { continue }
                    if field.number == 4 { topic = TopicName(String(buffer: text)) }
                    if field.number == 1, sid.isEmpty { sid = String(buffer: text) }
                }
                guard inner.isWhole else { return nil }
            case (16, .number(let number)): sequence = UInt32(truncatingIfNeeded: number)
            case (17, .bytes(let text)): sid = String(buffer: text)
            default: break
            }
        }
        guard fields.isWhole else { return nil }
    }
}

/// The fields of a protobuf message, one after the other, without copying.
struct PacketFields {
    enum Value {
        case number(UInt64)
        case bytes(ByteBuffer)
        /// Of a width that is fixed.
        case fixed
    }

    private var rest: ByteBuffer
    private var isBroken = false

    init(_ message: ByteBuffer) { rest = message }

    /// Whether everything could be read so far, to the end.
    var isWhole: Bool { !isBroken && rest.readableBytes == 0 }

    /// `nil` at the end, and where what follows is no field.
    mutating func next() -> (number: UInt64, value: Value)? {
        guard !isBroken, rest.readableBytes > 0 else { return nil }
        guard let key = number(), let value = value(wire: key & 7) else {
            isBroken = true
            return nil
        }
        return (key >> 3, value)
    }

    private mutating func value(wire: UInt64) -> Value? {
        switch wire {
        case 0: number().map { .number($0) }
        case 1: rest.readSlice(length: 8).map { _ in .fixed }
        case 2:
            number().flatMap { Int(exactly: $0) }.flatMap {
                $0 <= rest.readableBytes ? rest.readSlice(length: $0) : nil
            }
            .map { .bytes($0) }
        case 5: rest.readSlice(length: 4).map { _ in .fixed }
        default: nil
        }
    }

    private mutating func number() -> UInt64? {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte: UInt8 = rest.readInteger() else { return nil }
            number |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return number }
        }
        return nil
    }
}
