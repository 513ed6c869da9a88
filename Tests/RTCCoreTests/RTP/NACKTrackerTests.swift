import SansIO
import Simulation
import Testing

@testable import RTCCore

@Suite struct NACKTrackerTests {
    private func time(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    @Test func aGapIsAskedForAfterTheReorderingDelay() {
        var tracker = NACKTracker()
        #expect(tracker.receive(65534, at: time(0)) == .newest(missing: 0))
        #expect(tracker.receive(1, at: time(0)) == .newest(missing: 2))
        #expect(tracker.deadline == time(10))
        #expect(tracker.dueRequests(at: time(9)).requests.isEmpty)
        #expect(tracker.dueRequests(at: time(10)).requests == [65535, 0])
        #expect(tracker.deadline == time(110))
    }

    @Test func aPacketThatWasOnlyReorderedIsNotAskedFor() {
        var tracker = NACKTracker()
        tracker.receive(1, at: time(0))
        tracker.receive(3, at: time(1))
        #expect(tracker.receive(2, at: time(2)) == .recovered)
        #expect(tracker.deadline == nil)
        #expect(tracker.dueRequests(at: time(100)) == NACKTracker.Due())
        #expect(tracker.receive(2, at: time(3)) == .notMissing)
    }

    @Test func requestsAreAtLeastARoundTripApart() {
        var tracker = NACKTracker()
        tracker.update(roundTrip: .milliseconds(250))
        tracker.receive(1, at: time(0))
        tracker.receive(3, at: time(0))
        #expect(tracker.dueRequests(at: time(10)).requests == [2])
        #expect(tracker.dueRequests(at: time(259)).requests.isEmpty)
        #expect(tracker.dueRequests(at: time(260)).requests == [2])
        tracker.update(roundTrip: .zero)
        #expect(tracker.dueRequests(at: time(510)).requests == [2])
        #expect(tracker.deadline == time(530))
    }

    @Test func aPacketIsGivenUpAfterItsAttempts() {
        var tracker = NACKTracker()
        tracker.receive(1, at: time(0))
        tracker.receive(3, at: time(0))
        var requests = 0
        var abandoned = 0
        while let deadline = tracker.deadline, deadline < time(60_000) {
            let due = tracker.dueRequests(at: deadline)
            requests += due.requests.count
            abandoned += due.abandoned
        }
        #expect(requests == 10 && abandoned == 1 && tracker.pendingCount == 0)
    }

    @Test func aGapTooLargeClearsTheListAndAsksForAKeyFrame() {
        var tracker = NACKTracker()
        tracker.receive(0, at: time(0))
        #expect(tracker.receive(501, at: time(0)) == .newest(missing: 500))
        #expect(tracker.receive(503, at: time(0)) == .tooManyMissing)
        #expect(tracker.pendingCount == 0 && tracker.deadline == nil)
        #expect(tracker.receive(30000, at: time(0)) == .tooManyMissing)
        #expect(tracker.receive(30002, at: time(0)) == .newest(missing: 1))
    }

    @Test func aKeyFrameMakesWhatIsBeforeItNeedless() {
        var tracker = NACKTracker()
        for number in [1, 3, 5, 7] as [UInt16] { tracker.receive(number, at: time(0)) }
        tracker.keyFrame(at: 5)
        #expect(tracker.dueRequests(at: time(10)).requests == [6])
    }

    @Test func oldGapsAreForgotten() {
        var configuration = NACKTracker.Configuration()
        configuration.maximumAge = 10
        var tracker = NACKTracker(configuration: configuration)
        tracker.receive(1, at: time(0))
        tracker.receive(3, at: time(0))
        for number in 4...12 as ClosedRange<UInt16> { tracker.receive(number, at: time(0)) }
        tracker.receive(14, at: time(0))
        #expect(tracker.dueRequests(at: time(10)).requests == [13])
    }

    @Test(arguments: [20_000, 45_000] as [UInt16])
    func aSourceThatBeganAnewIsAskedForItsNewPackets(start: UInt16) {
        var receiver = MediaState.Receiver(
            transceiver: 0, statistics: ReceiveStatistics(ssrc: 1, clockRate: 48_000), missing: NACKTracker(),
            lastPacket: time(0), routeVersion: 0)
        func receive(_ number: UInt16) {
            receiver.receive(
                RTPHeader(marker: false, payloadType: 111, sequenceNumber: number, timestamp: 0, ssrc: 1), at: time(0))
        }
        for number in 40_000...40_010 as ClosedRange<UInt16> { receive(number) }
        for number in [start, start + 1, start + 2, start + 5] { receive(number) }
        #expect(receiver.missing?.dueRequests(at: time(10)).requests == [start + 3, start + 4])
    }

    @Test func aLossyStreamNeverAsksForMoreThanItsBound() {
        let seed: UInt64 = 0xAC5
        var random = RandomSource.seeded(seed)
        var tracker = NACKTracker()
        var requests = 0
        var number: UInt16 = 60_000
        let packets = 5000
        for step in 0..<packets {
            number &+= UInt16.random(in: 0...3, using: &random) == 0 ? UInt16.random(in: 1...40, using: &random) : 1
            let now = time(Int64(step) * 2)
            tracker.receive(number, at: now)
            if let deadline = tracker.deadline, deadline <= now {
                let due = tracker.dueRequests(at: now).requests
                requests += due.count
                #expect(due.count <= 500)
                #expect(Set(due).count == due.count)
            }
            #expect(tracker.pendingCount <= 500, "seed \(seed)")
        }
        #expect(requests > 1000)
    }
}
