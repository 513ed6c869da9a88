import SansIO
import Simulation
import Testing

@testable import RTCCore

@Suite struct RTCPSchedulerTests {
    @Test func reportsAreSpreadAroundTheInterval() throws {
        let seed: UInt64 = 0x5C4
        var scheduler = RTCPScheduler(interval: .seconds(1), random: .seeded(seed))
        #expect(scheduler.deadline == nil)
        #expect(scheduler.takeDue(at: .distantFuture) == false)
        scheduler.start(at: .zero)
        let first = try #require(scheduler.deadline)
        #expect(first >= .zero + .milliseconds(250) && first <= .zero + .milliseconds(750))
        scheduler.start(at: .zero + .milliseconds(100))
        #expect(scheduler.deadline == first)
        #expect(scheduler.takeDue(at: first - .nanoseconds(1)) == false)
        var now = first
        var steps: [Duration] = []
        for _ in 0..<200 {
            #expect(scheduler.takeDue(at: now) == true)
            let next = try #require(scheduler.deadline)
            steps.append(next - now)
            now = next
        }
        #expect(steps.allSatisfy { $0 >= .milliseconds(500) && $0 <= .milliseconds(1500) }, "seed \(seed)")
        #expect(Set(steps.map(\.wholeMilliseconds)).count > 50)
        scheduler.stop()
        #expect(scheduler.deadline == nil)
    }

    @Test func aReceiverReportsItsBlocksInAsManyPacketsAsTheyNeed() {
        let blocks = (0..<70).map { block(UInt32($0)) }
        let packets = RTCPPacket.report(senders: [], blocks: blocks, from: 9, cname: "me")
        #expect(packets.count == 4)
        #expect(reported(packets) == (0..<70).map { UInt32($0) })
        #expect(packets.last == .sourceDescription(SourceDescription(chunks: [.init(ssrc: 9, cname: "me")])))
    }

    @Test func aReceiverOfNothingStillReports() {
        let packets = RTCPPacket.report(senders: [], blocks: [], from: 9, cname: "me")
        #expect(packets.first == .receiverReport(ReceiverReport(ssrc: 9)))
    }

    @Test func aSenderReportsWithItsOwnCounts() {
        let senders = [1, 2].map {
            SenderReport(ssrc: $0, ntpTime: 0, rtpTimestamp: 0, packetCount: 0, octetCount: 0)
        }
        let packets = RTCPPacket.report(senders: senders, blocks: (0..<40).map { block($0) }, from: 9, cname: "me")
        #expect(packets.count == 4)
        #expect(reported(packets) == (0..<40).map { UInt32($0) })
        guard case .sourceDescription(let names) = packets.last else {
            Issue.record("\(packets)")
            return
        }
        #expect(names.chunks.map(\.ssrc) == [1, 2])
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
