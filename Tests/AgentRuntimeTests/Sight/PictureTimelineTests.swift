import SansIO
import Testing

@testable import AgentRuntime

@Suite struct PictureTimelineTests {
    private func instant(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    @Test("a picture keeps its time where its way took longer than that of others")
    func jitter() {
        var timeline = PictureTimeline()
        for index in 0..<50 as Range<Int64> {
            let late = index * 37 % 90
            let time = timeline.instant(rtpTimestamp: 18_000 * index, arrival: instant(1000 + 200 * index + late))
            #expect(time == instant(1000 + 200 * index), "\(index)")
        }
    }

    @Test("timestamps that begin anew, forwards or back, begin a new timeline")
    func jumps() {
        var timeline = PictureTimeline()
        #expect(timeline.instant(rtpTimestamp: 9_000_000, arrival: instant(1000)) == instant(1000))
        #expect(timeline.instant(rtpTimestamp: 9_000, arrival: instant(1200)) == instant(1200))
        #expect(timeline.instant(rtpTimestamp: 27_000, arrival: instant(1400)) == instant(1400))
        #expect(timeline.instant(rtpTimestamp: 900_000_000_000, arrival: instant(1600)) == instant(1600))
    }

    @Test("each picture is later than the one before, whatever a sender says, and none is in the future")
    func monotonic() {
        var timeline = PictureTimeline()
        var last = Instant(nanoseconds: -1)
        let timestamps: [Int64] = [0, 0, 5, .max, .min, -1, 1 << 62, 0, 90_000, 45_000, 1 << 44, (1 << 44) - 1]
        for (index, timestamp) in timestamps.enumerated() {
            let arrival = instant(10_000 + 100 * Int64(index))
            let time = timeline.instant(rtpTimestamp: timestamp, arrival: arrival)
            #expect(time > last && time <= arrival, "\(timestamp)")
            last = time
        }
    }
}

@Suite struct PicturePaceTests {
    /// How many of a camera's pictures are looked at in ten seconds.
    private func looked(rate: Double, of camera: Double) -> Int {
        var pace = PicturePace(rate: rate)
        var count = 0
        for index in 0..<Int(10 * camera) {
            let time = Instant(nanoseconds: Int64(Double(index) / camera * 1e9))
            guard pace.isDue(at: time) else { continue }
            pace.looked(at: time)
            count += 1
        }
        return count
    }

    @Test(
        "so many are looked at as are wanted, and all where fewer come",
        arguments: [
            (5.0, 30.0, 50), (5, 15, 50), (5, 10, 50), (5, 7.5, 50), (5, 6, 50), (5, 5, 50), (5, 2, 20), (4, 15, 40),
        ])
    func rates(_ rate: Double, _ camera: Double, _ wanted: Int) {
        #expect(abs(looked(rate: rate, of: camera) - wanted) <= 2, "\(looked(rate: rate, of: camera))")
    }

    @Test("what a camera did not show is not made good for")
    func stall() {
        var pace = PicturePace(rate: 5)
        pace.looked(at: .zero)
        let later = Instant(nanoseconds: 60_000_000_000)
        #expect(pace.isDue(at: later))
        pace.looked(at: later)
        #expect(!pace.isDue(at: later + .milliseconds(90)))
    }
}
