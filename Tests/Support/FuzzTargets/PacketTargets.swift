import NIOCore
import RTCCore
import RTCMedia
import SansIO
import Simulation

extension FuzzTarget {
    static let stun = FuzzTarget(
        name: "stun", seeds: { $0.messages("stun") },
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
        seeds: { store in
            let lines = store.descriptions.flatMap { $0.split(separator: "\r\n") }
            return lines.filter { $0.hasPrefix("a=candidate:") }.map { Array($0.utf8) }
                + ["candidate:1 1 tcp 2105458943 2001:db8::7 9 typ host tcptype active ufrag abcd generation 0"]
                .map { Array($0.utf8) }
        },
        largestInput: 512,
        run: { input in
            guard let candidate = try? ICECandidate(parsing: String(decoding: input, as: UTF8.self)) else { return }
            try FuzzFailure.check(candidate) { try ICECandidate(parsing: candidate.attributeValue) }
        })

    static let rtp = FuzzTarget(
        name: "rtp", seeds: { $0.messages("rtp") + [[0x80, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xFF]] },
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
        name: "rtcp", seeds: { $0.messages("rtcp") + [[0x80, 201, 0, 1, 0, 0, 0, 1]] },
        run: { input in
            var reader = RTCPReader(ByteBuffer(bytes: input))
            var packets: [RTCPPacket] = []
            while let next = reader.next() {
                if case .success(let packet) = next { packets.append(packet) }
            }
            guard !packets.isEmpty else { return }
            var written = ByteBuffer()
            RTCPPacket.serialize(packets, into: &written)
            _ = try? RTCPPacket.parse(written)
        })

    static let dcep = FuzzTarget(
        name: "dcep",
        seeds: { store in
            store.messages("data") { $0.note?.contains("ppid=50") == true }
                + [DataChannelControlMessage.acknowledge.serialized(), opening].map { Array($0.readableBytesView) }
        },
        run: { input in
            guard let message = try? DataChannelControlMessage(parsing: ByteBuffer(bytes: input)) else { return }
            try FuzzFailure.check(message) { try DataChannelControlMessage(parsing: message.serialized()) }
        })

    private static let opening = DataChannelControlMessage.open(
        DataChannelOpen(
            parameters: DataChannelParameters(
                label: "_reliable", subprotocol: "p", ordered: false, reliability: .maxLifetime(.milliseconds(500))))
    ).serialized()

    /// RED payloads as packets of one track: parsed, put in order, and decoded.
    static let red = FuzzTarget(
        name: "red",
        seeds: { store in
            let packets = store.messages("rtp").filter { $0.count > 12 && $0[1] & 0x7F == 63 }.map { Array($0[12...]) }
            return stride(from: 0, to: packets.count, by: 4).map { start in
                MessageSequence.join(Array(packets[start..<min(packets.count, start + 4)]))
            }
        },
        run: { input in
            var receiver = AudioReceiver(format: AudioFormat(opusPayloadType: 111, redPayloadType: 63))
            let pipeline = try AudioDecoderPipeline(ssrc: 1)
            var now = Instant(nanoseconds: 1_000_000_000)
            var number: UInt16 = 65_530
            for payload in MessageSequence.split(input) {
                // The first byte also decides how far the packet is from the one before.
                let step = UInt16(payload.first ?? 0) & 3
                number &+= step
                now = now + .milliseconds(20)
                receiver.receive(
                    payloadType: 63, sequenceNumber: number, timestamp: UInt32(number) &* 960, marker: step == 3,
                    payload: ByteBuffer(bytes: payload), at: now)
                receiver.timeout(at: now)
                var frames: [AudioFrame] = []
                while let unit = receiver.pollOutput() { pipeline.process(unit, into: &frames) }
            }
            while let due = receiver.deadline, due < now + .seconds(3) { receiver.timeout(at: due) }
        })
}
