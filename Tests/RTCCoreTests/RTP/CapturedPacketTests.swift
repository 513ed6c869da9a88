import NIOCore
import Testing

@testable import RTCCore

@Suite struct CapturedPacketTests {
    private func checkRTP(_ bytes: ByteBuffer) throws {
        let packet = try RTPPacket(parsing: bytes)
        var out = ByteBuffer()
        packet.serialize(into: &out)
        #expect(out == bytes)
    }

    private func checkRTCP(_ bytes: ByteBuffer) throws {
        let packets = try RTCPPacket.parse(bytes)
        for packet in packets {
            if case .unknown(let unknown) = packet { Issue.record("type \(unknown.type) is not known") }
        }
        var out = ByteBuffer()
        RTCPPacket.serialize(packets, into: &out)
        #expect(out == bytes)
    }

    @Test func recordedPacketsAreWrittenAgainAsTheyWere() throws {
        let packets = try PacketFixtures.packets("v0-vp8")
        #expect(packets.count(where: { $0.kind == "rtp" }) == 60)
        #expect(packets.count(where: { $0.kind == "rtcp" }) == 58)
        for packet in packets {
            if packet.kind == "rtp" { try checkRTP(packet.bytes) } else { try checkRTCP(packet.bytes) }
        }
    }

    @Test(.enabled(if: SDPFixtures.hasCaptures, "the captures are not beside the package"))
    func everyPacketOfTheCapturesIsWrittenAgainAsItWas() throws {
        let records = try SDPFixtures.records(channels: ["rtp", "rtcp"])
        #expect(records.count > 7000)
        for record in records {
            let bytes = ByteBuffer(bytes: record.bytes)
            if record.ch == "rtp" { try checkRTP(bytes) } else { try checkRTCP(bytes) }
        }
    }

    @Test func theServersReportNamesSourceAndSection() throws {
        let reports = try PacketFixtures.packets("v0-vp8").filter { $0.kind == "rtcp" && $0.direction == "in" }
        let packets = try RTCPPacket.parse(#require(reports.first).bytes)
        guard packets.count == 3, case .senderReport(let audio) = packets[0],
            case .senderReport(let video) = packets[1],
            case .sourceDescription(let names) = packets[2]
        else {
            Issue.record("\(packets)")
            return
        }
        #expect(audio.ssrc == 1_471_156_441 && video.ssrc == 1_274_201_679)
        #expect(names.chunks.first { $0.ssrc == audio.ssrc }?.cname == "PA_A4qstQiRN4ML|TR_AMJA4rjeYvZwDw")
        #expect(names.chunks.first { $0.ssrc == audio.ssrc }?.mid == "1")
        #expect(names.chunks.first { $0.ssrc == video.ssrc }?.mid == "2")
    }

    @Test func theServersVideoCarriesASendTime() throws {
        let packets = try PacketFixtures.packets("v0-vp8").filter { $0.kind == "rtp" }
            .map { try RTPPacket(parsing: $0.bytes) }
        let video = packets.filter { $0.header.ssrc == 1_274_201_679 }
        #expect(video.count == 20)
        #expect(video.allSatisfy { $0.absoluteSendTime(extension: 3) != nil })
        #expect(packets.filter { $0.header.payloadType == 63 }.allSatisfy { !$0.header.hasExtension })
    }
}
