import SansIO
import Simulation
import Testing

@testable import RTCCore

@Suite struct NACKTrackerTests {
    private func time(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    /// A tracker that is fed by sequence number.
    @dynamicMemberLookup
    private struct Indexed {
        private var indexer = SequenceIndexer()
        var tracker: NACKTracker

        init(configuration: NACKTracker.Configuration = .init()) {
            tracker = NACKTracker(configuration: configuration)
        }

        subscript<Value>(dynamicMember path: KeyPath<NACKTracker, Value>) -> Value { tracker[keyPath: path] }

        mutating func receive(_ numbers: UInt16..., at now: Instant) {
            for number in numbers { tracker.receive(indexer.place(number), at: now) }
        }

        mutating func takeRequests(at now: Instant) -> [UInt16] { tracker.takeRequests(at: now) }
        mutating func takeGivenUp() -> Int { tracker.takeGivenUp() }
    }

    @Test func aGapIsAskedForAfterTheReorderingDelay() {
        var tracker = Indexed()
        tracker.receive(65534, 1, at: time(0))
        #expect(tracker.deadline == time(10))
        #expect(tracker.takeRequests(at: time(9)).isEmpty)
        #expect(tracker.takeRequests(at: time(10)) == [65535, 0])
        #expect(tracker.deadline == time(110))
    }

    @Test func aPacketThatWasOnlyReorderedIsNotAskedFor() {
        var tracker = Indexed()
        tracker.receive(1, 3, at: time(0))
        #expect(tracker.pendingCount == 1)
        tracker.receive(2, at: time(2))
        #expect(tracker.deadline == nil && tracker.pendingCount == 0)
        #expect(tracker.takeRequests(at: time(100)).isEmpty)
        #expect(tracker.takeGivenUp() == 0)
    }

    @Test func requestsAreAtLeastARoundTripApart() {
        var tracker = Indexed()
        tracker.tracker.update(roundTrip: .milliseconds(250))
        tracker.receive(1, 3, at: time(0))
        #expect(tracker.takeRequests(at: time(10)) == [2])
        #expect(tracker.takeRequests(at: time(259)).isEmpty)
        #expect(tracker.takeRequests(at: time(260)) == [2])
        tracker.tracker.update(roundTrip: .zero)
        #expect(tracker.takeRequests(at: time(510)) == [2])
        #expect(tracker.deadline == time(530))
    }

    @Test func aPacketIsGivenUpAfterItsAttempts() {
        var tracker = Indexed()
        tracker.receive(1, 3, at: time(0))
        var requests = 0
        var givenUp = 0
        while let deadline = tracker.deadline, deadline < time(60_000) {
            requests += tracker.takeRequests(at: deadline).count
            givenUp += tracker.takeGivenUp()
        }
        #expect(requests == 10 && givenUp == 1 && tracker.pendingCount == 0)
    }

    @Test func aGapTooLargeIsGivenUpAtOnceWithAllThatWasMissing() {
        var tracker = Indexed()
        tracker.receive(0, 501, at: time(0))
        #expect(tracker.pendingCount == 500 && tracker.takeGivenUp() == 0)
        tracker.receive(503, at: time(0))
        #expect(tracker.pendingCount == 0 && tracker.deadline == nil)
        #expect(tracker.takeGivenUp() == 501 && tracker.takeGivenUp() == 0)
        tracker.receive(505, at: time(0))
        #expect(tracker.takeRequests(at: time(10)) == [504])
    }

    @Test func oldGapsAreGivenUp() {
        var configuration = NACKTracker.Configuration()
        configuration.maximumAge = 10
        var tracker = Indexed(configuration: configuration)
        tracker.receive(1, 3, at: time(0))
        for number in 4...12 as ClosedRange<UInt16> { tracker.receive(number, at: time(0)) }
        tracker.receive(14, at: time(0))
        #expect(tracker.takeGivenUp() == 1)
        #expect(tracker.takeRequests(at: time(10)) == [13])
    }

    @Test func aLossyStreamNeverAsksForMoreThanItsBound() {
        let seed: UInt64 = 0xAC5
        var random = RandomSource.seeded(seed)
        var tracker = Indexed()
        var requests = 0
        var number: UInt16 = 60_000
        let packets = 5000
        for step in 0..<packets {
            number &+= UInt16.random(in: 0...3, using: &random) == 0 ? UInt16.random(in: 1...40, using: &random) : 1
            let now = time(Int64(step) * 2)
            tracker.receive(number, at: now)
            if let deadline = tracker.deadline, deadline <= now {
                let due = tracker.takeRequests(at: now)
                requests += due.count
                #expect(due.count <= 500)
                #expect(Set(due).count == due.count)
            }
            #expect(tracker.pendingCount <= 500, "seed \(seed)")
        }
        #expect(requests > 1000)
    }
}
