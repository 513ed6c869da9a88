import NIOCore
import RTCMedia
import SansIO
import Simulation
import Testing

@Suite struct AudioReceiverSilenceTests {
    @Test func discontinuousTransmissionIsSilenceAndNotLoss() {
        var sender = VirtualSender(redundancyDepth: 1)
        var run = ReceiverRun()
        let packets = sender.frames(100) + sender.silence(seconds: 60) + sender.frames(100)
        var conditions = LinkConditions()
        conditions.jitter = .milliseconds(30)
        run.play(packets, over: conditions, seed: 2, tail: .milliseconds(50))
        run.expectSound()
        let statistics = run.receiver.statistics
        #expect(statistics.lost == 0 && statistics.concealedSamples == 0 && statistics.absentSamples == 0)
        #expect(statistics.discontinuousGaps > 130)
        #expect(statistics.longestAddedDelay == .zero)
        // Refreshes say nothing about queueing, so silence does not make the silence clock slower.
        #expect(statistics.silencePatience <= .milliseconds(60))
        guard let last = run.units.last(where: { $0.unit.kindName == "packet" })?.unit else { return }
        #expect(abs(last.position - (last.rtpTimestamp - 4_294_900_000)) <= 120)
    }

    @Test func whileNothingArrivesSilenceIsHandedOutInTimeAndThenAbsenceIsSaid() {
        var sender = VirtualSender()
        var run = ReceiverRun()
        let packets = sender.frames(100)
        run.play(packets, tail: .seconds(30))
        run.expectSound()
        #expect(run.samples("discontinuous") == 96_000)
        #expect(run.count("absenceBegan") == 1)
        #expect(run.receiver.deadline == nil)
        let firstSilence = run.units.first { $0.unit.kindName == "discontinuous" }
        guard let firstSilence, let last = packets.last else { return }
        // The packet after the last was due 20 ms after it; a granule of 60 ms and the patience of 60 ms follow.
        let wait = firstSilence.at - (last.sentAt + .milliseconds(10))
        #expect(wait >= .milliseconds(120) && wait <= .milliseconds(190), "\(wait)")
        #expect(firstSilence.unit.duration == 2880)
    }

    @Test func minutesOfMuteAreMarkedAbsentAndNotExpanded() {
        var sender = VirtualSender()
        var run = ReceiverRun()
        run.play(sender.frames(100), tail: .milliseconds(20))
        run.receiver.setMuted(true, at: sender.now)
        sender.pass(samples: 48_000 * 180)
        run.receiver.timeout(at: sender.now)
        run.receiver.setMuted(false, at: sender.now)
        run.play(sender.frames(100), tail: .milliseconds(20))
        run.expectSound()
        #expect(run.frames.count >= 199)
        #expect(run.samples("discontinuous") == 0)
        #expect(run.samples("absent") == 48_000 * 180)
        #expect(run.receiver.statistics.lost == 0)
    }

    @Test func packetsMissingAroundAMuteAreNotLoss() {
        var sender = VirtualSender()
        var run = ReceiverRun()
        run.play(sender.frames(100), tail: .milliseconds(20))
        run.receiver.setMuted(true, at: sender.now)
        _ = sender.frames(20)
        sender.pass(samples: 48_000 * 30)
        run.receiver.setMuted(false, at: sender.now)
        run.play(sender.frames(100), tail: .milliseconds(20))
        run.expectSound()
        #expect(run.receiver.statistics.lost == 0)
        #expect(run.receiver.statistics.longestAddedDelay == .zero)
        #expect(run.count("lost") == 0)
    }

    @Test func aSenderWhoseTimestampsStandStillWhileMutedGetsTheMuteOntoTheTimeline() {
        var sender = VirtualSender()
        var run = ReceiverRun()
        run.play(sender.frames(100), tail: .milliseconds(20))
        run.receiver.setMuted(true, at: sender.now)
        sender.now = sender.now + .seconds(60)
        run.receiver.setMuted(false, at: sender.now)
        run.play(sender.frames(100), tail: .milliseconds(20))
        run.expectSound()
        #expect(abs(run.samples("absent") - 48_000 * 60) <= 2 * 960)
    }

    @Test func theServersSilenceFramesAfterAMuteAreAllTakenAsTheyCome() {
        // As captured: the first repeats the timestamp before it, the second jumps, the others step by 961.
        var sender = VirtualSender()
        var run = ReceiverRun()
        var packets = sender.frames(100)
        sender.timestamp &-= 960
        sender.contents = 0xF8
        for step in [0, 4726, 1, 1, 252, 1, 53, 1] as [UInt32] {
            sender.timestamp &+= step
            var blank = sender.frame()
            blank.marker = true
            packets.append(blank)
        }
        run.play(packets, tail: .milliseconds(20))
        run.expectSound()
        #expect(run.frames == Array(0..<108))
        #expect(run.receiver.statistics.lost == 0 && run.receiver.statistics.restarts == 0)
    }

    @Test func aMarkerEndsASilenceWhoseLastPacketsWereLost() {
        var sender = VirtualSender()
        var run = ReceiverRun()
        var packets = sender.frames(100)
        sender.pass(samples: 4800)
        packets += sender.frames(2)
        var spurt = sender.frame()
        spurt.marker = true
        packets.append(spurt)
        packets += sender.frames(50)
        run.play(packets, tail: .milliseconds(20)) { [100, 101].contains($0.id) }
        run.expectSound()
        #expect(run.count("lost") == 0)
        #expect(run.receiver.statistics.lost == 2)
        #expect(run.samples("discontinuous") == 4800 + 2 * 960)
    }

    @Test func silenceOverALossyPathKeepsTheTimeBase() {
        for seed in 1...5 as ClosedRange<UInt64> {
            var sender = VirtualSender(redundancyDepth: 1)
            var run = ReceiverRun()
            let packets = sender.frames(100) + sender.silence(seconds: 60) + sender.frames(100)
            run.play(packets, over: .lossy(0.2), seed: seed, tail: .milliseconds(50))
            run.expectSound()
            guard let last = run.units.last(where: { $0.unit.kindName == "packet" })?.unit,
                let first = run.units.first?.unit
            else { continue }
            let drift = last.position - (last.rtpTimestamp - first.rtpTimestamp)
            #expect(abs(drift) <= 120, "seed \(seed)")
            #expect(run.receiver.statistics.absentSamples == 0, "seed \(seed)")
        }
    }
}
