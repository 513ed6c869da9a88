import RTCMedia
import SansIO
import Testing

@Suite struct MediaClockTests {
    /// Feeds packets every 20 ms whose capture is known, and returns the largest error of the estimates after a while.
    static func largestError(
        skew: Double, jitter: Int, reports: Bool, seconds: Int = 60, delay: Duration = .milliseconds(30)
    ) -> Duration {
        var clock = MediaClock()
        clock.setRoundTripTime(delay * 2)
        var random = SplitMix64(seed: 9)
        var largest = Duration.zero
        let start = Instant(nanoseconds: 5_000_000_000)
        for index in 0..<seconds * 50 {
            let captured = start + .milliseconds(20 * index)
            let timestamp = Int64(4_294_900_000) + Int64(Double(index * 960) * skew)
            let arrival = captured + delay + .milliseconds(Int.random(in: 0...jitter, using: &random))
            clock.observe(timestamp: timestamp, arrival: arrival)
            if reports, index % 150 == 0 {
                let ntp = UInt64(3_900_000_000) << 32 &+ UInt64(Double(index) * 0.02 * 4_294_967_296)
                clock.observeSenderReport(
                    ntp: ntp, rtpTimestamp: UInt32(truncatingIfNeeded: timestamp), arrival: arrival)
            }
            guard index > 600, let estimate = clock.captureInstant(ofTimestamp: timestamp) else { continue }
            let error = estimate - captured
            largest = max(largest, error < .zero ? .zero - error : error)
        }
        return largest
    }

    @Test func captureIsEstimatedThroughJitter() {
        #expect(Self.largestError(skew: 1, jitter: 80, reports: false) <= .milliseconds(3))
    }

    @Test func aClockThatIsOffIsFollowedAndReportsMakeItExact() {
        // 1 % over a window of at most 10 s.
        #expect(Self.largestError(skew: 1.01, jitter: 20, reports: false) <= .milliseconds(110))
        #expect(Self.largestError(skew: 1.01, jitter: 20, reports: true) <= .milliseconds(10))
        #expect(Self.largestError(skew: 0.99, jitter: 20, reports: true) <= .milliseconds(10))
    }

    @Test func theSendersWallClockIsInterpolatedBetweenReports() throws {
        var clock = MediaClock()
        #expect(clock.captureInstant(ofTimestamp: 0) == nil && clock.senderTime(ofTimestamp: 0) == nil)
        clock.observe(timestamp: 1000, arrival: .zero)
        clock.observeSenderReport(ntp: 77 << 32, rtpTimestamp: 1000, arrival: .zero)
        #expect(clock.senderTime(ofTimestamp: 1000 + 24_000) == 77 << 32 | 1 << 31)
        #expect(clock.senderTime(ofTimestamp: 1000 - 48_000) == 76 << 32)
    }

    @Test(arguments: [-480_000_000, 480_000_000] as [Int64])
    func timestampsThatBeginAnewAreFollowedAtOnce(jump: Int64) throws {
        var clock = MediaClock()
        for index in 0..<100 as Range<Int64> {
            let timestamp = index * 960 + (index < 50 ? 0 : jump)
            let arrival = Instant.zero + .milliseconds(20 * index)
            clock.observe(timestamp: timestamp, arrival: arrival)
            let captured = try #require(clock.captureInstant(ofTimestamp: timestamp))
            #expect(abs((captured - arrival).wholeNanoseconds) <= 1, "packet \(index)")
        }
    }

    @Test func brokenReportsAndTimestampsChangeNothing() {
        var clock = MediaClock()
        clock.observe(timestamp: 0, arrival: .zero)
        clock.observeSenderReport(ntp: 1 << 32, rtpTimestamp: 0, arrival: .zero)
        clock.observeSenderReport(ntp: 100 << 32, rtpTimestamp: 7, arrival: .zero + .seconds(10))
        #expect(clock.measuredRate == 48_000)
        clock.observeSenderReport(ntp: 0, rtpTimestamp: 48_000, arrival: .zero + .seconds(11))
        #expect(clock.measuredRate == 48_000)
        for timestamp in [Int64.min, .max] {
            clock.observe(timestamp: timestamp, arrival: .distantFuture)
            _ = clock.captureInstant(ofTimestamp: timestamp)
            _ = clock.senderTime(ofTimestamp: timestamp)
        }
    }

    @Test func mediaTimeCountsSamplesExactly() {
        #expect(MediaTime(samples: 48_000 * 3600 * 24, rate: 48_000).inSeconds == 86_400)
        #expect(MediaTime(samples: 1, rate: 48_000).nanoseconds == 20_833)
        #expect(MediaTime(samples: -1, rate: 48_000).nanoseconds == -20_834)
        #expect(MediaTime(samples: .max, rate: 48_000).nanoseconds == .max)
        #expect(MediaTime(nanoseconds: .max) + .seconds(1) == MediaTime(nanoseconds: .max))
        #expect(MediaTime(nanoseconds: 5) - MediaTime(nanoseconds: 2) == .nanoseconds(3))
    }
}
