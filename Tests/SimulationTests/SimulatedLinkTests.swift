import SansIO
import Simulation
import Testing

/// What came out of a link: which packet, and when.
struct Arrival: Equatable {
    var packet: Int
    var at: Instant
}

extension SimulatedLink<Int> {
    /// Sends packets 0, 1, 2… of `bytes` bytes, one every `interval`, and takes out everything that arrives.
    mutating func play(_ count: Int, every interval: Duration = .milliseconds(20), bytes: Int = 100) -> [Arrival] {
        var arrivals: [Arrival] = []
        for packet in 0..<count {
            let now = Instant.zero + interval * packet
            send(packet, bytes: bytes, at: now)
            arrivals += drain(until: now)
        }
        return arrivals + drain()
    }

    mutating func drain(until end: Instant = .distantFuture) -> [Arrival] {
        var arrivals: [Arrival] = []
        while let now = deadline, now <= end {
            while let packet = receive(at: now) { arrivals.append(Arrival(packet: packet, at: now)) }
        }
        return arrivals
    }
}

@Suite struct SimulatedLinkTests {
    private func link(_ seed: UInt64 = 1, _ change: (inout LinkConditions) -> Void = { _ in }) -> SimulatedLink<Int> {
        var conditions = LinkConditions()
        change(&conditions)
        return SimulatedLink(conditions, seed: seed)
    }

    @Test func everythingArrivesAfterTheDelayAndNotBefore() {
        var link = link { $0.delay = .milliseconds(30) }
        link.send(7, bytes: 100, at: .zero)
        #expect(link.deadline == .zero + .milliseconds(30))
        #expect(link.receive(at: .zero + .microseconds(29_999)) == nil)
        #expect(link.receive(at: .zero + .milliseconds(30)) == 7)
        #expect(link.receive(at: .distantFuture) == nil)
        #expect(link.deadline == nil)
        #expect(link.sent == 1 && link.lost == 0)
    }

    @Test("independent losses come at their rate, and the rest arrives", arguments: 1...4 as ClosedRange<UInt64>)
    func lossRate(seed: UInt64) {
        var link = SimulatedLink<Int>(.lossy(0.1), seed: seed)
        let arrivals = link.play(20_000)
        // The standard deviation is 42.
        #expect((1_830...2_170).contains(link.lost), "seed \(seed)")
        #expect(arrivals.count == link.sent - link.lost)
        #expect(link.sent == 20_000)
    }

    @Test("bursts have their length and their share", arguments: 1...3 as ClosedRange<UInt64>)
    func bursts(seed: UInt64) {
        var link = link(seed) { $0.burst = .init(enter: 0.02, leave: 0.2, loss: 1) }
        let arrived = Set(link.play(30_000).map(\.packet))
        var runs: [Int] = []
        for packet in 0..<30_000 where !arrived.contains(packet) {
            if packet > 0, !arrived.contains(packet - 1), let last = runs.indices.last {
                runs[last] += 1
            } else {
                runs.append(1)
            }
        }
        let share = Double(link.lost) / 30_000
        let length = Double(link.lost) / Double(runs.count)
        #expect(abs(share - 0.02 / 0.22) < 0.015, "seed \(seed)")
        #expect(abs(length - 5) < 0.6, "seed \(seed)")
    }

    @Test func jitterSpreadsArrivalsWithinItsBoundAndKeepsTheirOrder() {
        var link = link {
            $0.delay = .milliseconds(10)
            $0.jitter = .milliseconds(50)
        }
        let arrivals = link.play(2_000)
        #expect(arrivals.map(\.packet) == Array(0..<2_000))
        let delays = arrivals.map { ($0.at - (.zero + .milliseconds(20) * $0.packet)).wholeMilliseconds }
        #expect(delays.allSatisfy { (10...60).contains($0) })
        #expect(delays.contains { $0 < 15 } && delays.contains { $0 > 50 })
    }

    @Test func reorderedPacketsAreOvertakenAndNoneIsLost() {
        var link = link {
            $0.reorder = 0.1
            $0.reorderDelay = .milliseconds(25)
        }
        let arrivals = link.play(2_000)
        #expect(arrivals.map(\.packet).sorted() == Array(0..<2_000))
        let late = arrivals.filter { $0.at - (.zero + .milliseconds(20) * $0.packet) == .milliseconds(35) }
        let onTime = arrivals.filter { $0.at - (.zero + .milliseconds(20) * $0.packet) == .milliseconds(10) }
        #expect((150...250).contains(late.count))
        #expect(late.count + onTime.count == 2_000)
        let overtaken = zip(arrivals, arrivals.dropFirst()).count { $0.packet > $1.packet }
        #expect(overtaken > 100)
    }

    @Test func duplicatesArriveTwiceAndAreNoLosses() {
        var link = link { $0.duplication = 0.25 }
        let arrivals = link.play(4_000)
        let copies = Dictionary(grouping: arrivals, by: \.packet).mapValues(\.count)
        #expect(copies.count == 4_000)
        #expect(copies.values.allSatisfy { $0 <= 2 })
        #expect((880...1_120).contains(arrivals.count - 4_000))
        #expect(link.lost == 0)
    }

    @Test func aBottleneckLetsOnePacketThroughAfterTheOther() {
        var link = link { $0.rate = 80_000 }
        let arrivals = link.play(3, every: .zero, bytes: 1_000)
        #expect(arrivals.map { ($0.at - .zero).wholeMilliseconds } == [110, 210, 310])
        link.send(3, bytes: 1_000, at: .zero + .seconds(1))
        #expect(link.deadline == .zero + .milliseconds(1_110))
    }

    @Test func theQueueOfABottleneckOverflows() {
        var link = link {
            $0.rate = 80_000
            $0.queueBytes = 2_000
        }
        for packet in 0..<4 { link.send(packet, bytes: 1_000, at: .zero) }
        link.send(4, bytes: 1_000, at: .zero + .milliseconds(150))
        #expect(link.drain().map(\.packet) == [0, 1, 4])
        #expect(link.lost == 2)
    }

    @Test func packetsBeyondTheLargestSizeVanish() {
        var link = link { $0.maximumPacketBytes = 1_200 }
        link.send(0, bytes: 1_201, at: .zero)
        link.send(1, bytes: 1_200, at: .zero)
        #expect(link.drain().map(\.packet) == [1])
        #expect(link.lost == 1)
    }

    @Test func aLinkThatIsDownLosesWhatIsSentButNotWhatIsUnderWay() {
        var link = link()
        link.send(0, bytes: 100, at: .zero)
        link.isDown = true
        link.send(1, bytes: 100, at: .zero)
        link.isDown = false
        link.send(2, bytes: 100, at: .zero)
        #expect(link.drain().map(\.packet) == [0, 2])
        #expect(link.lost == 1)
    }

    @Test func newConditionsHoldForLaterPackets() {
        var link = link { $0.delay = .milliseconds(10) }
        link.send(0, bytes: 100, at: .zero)
        link.conditions.delay = .milliseconds(90)
        link.send(1, bytes: 100, at: .zero)
        #expect(link.drain().map { ($0.at - .zero).wholeMilliseconds } == [10, 90])
    }

    @Test func aSeedGivesTheSameResultAgainAndAnotherOneAnother() {
        func arrivals(_ seed: UInt64) -> [Arrival] {
            var link = link(seed) {
                $0.loss = 0.05
                $0.burst = .init(enter: 0.01, leave: 0.3, loss: 0.8)
                $0.jitter = .milliseconds(30)
                $0.reorder = 0.05
                $0.duplication = 0.05
                $0.rate = 64_000
            }
            return link.play(1_000)
        }
        #expect(arrivals(5) == arrivals(5))
        #expect(arrivals(5) != arrivals(6))
    }
}

@Suite struct SeededSourceTests {
    @Test func aSeededSourceGivesTheNumbersOfItsSeed() {
        var source = RandomSource.seeded(77)
        var copy = source
        var generator = SplitMix64(seed: 77)
        let expected = [generator.next(), generator.next(), generator.next()]
        // A copy draws on: two cores that share a source do not get the same numbers.
        #expect([source.next(), copy.next(), source.next()] == expected)
        var other = RandomSource.seeded(78)
        #expect(other.next() != expected[0])
    }
}
