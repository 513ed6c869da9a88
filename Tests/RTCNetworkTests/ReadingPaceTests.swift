import SansIO
import Testing

@testable import RTCNetwork

@Suite struct ReadingPaceTests {
    private static let start = Instant(nanoseconds: 7_000_000_000)
    private static let beat = Duration.milliseconds(60)

    /// A pace that has seen `count` packets of media, one each `spacing`.
    private func pace(_ count: Int, each spacing: Duration, interval: Duration = beat) -> ReadingPace {
        var pace = ReadingPace(interval: interval)
        for index in 0..<count { pace.receivedMedia(at: Self.start + spacing * index) }
        return pace
    }

    @Test("media that have come steadily for half a second are read together, and not before")
    func begins() {
        #expect(!pace(25, each: .milliseconds(20)).isShared)
        #expect(pace(27, each: .milliseconds(20)).isShared)
    }

    @Test("what comes less than twice a beat, or all at once, is read as it comes")
    func unsteady() {
        #expect(!pace(100, each: .milliseconds(60)).isShared)
        #expect(!pace(200, each: .microseconds(10)).isShared)
        var burst = pace(200, each: .microseconds(10))
        burst.receivedMedia(at: Self.start + .seconds(5))
        #expect(!burst.isShared, "what came seconds ago says nothing")
    }

    @Test("more than is read at once is never read together, so that it does not go to and fro")
    func tooMuch() {
        #expect(pace(180, each: .milliseconds(3)).isShared)
        #expect(!pace(600, each: .milliseconds(1)).isShared)
        #expect(!pace(1200, each: .microseconds(500)).isShared)
    }

    @Test("without an interval nothing is read together")
    func withoutInterval() { #expect(!pace(500, each: .milliseconds(5), interval: .zero).isShared) }

    @Test(
        "silence, bulk data and floods end it, and steady media begin it anew",
        arguments: [(0, 0, 3), (3, 4, 1), (32, 0, 1), (31, 1, 1)])
    func ends(_ read: (media: Int, others: Int, beats: Int)) {
        var pace = pace(27, each: .milliseconds(20))
        for _ in 0..<20 { pace.read(media: 3, others: 1) }
        #expect(pace.isShared)
        for beat in 0..<read.beats {
            #expect(pace.isShared, "after \(beat) beats")
            pace.read(media: read.media, others: read.others)
        }
        #expect(!pace.isShared)
        for index in 0..<27 { pace.receivedMedia(at: Self.start + .seconds(9) + .milliseconds(20) * index) }
        #expect(pace.isShared)
    }

    @Test("two beats without media are no silence")
    func shortPause() {
        var pace = pace(27, each: .milliseconds(20))
        for _ in 0..<10 {
            pace.read(media: 0, others: 0)
            pace.read(media: 0, others: 1)
            pace.read(media: 1, others: 0)
        }
        #expect(pace.isShared)
    }

    @Test("the beats of all connections are the same, and the next one always comes")
    func beats() {
        let (one, other) = (ReadingPace(interval: Self.beat), ReadingPace(interval: Self.beat))
        let now = Instant(nanoseconds: 600_000_000)
        #expect(one.nextBeat(after: now) == Instant(nanoseconds: 660_000_000))
        #expect(one.nextBeat(after: now - .nanoseconds(1)) == now)
        #expect(other.nextBeat(after: now + .milliseconds(59)) == one.nextBeat(after: now))
    }
}
