import NIOCore
import Testing

@testable import RTCCore

@Suite struct RTCPReportTests {
    @Test func aReceiverReportsItsBlocksInAsManyDatagramsAsTheyNeed() {
        let compounds = RTCPReport(senders: [], blocks: (0..<70).map { block($0) }, from: 9, cname: "me").compounds
        #expect(compounds.count == 3)
        #expect(compounds.flatMap(reported) == (0..<70).map { UInt32($0) })
        for compound in compounds {
            #expect(compound.last == .sourceDescription(SourceDescription(chunks: [.init(ssrc: 9, cname: "me")])))
            #expect(compound.count == 2)
        }
    }

    @Test func aReceiverOfNothingStillReports() {
        let compounds = RTCPReport(senders: [], blocks: [], from: 9, cname: "me").compounds
        #expect(compounds.count == 1)
        #expect(compounds.first?.first == .receiverReport(ReceiverReport(ssrc: 9)))
    }

    @Test func aSenderReportsWithItsOwnCounts() {
        let compounds = RTCPReport(
            senders: [1, 2].map { sender($0) }, blocks: (0..<40).map { block($0) }, from: 9, cname: "me"
        ).compounds
        #expect(compounds.flatMap(reported) == (0..<40).map { UInt32($0) })
        #expect(named(compounds[0]) == [1, 2] && named(compounds[1]) == [9])
    }

    @Test(arguments: [(0, 64), (64, 64), (64, 0), (1, 31), (31, 1), (200, 300)], [1, 32, 255])
    func noDatagramIsTooLongAndNothingIsLeftOut(counts: (senders: Int, blocks: Int), nameLength: Int) {
        let compounds = RTCPReport(
            senders: (0..<counts.senders).map { sender(UInt32($0)) },
            blocks: (0..<counts.blocks).map { block(UInt32($0)) }, from: 9,
            cname: String(repeating: "n", count: nameLength)
        ).compounds
        #expect(compounds.flatMap(reported) == (0..<counts.blocks).map { UInt32($0) })
        let reporters = compounds.flatMap { $0 }.compactMap {
            if case .senderReport(let report) = $0 { report.ssrc } else { nil }
        }
        #expect(reporters == (0..<counts.senders).map { UInt32($0) })
        for compound in compounds {
            var buffer = ByteBuffer()
            RTCPPacket.serialize(compound, into: &buffer)
            #expect(buffer.readableBytes <= RTCPPacket.maximumPlainLength)
            #expect(named(compound) == speakers(compound))
        }
    }

    @Test func aRequestForManyPacketsIsSplit() {
        let numbers = (0..<500).map { UInt16($0 * 17) }
        let parts = GenericNACK(senderSSRC: 1, mediaSSRC: 2, sequenceNumbers: numbers).parts
        #expect(parts.flatMap(\.sequenceNumbers) == numbers)
        #expect(parts.count == 2)
        for part in parts {
            var buffer = ByteBuffer()
            RTCPPacket.serialize([.nack(part)], into: &buffer)
            #expect(buffer.readableBytes <= RTCPPacket.maximumPlainLength)
        }
    }

    private func sender(_ ssrc: UInt32) -> SenderReport {
        SenderReport(ssrc: ssrc, ntpTime: 0, rtpTimestamp: 0, packetCount: 0, octetCount: 0)
    }

    /// Who reports in a compound packet.
    private func speakers(_ packets: [RTCPPacket]) -> [UInt32] {
        packets.compactMap { packet in
            switch packet {
            case .senderReport(let report): report.ssrc
            case .receiverReport(let report): report.ssrc
            default: nil
            }
        }
    }

    private func named(_ packets: [RTCPPacket]) -> [UInt32] {
        guard case .sourceDescription(let names) = packets.last else { return [] }
        return names.chunks.map(\.ssrc)
    }

    private func block(_ ssrc: UInt32) -> ReportBlock {
        ReportBlock(
            ssrc: ssrc, fractionLost: 0, cumulativeLost: 0, extendedHighestSequence: 0, jitter: 0, lastSenderReport: 0,
            delaySinceLastSenderReport: 0)
    }

    private func reported(_ packets: [RTCPPacket]) -> [UInt32] {
        packets.flatMap { packet in
            switch packet {
            case .senderReport(let report): report.reports.map(\.ssrc)
            case .receiverReport(let report): report.reports.map(\.ssrc)
            default: [UInt32]()
            }
        }
    }
}
