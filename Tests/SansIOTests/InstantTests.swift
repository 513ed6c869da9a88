import SansIO
import Testing

@Suite struct InstantTests {
    private let second = Instant(nanoseconds: 1_000_000_000)

    @Test func durationsMoveAnInstantBothWays() {
        #expect(second + .milliseconds(5) == Instant(nanoseconds: 1_005_000_000))
        #expect(second - .milliseconds(5) == Instant(nanoseconds: 995_000_000))
        #expect(second + .milliseconds(-5) == second - .milliseconds(5))
        #expect(Instant.zero.advanced(by: .seconds(1)) == second)
    }

    @Test func theDifferenceOfTwoInstantsIsSigned() {
        let later = second + .microseconds(3)
        #expect(later - second == .microseconds(3))
        #expect(second - later == .microseconds(-3))
        #expect(second.duration(to: later) == .microseconds(3))
        #expect(second < later && !(later < second))
    }

    @Test func aSumBeyondTheRangeIsItsEnd() {
        let last = Instant(nanoseconds: .max - 5)
        let first = Instant(nanoseconds: .min + 5)
        #expect(last + .nanoseconds(5) == .distantFuture)
        #expect(last + .nanoseconds(6) == .distantFuture)
        #expect(first - .nanoseconds(6) == Instant(nanoseconds: .min))
        #expect(Instant.distantFuture + .seconds(Int64.max) == .distantFuture)
        #expect(first - .seconds(Int64.max) == Instant(nanoseconds: .min))
        #expect(Instant.zero + .seconds(Int64.min) == Instant(nanoseconds: .min))
    }

    @Test func aDifferenceBeyondTheRangeIsItsEnd() {
        let first = Instant(nanoseconds: .min)
        #expect(Instant.distantFuture - first == .nanoseconds(Int64.max))
        #expect(first - .distantFuture == .nanoseconds(Int64.min))
        #expect(first - .zero == .nanoseconds(Int64.min))
    }

    @Test func theEarlierOfTwoDeadlinesIgnoresNever() {
        let later = second + .seconds(1)
        #expect(earliest(second, later) == second)
        #expect(earliest(later, second) == second)
        #expect(earliest(nil, later) == later)
        #expect(earliest(later, nil) == later)
        #expect(earliest(nil, nil) == nil)
    }
}

@Suite struct DurationTests {
    @Test(
        "whole nanoseconds round towards zero and saturate",
        arguments: [
            (.zero, 0), (.nanoseconds(7), 7), (.milliseconds(-2), -2_000_000),
            (Duration(secondsComponent: 0, attosecondsComponent: 1_999_999_999), 1),
            (Duration(secondsComponent: 0, attosecondsComponent: -1_999_999_999), -1),
            (.nanoseconds(Int64.max), .max), (.nanoseconds(Int64.max) + .nanoseconds(1), .max),
            (.nanoseconds(Int64.min), .min), (.nanoseconds(Int64.min) - .nanoseconds(1), .min),
            (.seconds(Int64.max), .max), (.seconds(Int64.min), .min), (.zero - .seconds(Int64.min), .max),
            (.seconds(Int64.min) - .seconds(1), .min),
        ] as [(Duration, Int64)])
    func wholeNanoseconds(duration: Duration, nanoseconds: Int64) {
        #expect(duration.wholeNanoseconds == nanoseconds)
    }

    @Test func coarserUnitsFollowFromNanoseconds() {
        #expect(Duration.microseconds(1_999).wholeMilliseconds == 1)
        #expect(Duration.microseconds(-1_999).wholeMilliseconds == -1)
        #expect(Duration.milliseconds(250).inSeconds == 0.25)
        #expect(Duration.milliseconds(-1_500).inSeconds == -1.5)
    }

    @Test("durations are rounded for people")
    func rounded() {
        let cases: [(Duration, String)] = [
            (.zero, "0 ms"), (.nanoseconds(396_318_626), "396 ms"), (.nanoseconds(1_570_272_826), "1.6 s"),
            (.milliseconds(9_949), "9.9 s"), (.milliseconds(9_950), "10 s"), (.seconds(75), "75 s"),
            (.milliseconds(-1_250), "-1.3 s"), (.milliseconds(-20), "-20 ms"),
        ]
        for (duration, text) in cases { #expect(duration.rounded == text) }
    }
}
