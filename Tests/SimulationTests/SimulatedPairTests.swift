import NIOCore
import SansIO
import Simulation
import Testing

/// Sends its name every `interval`, so many times, and answers nothing.
private struct Beacon: SimulatedPeer {
    let name: String
    var interval: Duration?
    var remaining = Int.max
    var received: [String] = []
    var timeouts: [Instant] = []
    private var toSend = 0
    private(set) var deadline: Instant?

    init(_ name: String, every interval: Duration?, from start: Instant, times: Int = .max) {
        self.name = name
        self.interval = interval
        remaining = times
        deadline = interval.map { start + $0 }
    }

    mutating func receive(_ packet: ByteBuffer, at now: Instant) {
        received.append("\(String(buffer: packet))@\((now - start).wholeMilliseconds)")
    }

    mutating func timeout(at now: Instant) {
        timeouts.append(now)
        toSend += 1
        remaining -= 1
        deadline = remaining > 0 ? interval.map { now + $0 } : nil
    }

    mutating func pollTransmit(at now: Instant) -> ByteBuffer? {
        guard toSend > 0 else { return nil }
        toSend -= 1
        return ByteBuffer(string: name)
    }
}

private let start = Instant(nanoseconds: 1_000_000_000)

@Suite struct SimulatedPairTests {
    private func pair(
        _ left: Beacon, _ right: Beacon, forward: LinkConditions = .init(), backward: LinkConditions? = nil
    ) -> SimulatedPair<Beacon, Beacon> {
        SimulatedPair(left, right, forward: forward, backward: backward, seed: 3)
    }

    @Test func packetsCrossBothWaysAfterTheirDelays() {
        var pair = pair(
            Beacon("left", every: .milliseconds(20), from: start, times: 2),
            Beacon("right", every: .milliseconds(50), from: start, times: 1),
            forward: .lossy(0, delay: .milliseconds(5)), backward: .lossy(0, delay: .milliseconds(30)))
        pair.run(for: .seconds(1))
        #expect(pair.right.received == ["left@25", "left@45"])
        #expect(pair.left.received == ["right@80"])
        #expect(pair.left.timeouts == [start + .milliseconds(20), start + .milliseconds(40)])
    }

    @Test func aRunEndsAtItsLimitAndTheNextGoesOn() {
        var pair = pair(Beacon("l", every: .milliseconds(20), from: start), Beacon("r", every: nil, from: start))
        let came = pair.run(for: .milliseconds(50))
        #expect(!came)
        #expect(pair.now == start + .milliseconds(50))
        #expect(pair.right.received == ["l@30", "l@50"])
        pair.run(for: .milliseconds(50))
        #expect(pair.now == start + .milliseconds(100))
        #expect(pair.right.received == ["l@30", "l@50", "l@70", "l@90"])
    }

    @Test func aRunEndsWhenItsConditionHolds() {
        var pair = pair(Beacon("l", every: .milliseconds(20), from: start), Beacon("r", every: nil, from: start))
        let came = pair.run(for: .seconds(10)) { $0.right.received.count == 3 }
        #expect(came)
        #expect(pair.now == start + .milliseconds(70))
        let atOnce = pair.run(for: .zero) { _ in true }
        #expect(atOnce)
    }

    @Test func aQuietPairPassesTheWholeTime() {
        var pair = pair(Beacon("l", every: nil, from: start), Beacon("r", every: nil, from: start))
        let came = pair.run(for: .seconds(60))
        #expect(!came)
        #expect(pair.now == start + .seconds(60))
    }

    @Test func everyPacketPutOnALinkIsShownAlsoALostOne() {
        var pair = pair(
            Beacon("l", every: .milliseconds(20), from: start, times: 3),
            Beacon("r", every: .milliseconds(30), from: start, times: 1))
        pair.forward.isDown = true
        var seen: [String] = []
        pair.onPacket = { fromLeft, packet, at in
            seen.append("\(fromLeft) \(String(buffer: packet)) \((at - start).wholeMilliseconds)")
        }
        pair.run(for: .seconds(1))
        #expect(seen == ["true l 20", "false r 30", "true l 40", "true l 60"])
        #expect(pair.right.received.isEmpty)
        #expect(pair.forward.lost == 3 && pair.backward.lost == 0)
    }
}
