import NIOCore
import RTCMedia
import SansIO
import Simulation
import Testing

@Suite struct AudioReceiverBadInputTests {
    @Test func aNewRunOfSequenceNumbersAndTimestampsIsFollowed() {
        var sender = VirtualSender()
        var run = ReceiverRun()
        var packets = sender.frames(100)
        sender.sequenceNumber = 20_000
        sender.timestamp = 77
        packets += sender.frames(100)
        run.play(packets)
        run.expectSound()
        #expect(run.frames == Array(0..<200))
        #expect(run.receiver.statistics.lost == 0)
        #expect(run.receiver.statistics.restarts >= 1)
        #expect(run.samples("absent") == 0)
    }

    @Test func timestampsThatJumpWithoutTimePassingAreARestart() {
        for jump in [480_000_000, 0x7FFF_0000, 0xF000_0000] as [UInt32] {
            var sender = VirtualSender()
            var run = ReceiverRun()
            var packets = sender.frames(100)
            sender.timestamp &+= jump
            packets += sender.frames(100)
            run.play(packets, tail: .milliseconds(20))
            run.expectSound()
            #expect(run.frames == Array(0..<200), "jump \(jump)")
            #expect(run.receiver.statistics.restarts == 1, "jump \(jump)")
            #expect(run.samples("absent") + run.samples("discontinuous") <= 2 * 960, "jump \(jump)")
        }
    }

    @Test func oneStraySequenceNumberChangesNothing() {
        var sender = VirtualSender()
        var run = ReceiverRun()
        var packets = sender.frames(100)
        var stray = packets[50]
        stray.sequenceNumber &+= 30_000
        stray.id = 1000
        packets.insert(stray, at: 51)
        run.play(packets)
        run.expectSound()
        #expect(run.frames == Array(0..<100))
        #expect(run.receiver.statistics.restarts == 0)
    }

    @Test func emptyAndForeignPayloadsUseUpTheirNumberAndNothingElse() {
        var sender = VirtualSender()
        var run = ReceiverRun()
        var packets = sender.frames(200)
        for index in packets.indices where index % 20 == 10 {
            packets[index].payload = ByteBuffer()
            packets[index].timestamp = 0
        }
        for index in packets.indices where index % 20 == 15 {
            packets[index].payloadType = 13
            packets[index].payload = ByteBuffer(bytes: [0x40])
        }
        run.play(packets)
        run.expectSound()
        let statistics = run.receiver.statistics
        #expect(statistics.empty == 10 && statistics.otherPayloadTypes == 10)
        #expect(statistics.lost == 0 && statistics.restarts == 0)
        #expect(run.frames.count == 180)
        #expect(run.samples("discontinuous") >= 20 * 960)
    }

    @Test func brokenPayloadsAreCountedAndConcealed() {
        var sender = VirtualSender(redundancyDepth: 1)
        var run = ReceiverRun()
        var packets = sender.frames(100)
        packets[30].payload = ByteBuffer(bytes: [0xEF, 0x0F, 0x00, 0xFF, 0x6F, 0x78])
        packets[60].payload = ByteBuffer(bytes: [0x60, 0x78])
        packets[61].payload = ByteBuffer(bytes: [0x6F, 0x7B, 0x00])
        run.play(packets)
        run.expectSound()
        #expect(run.receiver.statistics.malformed == 3)
        #expect(run.frames.count == 99)
        #expect(run.receiver.statistics.lost == 1)
    }

    @Test func aConsumerThatNeverComesCostsOldUnitsAndNotMemory() {
        var sender = VirtualSender()
        var configuration = AudioReceiver.Configuration()
        configuration.maximumQueuedUnits = 100
        var receiver = AudioReceiver(configuration: configuration)
        for (index, packet) in sender.frames(5000).enumerated() {
            receiver.receive(
                payloadType: packet.payloadType, index: Int64(index), timestamp: packet.timestamp, marker: false,
                payload: packet.payload, at: packet.sentAt)
        }
        #expect(receiver.statistics.droppedUnits == 4900)
        var left: [Int] = []
        while let unit = receiver.pollOutput() {
            if case .packet(let payload) = unit.kind, let id = frameID(payload) { left.append(id) }
        }
        #expect(left == Array(4900..<5000))
    }

    /// Two blocks of 2.5 ms whose places are 128 apart, as far as the receiver holds packets.
    @Test func redundancyThatReachesFurtherBackThanPacketsAreHeldIsLeftOut() throws {
        var sender = VirtualSender()
        var run = ReceiverRun()
        run.play(sender.frames(10), tail: .zero)
        sender.sequenceNumber &+= 199
        sender.timestamp &+= 192_000
        let redundant: [UInt8] = [0xEF, 0xFF, 0x00, 0x01, 0xEF, 0x0F, 0x00, 0x01, 0x6F, 0x80, 0x80]
        var far = sender.frame()
        far.payloadType = 63
        far.payload = ByteBuffer(bytes: redundant + Array(far.payload.readableBytesView))
        run.deliver(far, at: sender.now)
        let due = try #require(run.receiver.deadline)
        run.receiver.timeout(at: due)
        run.collect(at: due)
        try #require(run.receiver.deadline.map { $0 > due } ?? true, "it is due again at once")
        sender.now = due
        run.play(sender.frames(10))
        #expect(run.frames.suffix(11) == Array(10..<21))
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func anythingAtAllMayArrive(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var receiver = AudioReceiver()
        var now = Instant(nanoseconds: 1_000_000_000)
        var position: Int64 = 0
        var sequence = Int64(UInt16.random(in: .min ... .max, using: &random))
        var timestamp = UInt32.random(in: .min ... .max, using: &random)
        for _ in 0..<5000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0: sequence &+= Int64.random(in: -100_000...200_000, using: &random)
            case 1: timestamp = .random(in: .min ... .max, using: &random)
            case 2: sequence &-= Int64.random(in: 0..<200, using: &random)
            case 3: timestamp &-= UInt32.random(in: 0..<100_000, using: &random)
            case 4: now = now + .milliseconds(Int.random(in: 0..<5000, using: &random))
            default: now = now + .milliseconds(20)
            }
            sequence &+= 1
            timestamp &+= 960
            let length = Int.random(in: 0..<40, using: &random)
            var bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            if length > 0, Bool.random(using: &random) { bytes[0] = 0x6F }
            receiver.receive(
                payloadType: [63, 111, 111, 0].randomElement(using: &random) ?? 111, index: sequence,
                timestamp: timestamp, marker: Bool.random(using: &random), payload: ByteBuffer(bytes: bytes), at: now)
            if Int.random(in: 0..<50, using: &random) == 0 { receiver.setMuted(!receiver.isMuted, at: now) }
            if let deadline = receiver.deadline, deadline <= now { receiver.timeout(at: now) }
            while let unit = receiver.pollOutput() {
                if unit.position != position || unit.duration < 0 {
                    Issue.record("unit at \(unit.position), expected \(position), seed \(seed)")
                    return
                }
                position += Int64(unit.duration)
            }
        }
    }
}
