import NIOCore
import SansIO
import Simulation
import Testing

@testable import RTCCore

@Suite struct SCTPSendTests {
    @Test func streamsTakeTurnsAMessageAtATime() {
        var queue = SendQueue()
        for stream in [1, 1, 2, 2] as [UInt16] {
            queue.enqueue(
                SCTPMessage(stream: stream, ppid: 53, payload: ByteBuffer(repeating: 0, count: 15)), at: .zero)
        }
        var order: [UInt16] = []
        while let fragment = queue.next(space: 10, at: .zero) { order.append(fragment.stream) }
        #expect(order == [1, 1, 2, 2, 1, 1, 2, 2])
        #expect(queue.isEmpty && queue.bufferedBytes == 0)
    }

    @Test func messagesThatExpiredBeforeTheyWereBegunLeaveNoTrace() {
        var queue = SendQueue()
        let message = SCTPMessage(
            stream: 1, ppid: 53, payload: ByteBuffer(string: "late"), reliability: .maxLifetime(.milliseconds(10)))
        queue.enqueue(message, at: .zero)
        queue.enqueue(SCTPMessage(stream: 1, ppid: 53, payload: ByteBuffer(string: "on time")), at: .zero)
        let fragment = queue.next(space: 100, at: .zero + .milliseconds(10))
        #expect(fragment.map { String(buffer: $0.payload) } == "on time")
        // No sequence number was used up for the other.
        #expect(fragment?.streamSequence == 0)
        #expect(queue.bufferedBytes == 0)
    }

    @Test func theLowThresholdIsReportedOnceOnTheWayDown() {
        var queue = SendQueue()
        queue.setLowThreshold(10, of: 1)
        queue.enqueue(SCTPMessage(stream: 1, ppid: 53, payload: ByteBuffer(repeating: 0, count: 30)), at: .zero)
        var reports: [Int] = []
        while queue.next(space: 10, at: .zero) != nil {
            while queue.popStreamGoneLow() != nil { reports.append(queue.bufferedBytes(of: 1)) }
        }
        #expect(reports == [10])
    }

    @Test func theTimeoutFollowsTheRoundTripAndBackOffEnds() {
        var rto = RetransmissionTimeout(SCTPOptions())
        #expect(rto.current == .milliseconds(500))
        rto.measure(.milliseconds(50))
        #expect(rto.smoothed == .milliseconds(50) && rto.current == .milliseconds(400))
        for _ in 0..<20 { rto.backOff() }
        #expect(rto.current == .milliseconds(800))
        rto.resetBackoff()
        for _ in 0..<50 { rto.measure(.seconds(2)) }
        // A path that is slow by itself is not cut short.
        #expect(rto.current >= .seconds(2))
        rto.backOff()
        #expect(rto.current >= .seconds(2))
    }

    @Test func theWindowHalvesOnceALossEpisode() {
        var congestion = CongestionController(SCTPOptions())
        congestion.acknowledged(11_910, newest: 9, wasInFlight: 11_910)
        #expect(congestion.window == 2 * 11_910)
        let first = congestion.lost(5, next: 40)
        let second = congestion.lost(6, next: 44)
        #expect(first && !second && congestion.window == 11_910)
        // Acknowledgements of what was sent before the episode do not let it grow.
        congestion.acknowledged(11_910, newest: 39, wasInFlight: 11_910)
        #expect(congestion.window == 11_910)
        congestion.acknowledged(11_910, newest: 41, wasInFlight: 11_910)
        #expect(congestion.window == 11_910 + 1191)
        // A sender that has little to send does not earn a larger window.
        congestion.acknowledged(20_000, newest: 50, wasInFlight: 100)
        #expect(congestion.window == 11_910 + 1191)
        congestion.timedOut(again: false, next: 60)
        #expect(congestion.window == 1191)
    }

    @Test func theRingKeepsItsElementsWhileItGrowsAndTurns() {
        var ring = TSNRing<Int64>(first: 100)
        for tsn in 100..<110 as Range<Int64> { ring.append(tsn) }
        for _ in 0..<8 { _ = ring.popFirst() }
        ring.insert(200, at: 200)
        #expect(ring.first == 108 && ring.end == 201)
        #expect(ring[108] == 108 && ring[109] == 109 && ring[150] == nil && ring[200] == 200 && ring[201] == nil)
        #expect(ring.remove(108) == 108 && ring.remove(109) == 109)
        ring.trim(through: 150)
        #expect(ring.first == 151 && ring[200] == 200)
    }
}
