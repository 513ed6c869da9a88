import NIOCore
import RTCCore
import RTCMedia
import SansIO
import Simulation

extension FuzzTarget {
    static let stun = FuzzTarget(
        name: "stun", recordings: { $0.messages("stun") },
        run: { input in
            guard let message = try? STUNMessage(parsing: ByteBuffer(bytes: input)) else { return }
            _ = message.hasValidIntegrity(key: Array("password".utf8))
            let written = message.serialized(integrityKey: Array("password".utf8))
            let again = try STUNMessage(parsing: written)
            guard again.hasValidIntegrity(key: Array("password".utf8)) else {
                throw FuzzFailure("its own integrity does not verify")
            }
            guard again.attributes == message.attributes else {
                throw FuzzFailure("attributes change when written and parsed")
            }
        })

    static let candidate = FuzzTarget(
        name: "candidate",
        recordings: { store in
            let lines = store.descriptions.flatMap { $0.split(separator: "\r\n") }
            return lines.filter { $0.hasPrefix("a=candidate:") }.map { Array($0.utf8) }
        },
        inventions: [
            Array("candidate:1 1 tcp 2105458943 2001:db8::7 9 typ host tcptype active ufrag abcd generation 0".utf8)
        ],
        largestInput: 512,
        run: { input in
            guard let candidate = try? ICECandidate(parsing: String(decoding: input, as: UTF8.self)) else { return }
            try FuzzFailure.check(candidate) { try ICECandidate(parsing: candidate.attributeValue) }
        })

    static let rtp = FuzzTarget(
        name: "rtp", recordings: { $0.messages("rtp") },
        run: { input in
            guard let packet = try? RTPPacket(parsing: ByteBuffer(bytes: input)) else { return }
            _ = (packet.payload, packet.csrcs, packet.headerExtensions)
            for id in UInt8(0)...15 { _ = (packet.headerExtension(id), packet.text(extension: id)) }
            _ = try? packet.unwrappingRetransmission(ssrc: 1, payloadType: 96)
            var written = ByteBuffer()
            packet.serialize(into: &written)
            guard written == ByteBuffer(bytes: input) else { throw FuzzFailure("it is written differently") }
        })

    static let rtcp = FuzzTarget(
        name: "rtcp", recordings: { $0.messages("rtcp") },
        inventions: [
            // FIR, REMB and NACK, which the recordings lack.
            [0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 7, 0, 0, 0],
            [0x8F, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 0x52, 0x45, 0x4D, 0x42, 1, 0x0B, 0xD0, 0x90, 0, 0, 0, 2],
            [0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0xFF, 0xFE, 0x80, 0x01],
        ],
        run: { input in
            var reader = RTCPReader(ByteBuffer(bytes: input))
            var packets: [RTCPPacket] = []
            while let next = reader.next() {
                if case .success(let packet) = next { packets.append(packet) }
            }
            // The reason of a BYE is text, and not kept as it came where it is no UTF-8.
            packets.removeAll { if case .goodbye = $0 { true } else { false } }
            guard !packets.isEmpty else { return }
            try FuzzFailure.check(packets) {
                var written = ByteBuffer()
                RTCPPacket.serialize(packets, into: &written)
                return try RTCPPacket.parse(written)
            }
        })

    static let dcep = FuzzTarget(
        name: "dcep",
        recordings: { store in store.messages("data") { $0.note?.contains("ppid=50") == true } },
        inventions: [DataChannelControlMessage.acknowledge.serialized(), opening].map { Array($0.readableBytesView) },
        run: { input in
            guard let message = try? DataChannelControlMessage(parsing: ByteBuffer(bytes: input)) else { return }
            try FuzzFailure.check(message) { try DataChannelControlMessage(parsing: message.serialized()) }
        })

    private static let opening = DataChannelControlMessage.open(
        DataChannelOpen(
            parameters: DataChannelParameters(
                label: "_reliable", subprotocol: "p", ordered: false, reliability: .maxLifetime(.milliseconds(500))))
    ).serialized()
}
