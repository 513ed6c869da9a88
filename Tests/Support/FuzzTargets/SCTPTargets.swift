import NIOCore
import RTCCore
import SansIO
import Simulation

extension FuzzTarget {
    static let sctpPacket = FuzzTarget(
        name: "sctp-packet", recordings: { $0.messages("sctp") },
        run: { input in
            // With a right checksum, so that what lies behind it is reached.
            guard let packet = try? SCTPPacket(parsing: SCTPWire.withChecksum(input)) else { return }
            try FuzzFailure.check(packet) { try SCTPPacket(parsing: packet.serialized()) }
        })

    /// Two associations with channels, into which an attacker who knows the tags puts chunks. Each message of the input
    /// begins with a byte that says what is done: chunks to either side, time passing, data sent, packets exchanged.
    static let sctpAssociation = FuzzTarget(
        name: "sctp-association",
        recordings: { store in
            let chunks = store.messages("sctp").filter { $0.count > 12 }.map { Array($0[12...]) }
            return stride(from: 0, to: chunks.count, by: 3).map { start in
                let some = chunks[start..<min(chunks.count, start + 3)].enumerated().map { [UInt8($0)] + $1 }
                return MessageSequence.join(some + [[2, 40], [3, 20], [4, 8]])
            }
        },
        run: { input in
            var pair = ChannelPair()
            for message in MessageSequence.split(input).prefix(64) {
                guard let verb = message.first else { continue }
                try pair.act(verb, Array(message.dropFirst()))
            }
            try pair.finish()
        })
}

/// Two sets of data channels back to back.
private struct ChannelPair {
    var left = DataChannels(isDTLSClient: true, random: .seeded(1))
    var right = DataChannels(isDTLSClient: false, random: .seeded(2))
    var now = Instant(nanoseconds: 1_000_000_000)
    var toLeft: [ByteBuffer] = []
    var toRight: [ByteBuffer] = []
    /// The tags that each side wants to see, read off the packets.
    var leftTag: UInt32 = 0
    var rightTag: UInt32 = 0
    var channel: DataChannelID?

    init() {
        channel = try? left.open(label: "fuzz", at: now)
        left.connect(at: now)
        right.connect(at: now)
        exchange(rounds: 6)
    }

    mutating func act(_ verb: UInt8, _ body: [UInt8]) throws {
        switch verb % 6 {
        case 0: left.receive(SCTPWire.packet(tag: leftTag, chunks: body), at: now)
        case 1: right.receive(SCTPWire.packet(tag: rightTag, chunks: body), at: now)
        case 2: try pass(milliseconds: Int64(body.first ?? 0) * 25)
        case 3:
            let payload = ByteBuffer(repeating: 7, count: 1 + Int(body.first ?? 0) * 64)
            if let channel { try? left.send(payload, isBinary: true, on: channel, at: now) }
        case 4: exchange(rounds: Int(body.first ?? 1) % 8)
        default: if let channel { left.close(channel, at: now) }
        }
        collect()
    }

    /// Half of what is under way is lost by then.
    mutating func finish() throws {
        if toLeft.count > 1 { toLeft.removeFirst(toLeft.count / 2) }
        exchange(rounds: 4)
        try pass(milliseconds: 3000)
        left.abort(reason: "end", at: now)
        exchange(rounds: 2)
    }

    private mutating func pass(milliseconds: Int64) throws {
        now = now + .milliseconds(milliseconds)
        for _ in 0..<8 {
            if let due = left.deadline, due <= now { left.timeout(at: now) }
            if let due = right.deadline, due <= now { right.timeout(at: now) }
            collect()
        }
        try FuzzFailure.check(deadline: left.deadline, isAfter: now, of: "the left association")
        try FuzzFailure.check(deadline: right.deadline, isAfter: now, of: "the right association")
    }

    private mutating func collect() {
        while let output = left.pollOutput() {
            if case .transmit(let packet) = output {
                rightTag = packet.getInteger(at: packet.readerIndex + 4) ?? rightTag
                if toRight.count < 64 { toRight.append(packet) }
            }
        }
        while let output = right.pollOutput() {
            if case .transmit(let packet) = output {
                leftTag = packet.getInteger(at: packet.readerIndex + 4) ?? leftTag
                if toLeft.count < 64 { toLeft.append(packet) }
            }
        }
    }

    private mutating func exchange(rounds: Int) {
        for _ in 0..<rounds {
            collect()
            let (left, right) = (toLeft, toRight)
            (toLeft, toRight) = ([], [])
            for packet in right { self.right.receive(packet, at: now) }
            for packet in left { self.left.receive(packet, at: now) }
            collect()
        }
    }
}

/// Just enough of SCTP's outside to get broken chunks past its checksum (RFC 9260 §3.1, appendix A).
enum SCTPWire {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
    }

    /// The packet with the checksum that it should have.
    static func withChecksum(_ packet: [UInt8]) -> ByteBuffer {
        guard packet.count >= 12 else { return ByteBuffer(bytes: packet) }
        var packet = packet
        packet.replaceSubrange(8..<12, with: [0, 0, 0, 0])
        let sum = ~packet.reduce(~UInt32(0)) { crc, byte in crc >> 8 ^ table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)]
        }
        for index in 0..<4 { packet[8 + index] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * index)) }
        return ByteBuffer(bytes: packet)
    }

    static func packet(tag: UInt32, chunks: [UInt8]) -> ByteBuffer {
        // An INIT travels alone and under the tag 0.
        let tag = chunks.first == 1 ? 0 : tag
        let header: [UInt8] =
            [0x13, 0x88, 0x13, 0x88] + (0..<4).map { UInt8(truncatingIfNeeded: tag >> UInt32(24 - 8 * $0)) }
            + [0, 0, 0, 0]
        return withChecksum(header + chunks)
    }
}
