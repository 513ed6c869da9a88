import NIOCore
import SansIO
import Simulation
import Testing

@testable import RTCCore

@Suite struct RTCPPacketTests {
    private func parse(_ hex: String) throws(RTCPParseError) -> [RTCPPacket] {
        try RTCPPacket.parse(PacketFixtures.buffer(hex).shifted)
    }

    private func error(_ hex: String) -> RTCPParseError? {
        do throws(RTCPParseError) {
            _ = try parse(hex)
            return nil
        } catch {
            return error
        }
    }

    private func bytes(_ packets: [RTCPPacket]) -> ByteBuffer {
        var buffer = ByteBuffer()
        RTCPPacket.serialize(packets, into: &buffer)
        return buffer
    }

    private let block = ReportBlock(
        ssrc: 7, fractionLost: 128, cumulativeLost: -2, extendedHighestSequence: 0x1_FFFF, jitter: 9,
        lastSenderReport: 10, delaySinceLastSenderReport: 11)

    private var samples: [RTCPPacket] {
        let report = SenderReport(
            ssrc: 1, ntpTime: 0x0102_0304_0506_0708, rtpTimestamp: 3, packetCount: 4, octetCount: 5,
            reports: [block, block], profileExtension: ByteBuffer(bytes: [1, 2, 3, 4]))
        return [
            .senderReport(report),
            .receiverReport(ReceiverReport(ssrc: 1)),
            .receiverReport(ReceiverReport(ssrc: 1, reports: [block])),
            .sourceDescription(
                SourceDescription(chunks: [
                    .init(ssrc: 1, cname: "ab", mid: "0"), .init(ssrc: 2, cname: "abc"), .init(ssrc: 3, items: []),
                    .init(ssrc: 4, cname: "abcd", mid: "12"),
                ])),
            .goodbye(Goodbye(ssrcs: [1, 2])),
            .goodbye(Goodbye(ssrcs: [1], reason: "end")),
            .goodbye(Goodbye(ssrcs: [], reason: "over")),
            .nack(GenericNACK(senderSSRC: 1, mediaSSRC: 2, sequenceNumbers: [65534, 65535, 0, 14, 15, 100])),
            .pli(PictureLossIndication(senderSSRC: 1, mediaSSRC: 2)),
            .fir(FullIntraRequest(senderSSRC: 1, entries: [.init(ssrc: 2, sequenceNumber: 3)])),
            .remb(BandwidthEstimate(senderSSRC: 1, bitrate: 1_234_567, ssrcs: [2, 3])),
            .unknown(UnknownRTCPPacket(type: 204, count: 31, body: ByteBuffer(bytes: [0, 0, 0, 1, 65, 66, 67, 68]))),
            .unknown(UnknownRTCPPacket(type: 207, count: 0, body: ByteBuffer(bytes: [0, 0, 0, 1]))),
            .unknown(
                UnknownRTCPPacket(type: 205, count: 15, body: ByteBuffer(bytes: [0, 0, 0, 1, 0, 0, 0, 2, 9, 9, 9, 9]))),
        ]
    }

    @Test func everyPacketReadsBackEqualAloneAndInACompound() throws {
        for packet in samples {
            #expect(bytes([packet]).readableBytes % 4 == 0)
            #expect(try RTCPPacket.parse(bytes([packet]).shifted) == [packet])
        }
        #expect(try RTCPPacket.parse(bytes(samples)) == samples)
    }

    @Test func roomIsKeptForTheAuthenticationTag() {
        #expect(bytes([samples[0]]).writableBytes >= 20)
    }

    @Test func theBytesOfASenderReportAreThoseOfTheRFC() throws {
        let packets = try parse(
            """
            81c8000c 00000001 0102030405060708 00000003 00000004 00000005
            00000007 80fffffe 0001ffff 00000009 0000000a 0000000b
            """)
        let expected = SenderReport(
            ssrc: 1, ntpTime: 0x0102_0304_0506_0708, rtpTimestamp: 3, packetCount: 4, octetCount: 5, reports: [block])
        #expect(packets == [.senderReport(expected)])
        #expect(expected.compactNTPTime == 0x0304_0506)
    }

    @Test func theBytesOfFeedbackAreThoseOfTheRFCs() {
        let nack = GenericNACK(senderSSRC: 1, mediaSSRC: 2, sequenceNumbers: [10, 11, 26, 27])
        #expect(bytes([.nack(nack)]) == PacketFixtures.buffer("81cd0004 00000001 00000002 000a8001 001b0000"))
        #expect(nack.sequenceNumbers == [10, 11, 26, 27])
        #expect(bytes([samples[8]]) == PacketFixtures.buffer("81ce0002 00000001 00000002"))
        #expect(bytes([samples[9]]) == PacketFixtures.buffer("84ce0004 00000001 00000000 00000002 03000000"))
        // 1,234,567 is 154,320 times 8, rounded down.
        #expect(
            bytes([samples[10]])
                == PacketFixtures.buffer("8fce0006 00000001 00000000 52454d42 020e5ad0 00000002 00000003"))
    }

    @Test func brokenCompoundsAreNamed() {
        #expect(error("") == .tooShort)
        #expect(error("80c900") == .tooShort)
        #expect(error("40c90001 00000001") == .unsupportedVersion(1))
        #expect(error("80c90002 00000001") == .lengthBeyondPacket)
        #expect(error("a0c90000") == .invalidPadding)
        #expect(error("a0c90001 00000000") == .invalidPadding)
        #expect(error("a0c90001 00000008") == .invalidPadding)
        #expect(error("a0c90002 00000001 00000003") == .invalidPadding)
        #expect(error("80c90000") == .malformed(packetType: 201))
        #expect(error("81c90001 00000001") == .malformed(packetType: 201))
        #expect(error("80c80005 00000001 00000000 00000000 00000000 00000000") == .malformed(packetType: 200))
        #expect(error("81ca0000") == .malformed(packetType: 202))
        #expect(error("81ca0002 00000001 01ff6162") == .malformed(packetType: 202))
        #expect(error("81ca0002 00000001 01026162") == .malformed(packetType: 202))
        #expect(error("82cb0001 00000001") == .malformed(packetType: 203))
        #expect(error("81cb0002 00000001 04616263") == .malformed(packetType: 203))
        #expect(error("81cd0001 00000001") == .malformed(packetType: 205))
        #expect(error("81cd0002 00000001 00000002") == .malformed(packetType: 205))
        #expect(error("84ce0003 00000001 00000000 00000002") == .malformed(packetType: 206))
    }

    @Test(arguments: ["02000000 00000002", "00000000 00000002", "ff000000 00000002", "01000000"])
    func anEstimatesCountMustFit(rest: String) {
        let words = rest.split(separator: " ").count + 3
        #expect(error("8fce000\(words) 00000001 00000000 52454d42 \(rest)") == .malformed(packetType: 206))
    }

    @Test func paddingIsTakenOff() throws {
        #expect(try parse("a0c90002 00000001 00000004") == [.receiverReport(ReceiverReport(ssrc: 1))])
    }

    @Test func aMalformedPacketDoesNotHideItsNeighbours() {
        var reader = RTCPReader(
            PacketFixtures.buffer("80c90001 00000001 81c90001 00000002 81ce0002 00000003 00000004 4000"))
        #expect(reader.next() == .success(.receiverReport(ReceiverReport(ssrc: 1))))
        #expect(reader.next() == .failure(.malformed(packetType: 201)))
        #expect(reader.next() == .success(.pli(PictureLossIndication(senderSSRC: 3, mediaSSRC: 4))))
        #expect(reader.next() == .failure(.tooShort))
        #expect(reader.next() == nil)
    }

    @Test(arguments: [0, 1, 262_143, 262_144, 1_000_000, 4_294_967_296, UInt64.max])
    func anEstimateIsRoundedDownToEighteenBits(bitrate: UInt64) throws {
        let estimate = BandwidthEstimate(senderSSRC: 0, bitrate: bitrate, ssrcs: [])
        #expect(estimate.bitrate <= bitrate)
        #expect(bitrate - estimate.bitrate <= bitrate >> 17)
        #expect(try RTCPPacket.parse(bytes([.remb(estimate)])) == [.remb(estimate)])
    }

    @Test func anEstimateBeyondAllNumbersSaturates() throws {
        let packets = try parse("8fce0004 00000001 00000000 52454d42 00ffffff")
        guard case .remb(let estimate) = packets.first else {
            Issue.record("\(packets)")
            return
        }
        #expect(estimate.bitrate == .max)
    }

    @Test func lossIsLimitedTo24Bits() throws {
        let low = ReportBlock(
            ssrc: 0, fractionLost: 0, cumulativeLost: .min, extendedHighestSequence: 0, jitter: 0, lastSenderReport: 0,
            delaySinceLastSenderReport: 0)
        #expect(low.cumulativeLost == -8_388_608)
        let packet = RTCPPacket.receiverReport(ReceiverReport(ssrc: 0, reports: [low]))
        #expect(try RTCPPacket.parse(bytes([packet])) == [packet])
    }

    @Test func moreThanFitsIsCutNotGarbled() throws {
        let packet = RTCPPacket.receiverReport(ReceiverReport(ssrc: 0, reports: Array(repeating: block, count: 40)))
        #expect(
            try RTCPPacket.parse(bytes([packet])) == [
                .receiverReport(ReceiverReport(ssrc: 0, reports: Array(repeating: block, count: 31)))
            ])
        let long = SourceDescription.Chunk(ssrc: 1, cname: String(repeating: "x", count: 300))
        #expect(try RTCPPacket.parse(bytes([.sourceDescription(SourceDescription(chunks: [long]))])).count == 1)
    }

    @Test func aCompoundCutAnywhereIsAnErrorOrEndsAtAPacket() {
        for packet in samples {
            let whole = bytes([packet])
            for length in 0..<whole.readableBytes {
                let cut = whole.getSlice(at: 0, length: length) ?? ByteBuffer()
                #expect(throws: RTCPParseError.self) { try RTCPPacket.parse(cut) }
                // Cut where the length field says so, too: the body is short then.
                guard length % 4 == 0, length >= 4 else { continue }
                var short = cut
                short.setInteger(UInt16(length / 4 - 1), at: 2)
                _ = try? RTCPPacket.parse(short)
            }
        }
    }

    @Test func garbageNeverTraps() throws {
        let seed: UInt64 = 0xC7C
        var random = RandomSource.seeded(seed)
        var parsed = 0
        for _ in 0..<20_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let body = random.bytes(4 * Int.random(in: 0...10, using: &random))
                let type = UInt8.random(in: 200...207, using: &random)
                let count = UInt8.random(in: 0...15, using: &random)
                bytes += [0x80 | (random.next() % 8 == 0 ? 0x20 : 0) | count, type, 0, UInt8(body.count / 4)] + body
            }
            if random.next() % 4 == 0 { bytes.removeLast() }
            var reader = RTCPReader(ByteBuffer(bytes: bytes))
            while let next = reader.next() {
                guard case .success(let packet) = next else { continue }
                parsed += 1
                if case .nack(let nack) = packet { #expect(nack.sequenceNumbers.count <= 17 * nack.entries.count) }
                if case .remb(let estimate) = packet { _ = estimate.bitrate }
                let again = self.bytes([packet])
                // A goodbye's reason may be no UTF-8, which is repaired on reading.
                if case .goodbye = packet { continue }
                #expect(try RTCPPacket.parse(again) == [packet], "seed \(seed)")
            }
        }
        #expect(parsed > 1000)
    }
}
