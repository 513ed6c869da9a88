import NIOCore
import RTCMedia
import SansIO
import Simulation
import Testing

@Suite struct AudioReceiverOrderTests {
    @Test func packetsInOrderAreReleasedTheMomentTheyCome() {
        var sender = VirtualSender()
        var run = ReceiverRun()
        var conditions = LinkConditions()
        conditions.jitter = .milliseconds(40)
        run.play(sender.frames(3000), over: conditions, seed: 7, tail: .zero)
        run.expectSound()
        #expect(run.frames.count >= 2997)
        #expect(run.receiver.statistics.longestAddedDelay == .zero)
        #expect(run.units.allSatisfy { $0.unit.arrival == $0.at })
        #expect(run.count("lost") == 0)
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func packetsReorderedByThreeComeOutInOrderAndNoneIsLost(seed: UInt64) {
        var sender = VirtualSender()
        var run = ReceiverRun()
        var conditions = LinkConditions()
        conditions.reorder = 0.05
        conditions.reorderDelay = .milliseconds(62)
        run.play(sender.frames(3000), over: conditions, seed: seed)
        run.expectSound()
        let statistics = run.receiver.statistics
        // Until the first few have shown how late they come, the wait may be a little short.
        #expect(statistics.lost <= 3, "seed \(seed)")
        #expect(statistics.reordered > 100, "seed \(seed)")
        #expect(statistics.patience >= .milliseconds(50))
        #expect(statistics.longestAddedDelay <= .milliseconds(150))
        #expect(run.frames.count == 3000 - statistics.lost, "seed \(seed)")
    }

    @Test func duplicatesAreCountedAndDropped() {
        var sender = VirtualSender()
        var run = ReceiverRun()
        var conditions = LinkConditions()
        conditions.duplication = 0.5
        conditions.jitter = .milliseconds(30)
        run.play(sender.frames(1000), over: conditions, seed: 3)
        run.expectSound()
        #expect(run.frames == Array(0..<1000))
        #expect(run.receiver.statistics.duplicates > 400)
        #expect(run.receiver.statistics.lost == 0)
    }

    @Test func aBurstOfOneSecondAfterAStallIsAllReleasedAtOnce() {
        var sender = VirtualSender()
        var run = ReceiverRun()
        run.play(sender.frames(100), tail: .milliseconds(15))
        let stalled = sender.frames(50)
        let release = sender.now
        run.play(
            stalled.map { packet in
                var packet = packet
                packet.sentAt = release
                return packet
            } + sender.frames(100))
        run.expectSound()
        #expect(run.frames == Array(0..<250))
        #expect(run.receiver.statistics.longestAddedDelay == .zero)
        #expect(run.receiver.statistics.lost == 0)
    }

    @Test func soundThatComesAfterItsSilenceFollowsItAndTheNextGapMakesUpForIt() {
        var sender = VirtualSender()
        var run = ReceiverRun()
        run.play(sender.frames(100), tail: .milliseconds(15))
        let stalled = sender.frames(40)
        let release = sender.now
        let late = stalled.map { packet in
            var packet = packet
            packet.sentAt = release
            return packet
        }
        run.play(late + sender.frames(50) + sender.silence(seconds: 3) + sender.frames(50))
        run.expectSound()
        guard let last = run.units.last(where: { $0.unit.kindName == "packet" })?.unit else {
            Issue.record("nothing came out")
            return
        }
        // The sender's own time from the first to the last frame, on the timeline again after the silent gap.
        #expect(abs(last.position - (last.rtpTimestamp - 4_294_900_000)) <= 120)
    }

    @Test func aSequenceNumberThatAForwarderSkippedDelaysNothing() {
        var sender = VirtualSender()
        var run = ReceiverRun()
        var packets = sender.frames(50)
        sender.sequenceNumber &+= 3
        packets += sender.frames(50)
        run.play(packets)
        run.expectSound()
        #expect(run.frames == Array(0..<100))
        #expect(run.receiver.statistics.longestAddedDelay == .zero)
        #expect(run.receiver.statistics.lost == 0)
    }

    @Test(arguments: [0.98, 1.02])
    func anHourOfASenderWhoseClockIsOffKeepsTheTimelineAndAddsNoDelay(skew: Double) {
        var sender = VirtualSender()
        sender.clockSkew = skew
        var run = ReceiverRun()
        var packets: [WirePacket] = []
        for _ in 0..<360 { packets += sender.frames(250) + sender.silence(seconds: 5) }
        var conditions = LinkConditions()
        conditions.jitter = .milliseconds(20)
        run.play(packets, over: conditions, seed: 11)
        run.expectSound()
        let statistics = run.receiver.statistics
        #expect(statistics.longestAddedDelay == .zero)
        #expect(statistics.lost == 0 && statistics.restarts == 0 && statistics.absentSamples == 0)
        guard let last = run.units.last(where: { $0.unit.kindName == "packet" })?.unit else { return }
        // Never further from the sender's time than the silence clock may err within one gap.
        #expect(abs(last.position - (last.rtpTimestamp - 4_294_900_000)) < 4800)
    }

    @Test func framesOfTenTwentyAndSixtyMillisecondsFollowEachOther() {
        var sender = VirtualSender()
        var run = ReceiverRun()
        var packets = sender.frames(20)
        for (contents, duration) in [(0x70, 480), (0x58, 2880), (0xFC, 960), (0x79, 1920)] as [(UInt8, UInt32)] {
            sender.contents = contents
            sender.frameDuration = duration
            packets += sender.frames(20)
        }
        run.play(packets, tail: .zero)
        run.expectSound()
        #expect(run.samples("packet") == 20 * (960 + 480 + 2880 + 960 + 1920) - run.unitsOnTheWay(of: packets, 1920))
        #expect(run.samples("discontinuous") == 0)
    }
}

extension ReceiverRun {
    /// Samples of the packets that the link still holds when a run ends without a tail.
    func unitsOnTheWay(of packets: [WirePacket], _ duration: Int) -> Int { (packets.count - arrived.count) * duration }
}
