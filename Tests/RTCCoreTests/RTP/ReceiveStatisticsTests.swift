import SansIO
import Testing

@testable import RTCCore

@Suite struct ReceiveStatisticsTests {
    private func time(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    private func statistics() -> Indexed { Indexed() }

    /// Statistics of one source, fed by sequence number.
    @dynamicMemberLookup
    private struct Indexed {
        private var indexer = SequenceIndexer()
        private var statistics = ReceiveStatistics(ssrc: 1, clockRate: 8000)

        subscript<Value>(dynamicMember path: KeyPath<ReceiveStatistics, Value>) -> Value { statistics[keyPath: path] }

        mutating func receive(sequenceNumber: UInt16, timestamp: UInt32, at now: Instant) {
            statistics.receive(indexer.place(sequenceNumber), timestamp: timestamp, at: now)
        }

        mutating func receive(_ report: SenderReport, at now: Instant) { statistics.receive(report, at: now) }
        mutating func makeReport(at now: Instant) -> ReportBlock? { statistics.makeReport(at: now) }
    }

    private func nextBlock(of statistics: inout Indexed, at now: Instant) throws -> ReportBlock {
        let report = statistics.makeReport(at: now)
        return try #require(report)
    }

    @Test func nothingIsReportedBeforeTheFirstPacket() {
        var statistics = statistics()
        let report = statistics.makeReport(at: time(0))
        #expect(report == nil)
        #expect(statistics.packetsExpected == 0 && statistics.packetsLost == 0)
    }

    @Test func lossIsCountedByInterval() throws {
        var statistics = statistics()
        for number in [10, 11, 13, 14] as [UInt16] {
            statistics.receive(sequenceNumber: number, timestamp: 0, at: time(0))
        }
        // 10 to 14 expected, one lost: 256 / 5 = 51.
        var block = try nextBlock(of: &statistics, at: time(0))
        #expect(block.fractionLost == 51 && block.cumulativeLost == 1 && block.extendedHighestSequence == 14)
        // 15 to 18 expected, 18 only received: 3 * 256 / 4.
        statistics.receive(sequenceNumber: 18, timestamp: 0, at: time(0))
        block = try nextBlock(of: &statistics, at: time(0))
        #expect(block.fractionLost == 192 && block.cumulativeLost == 4)
        // Nothing new: nothing lost.
        block = try nextBlock(of: &statistics, at: time(0))
        #expect(block.fractionLost == 0 && block.cumulativeLost == 4)
        // The late ones make more received than expected.
        for number in [15, 16, 17] as [UInt16] {
            statistics.receive(sequenceNumber: number, timestamp: 0, at: time(0))
        }
        block = try nextBlock(of: &statistics, at: time(0))
        #expect(block.fractionLost == 0 && block.cumulativeLost == 1)
    }

    @Test func duplicatesMakeLossNegative() throws {
        var statistics = statistics()
        for number in [1, 1, 1, 2] as [UInt16] {
            statistics.receive(sequenceNumber: number, timestamp: 0, at: time(0))
        }
        let block = try nextBlock(of: &statistics, at: time(0))
        #expect(block.cumulativeLost == -2 && block.fractionLost == 0)
    }

    @Test func nearlyAllLostDoesNotOverflowTheFraction() throws {
        var statistics = statistics()
        statistics.receive(sequenceNumber: 0, timestamp: 0, at: time(0))
        _ = statistics.makeReport(at: time(0))
        statistics.receive(sequenceNumber: 2999, timestamp: 0, at: time(0))
        do {
            let block = try nextBlock(of: &statistics, at: time(0))
            #expect(block.fractionLost == 255)
        }
    }

    @Test func theSequenceNumberWrapsIntoACycle() {
        var statistics = statistics()
        statistics.receive(sequenceNumber: 65534, timestamp: 0, at: time(0))
        for number in [1, 65535] as [UInt16] {
            statistics.receive(sequenceNumber: number, timestamp: 0, at: time(0))
        }
        #expect(statistics.extendedHighestSequence == 0x1_0001)
        #expect(statistics.packetsExpected == 4 && statistics.packetsLost == 1)
    }

    @Test func oneStrayPacketIsNoRestart() {
        var statistics = statistics()
        for number in [100, 40_000, 101, 40_001] as [UInt16] {
            statistics.receive(sequenceNumber: number, timestamp: 0, at: time(0))
        }
        #expect(statistics.packetsReceived == 2 && statistics.extendedHighestSequence == 101)
    }

    @Test func twoPacketsAfterAJumpRestartTheSource() throws {
        var statistics = statistics()
        for number in Array(100..<110) + [40_000, 40_001] as [UInt16] {
            statistics.receive(sequenceNumber: number, timestamp: 0, at: time(0))
        }
        #expect(statistics.packetsExpected == 2 && statistics.packetsLost == 0)
        let block = try nextBlock(of: &statistics, at: time(0))
        #expect(block.fractionLost == 0 && block.extendedHighestSequence == 40001)
    }

    @Test func jitterFollowsTheRFC() {
        var statistics = statistics()
        // 160 units are 20 ms. Arrivals 0, 20, 50, 60 ms: transit differences 0, 80, 80 units.
        for (index, arrival) in [0, 20, 50, 60].enumerated() {
            statistics.receive(
                sequenceNumber: UInt16(index), timestamp: UInt32(index) * 160, at: time(Int64(arrival)))
        }
        // 16 J: 0, 80, then 80 + 80 - (80 + 8) / 16 = 155; J = 155 / 16.
        #expect(statistics.jitter == 9)
        // 100 equal differences of 80 units settle at 80.
        for index in 4..<400 {
            let late: Int64 = index % 2 == 0 ? 10 : 0
            statistics.receive(
                sequenceNumber: UInt16(index), timestamp: UInt32(index) * 160, at: time(Int64(index) * 20 + late))
        }
        #expect((78...81).contains(statistics.jitter))
    }

    @Test func jitterSurvivesTimestampWrapAndJumps() {
        var statistics = statistics()
        var timestamp = UInt32.max - 200
        for index in 0..<10 {
            statistics.receive(sequenceNumber: UInt16(index), timestamp: timestamp, at: time(Int64(index) * 20))
            timestamp &+= 160
        }
        #expect(statistics.jitter == 0)
        // A mute: the clock goes on while timestamps stood still, or began anew.
        statistics.receive(sequenceNumber: 10, timestamp: timestamp &+ 0x7000_0000, at: time(200))
        statistics.receive(sequenceNumber: 11, timestamp: timestamp &+ 0x7000_00A0, at: time(220))
        #expect(statistics.jitter == 0)
    }

    @Test func reorderedPacketsAreNoJitter() {
        var statistics = statistics()
        for (number, timestamp, arrival) in [(0, 0, 0), (2, 320, 40), (1, 160, 900), (3, 480, 60)]
            as [(UInt16, UInt32, Int64)]
        {
            statistics.receive(sequenceNumber: number, timestamp: timestamp, at: time(arrival))
        }
        #expect(statistics.jitter == 0)
    }

    @Test func theLastSenderReportIsEchoedWithItsAge() throws {
        var statistics = statistics()
        statistics.receive(sequenceNumber: 0, timestamp: 0, at: time(0))
        do {
            let block = try nextBlock(of: &statistics, at: time(0))
            #expect(block.lastSenderReport == 0)
        }
        let report = SenderReport(
            ssrc: 1, ntpTime: 0x1111_2222_3333_4444, rtpTimestamp: 0, packetCount: 0, octetCount: 0)
        statistics.receive(report, at: time(1000))
        let later = try nextBlock(of: &statistics, at: time(2500))
        #expect(later.lastSenderReport == 0x2222_3333)
        #expect(later.delaySinceLastSenderReport == 98304)  // 1.5 s
        // A clock that went backwards gives no delay rather than a huge one.
        do {
            let block = try nextBlock(of: &statistics, at: time(500))
            #expect(block.delaySinceLastSenderReport == 0)
        }
        do {
            let block = try nextBlock(of: &statistics, at: .distantFuture)
            #expect(block.delaySinceLastSenderReport == UInt32.max)
        }
    }
}
