import SansIO
import Testing

@testable import RTCCore

@Suite struct SendStatisticsTests {
    private let start = Instant(nanoseconds: 5_000_000_000)

    @Test func theWallClockBecomesNTPTime() {
        // 2,208,988,800 s from 1900 to 1970.
        let clock = NTPClock(unixNanoseconds: 1_500_000_000, at: start)
        #expect(clock.time(at: start) == (UInt64(2_208_988_801) << 32) + (1 << 31))
        #expect(clock.time(at: start + .milliseconds(750)) == (UInt64(2_208_988_802) << 32) + (1 << 30))
        #expect(clock.time(at: start - .milliseconds(1250)) == (UInt64(2_208_988_800) << 32) + (1 << 30))
        _ = clock.time(at: .distantFuture)
        _ = clock.time(at: Instant(nanoseconds: .min))
    }

    @Test func aReportCountsAndMovesTheTimestampOn() throws {
        let clock = NTPClock(unixNanoseconds: 0, at: start)
        var statistics = SendStatistics(ssrc: 3, clockRate: 48000)
        #expect(statistics.makeReport(clock: clock, at: start) == nil)
        statistics.sent(payloadLength: 100, timestamp: .max - 959, at: start)
        statistics.sent(payloadLength: 50, timestamp: 0, at: start + .milliseconds(20))
        let report = try #require(statistics.makeReport(clock: clock, at: start + .milliseconds(120)))
        #expect(report.ssrc == 3 && report.packetCount == 2 && report.octetCount == 150)
        #expect(report.rtpTimestamp == 4800)
        #expect(report.ntpTime == clock.time(at: start + .milliseconds(120)))
    }

    @Test func theRoundTripIsArrivalMinusReportMinusDelay() throws {
        let clock = NTPClock(unixNanoseconds: 1_700_000_000_000_000_000, at: start)
        var sender = SendStatistics(ssrc: 1, clockRate: 48000)
        var receiver = ReceiveStatistics(ssrc: 1, clockRate: 48000)
        sender.sent(payloadLength: 1, timestamp: 0, at: start)
        let report = try #require(sender.makeReport(clock: clock, at: start))
        // 30 ms there, 500 ms of holding, 40 ms back; the receiver's clock has another origin.
        receiver.receive(.newest(0, missing: 0), timestamp: 0, at: .zero)
        receiver.receive(report, at: .zero + .milliseconds(30))
        let made = receiver.makeReport(at: .zero + .milliseconds(530))
        let block = try #require(made)
        sender.receive(block, clock: clock, at: start + .milliseconds(570))
        let roundTrip = try #require(sender.roundTrip)
        #expect(abs(roundTrip.wholeNanoseconds - 70_000_000) < 50_000)
        #expect(sender.remoteReport == block)
    }

    @Test func reportsThatMakeNoSenseGiveNoRoundTrip() {
        let clock = NTPClock(unixNanoseconds: 0, at: start)
        var sender = SendStatistics(ssrc: 1, clockRate: 48000)
        var block = ReportBlock(
            ssrc: 1, fractionLost: 0, cumulativeLost: 0, extendedHighestSequence: 0, jitter: 0, lastSenderReport: 0,
            delaySinceLastSenderReport: 0)
        sender.receive(block, clock: clock, at: start)
        #expect(sender.roundTrip == nil && sender.remoteReport != nil)
        block.lastSenderReport = UInt32(truncatingIfNeeded: clock.time(at: start) >> 16)
        block.delaySinceLastSenderReport = 1000  // longer than the way took: negative
        sender.receive(block, clock: clock, at: start)
        #expect(sender.roundTrip == nil)
        block.ssrc = 2
        block.delaySinceLastSenderReport = 0
        sender.receive(block, clock: clock, at: start + .milliseconds(1))
        #expect(sender.roundTrip == nil)
    }
}
