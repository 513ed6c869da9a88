import NIOCore
import RTCMedia
import SansIO
import Simulation
import Testing

@Suite struct AudioReceiverLossTests {
    static let paths: [(name: String, conditions: LinkConditions)] = {
        var paths: [(String, LinkConditions)] = [0, 0.01, 0.05, 0.2].map { ("random \($0)", .lossy($0)) }
        for (enter, leave) in [(0.003, 0.3), (0.02, 0.4), (0.1, 0.4)] {
            var conditions = LinkConditions()
            conditions.burst = .init(enter: enter, leave: leave, loss: 1)
            paths.append(("bursts \(enter)/\(leave)", conditions))
        }
        return paths
    }()

    @Test(arguments: 0..<7, [0, 1, 2, 3])
    func everyFrameThatItsPacketOrALaterOneBringsComesOutOnce(path: Int, depth: Int) {
        let (name, conditions) = Self.paths[path]
        let seed = UInt64(100 + path * 10 + depth)
        var sender = VirtualSender(redundancyDepth: depth)
        var run = ReceiverRun()
        run.play(sender.frames(4000), over: conditions, seed: seed)
        run.expectSound()
        guard let first = run.arrived.min(), let last = run.arrived.max() else { return }
        // What can be had: a frame whose packet arrived, or one of the `depth` packets after it.
        let expected = (first...last).filter { id in (id...(id + depth)).contains { run.arrived.contains($0) } }
        #expect(run.frames == expected, "\(name), depth \(depth), seed \(seed)")
        let statistics = run.receiver.statistics
        #expect(statistics.lost == last - first + 1 - expected.count, "\(name), depth \(depth), seed \(seed)")
        #expect(statistics.recoveredByRedundancy == expected.count - run.arrived.count)
        #expect(statistics.late == 0)
    }

    @Test("a sender that marks every packet, as aiortc does, does not make loss look like silence")
    func markersOnEveryPacketMeanNothing() {
        var sender = VirtualSender()
        var run = ReceiverRun()
        var packets = sender.frames(500)
        for index in packets.indices { packets[index].marker = true }
        run.play(packets, tail: .milliseconds(20)) { $0.id % 10 == 5 }
        run.expectSound()
        #expect(run.receiver.statistics.lost == 50)
        #expect(run.samples("lost") == 50 * 960 && run.samples("discontinuous") == 0)
    }

    @Test func isolatedLossWithRedundancyAddsNoDelayToThePacketThatBringsIt() {
        var sender = VirtualSender(redundancyDepth: 1)
        var run = ReceiverRun()
        run.play(sender.frames(500)) { $0.id % 10 == 5 }
        run.expectSound()
        #expect(run.frames == Array(0..<500))
        #expect(run.receiver.statistics.longestAddedDelay == .zero)
        #expect(run.receiver.statistics.recoveredByRedundancy == 50)
        #expect(run.count("lost") == 0)
    }

    @Test func onAPathThatOnlyLosesTheWaitShrinksToItsMinimum() {
        var sender = VirtualSender()
        var run = ReceiverRun()
        run.play(sender.frames(2000), over: .lossy(0.05), seed: 21)
        run.expectSound()
        #expect(run.receiver.statistics.patience == .milliseconds(20))
    }

    @Test func forwardErrorCorrectionTakesExactlyTheLastMissingFrame() throws {
        var sender = VirtualSender()
        sender.flags = 0x40
        var run = ReceiverRun()
        run.play(sender.frames(100)) { (40...42).contains($0.id) || $0.id == 60 }
        run.expectSound()
        let kinds = run.units.map(\.unit.kindName)
        #expect(kinds.filter { $0 == "fec" }.count == 2)
        #expect(kinds.filter { $0 == "lost" }.count == 2)
        let index = try #require(kinds.firstIndex(of: "fec"))
        try #require(index > 1 && index + 1 < kinds.count)
        #expect(Array(kinds[(index - 2)...(index + 1)]) == ["lost", "lost", "fec", "packet"])
        guard case .forwardErrorCorrection(let next) = run.units[index].unit.kind else {
            Issue.record("\(run.units[index].unit.kind)")
            return
        }
        #expect(frameID(next) == 43)
        #expect(run.units[index].unit.duration == 960)
        #expect(run.receiver.statistics.recoveredByForwardErrorCorrection == 2)
        #expect(run.receiver.statistics.lost == 4)
    }

    @Test func withoutItsFlagThereIsNoForwardErrorCorrection() {
        var sender = VirtualSender()
        var run = ReceiverRun()
        run.play(sender.frames(100)) { $0.id == 40 }
        #expect(run.count("fec") == 0 && run.count("lost") == 1)
        var celt = VirtualSender()
        celt.contents = 0xF8
        celt.flags = 0x40
        run = ReceiverRun()
        run.play(celt.frames(100)) { $0.id == 40 }
        #expect(run.count("fec") == 0 && run.count("lost") == 1)
    }

    @Test func aPacketThatComesAfterItWasConcealedIsDroppedAndTeachesPatience() {
        var sender = VirtualSender()
        var run = ReceiverRun()
        var conditions = LinkConditions()
        conditions.reorder = 0.05
        conditions.reorderDelay = .milliseconds(125)
        run.play(sender.frames(2000), over: conditions, seed: 5)
        run.expectSound()
        let statistics = run.receiver.statistics
        #expect(statistics.late > 0 && statistics.late <= 12)
        #expect(statistics.lost == statistics.late)
        #expect(statistics.patience >= .milliseconds(100))
    }

    @Test func whereLostPacketsAreSentAgainTheRoundTripIsWaitedFor() {
        var configuration = AudioReceiver.Configuration()
        configuration.expectsRetransmission = true
        configuration.initialPatience = .milliseconds(30)
        var receiver = AudioReceiver(configuration: configuration)
        receiver.setRoundTripTime(.milliseconds(80))
        #expect(receiver.statistics.patience == .milliseconds(110))
        receiver.setRoundTripTime(.milliseconds(400))
        #expect(receiver.statistics.patience == .milliseconds(30))
        var unaware = AudioReceiver()
        unaware.setRoundTripTime(.milliseconds(80))
        #expect(unaware.statistics.patience == .milliseconds(60))
    }

    @Test func aBlackoutOfTenSecondsIsAbsenceAndTheNextPacketComesOutAtOnce() {
        var sender = VirtualSender(redundancyDepth: 1)
        var run = ReceiverRun()
        let packets = sender.frames(1000)
        run.play(packets) { (200..<700).contains($0.id) }
        run.expectSound()
        #expect(run.frames == Array(0..<200) + Array(699..<1000))
        #expect(run.receiver.statistics.longestAddedDelay == .zero)
        #expect(run.receiver.statistics.lost == 499)
        #expect(run.count("absenceBegan") == 1)
        let gap = run.samples("discontinuous") + run.samples("absent") + run.samples("lost")
        #expect(gap > 499 * 960 && run.samples("absent") >= 7 * 48_000)
    }
}
