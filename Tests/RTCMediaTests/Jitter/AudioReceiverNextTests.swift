import NIOCore
import RTCCore
import RTCMedia
import SansIO
import Simulation
import Testing

@Suite struct AudioReceiverNextTests {
    @Test(
        "units that are taken at once are those that would be queued, whatever comes",
        arguments: 1...20 as ClosedRange<UInt64>)
    func takenAtOnce(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var (queued, direct) = (AudioReceiver(), AudioReceiver())
        var now = Instant(nanoseconds: 1_000_000_000)
        var index: Int64 = 70_000
        var timestamp = UInt32.random(in: .min ... .max, using: &random)
        var (atOnce, redundantAtOnce) = (0, 0)
        for round in 0..<5000 {
            // Three packets of four follow the one before them; the others are late, lost, silent, repeated or wrong.
            switch Int.random(in: 0..<40, using: &random) {
            case 0: index += Int64.random(in: 1...3, using: &random)
            case 1: index -= Int64.random(in: 1...5, using: &random)
            case 2: timestamp &+= 960 * UInt32.random(in: 1...30, using: &random)
            case 3: timestamp &-= UInt32.random(in: 0..<2000, using: &random)
            case 4: now = now + .milliseconds(Int.random(in: 0..<3000, using: &random))
            case 5: timestamp = .random(in: .min ... .max, using: &random)
            case 6: index += SequenceIndexer.runDistance
            case 7:
                Self.mute(&queued, at: now)
                Self.mute(&direct, at: now)
            default: break
            }
            (index, timestamp, now) = (index + 1, timestamp &+ 960, now + .milliseconds(20))
            let odd = Int.random(in: 0..<30, using: &random)
            let isRedundant = odd == 2 || odd > 20
            let contents = Self.contents(odd, UInt8(truncatingIfNeeded: round))
            let media = IncomingMedia(
                ssrc: 1, timestamp: timestamp, payloadType: isRedundant ? 63 : odd == 3 ? 0 : 111, marker: odd == 4,
                index: index, arrival: now)
            queued.receive(
                payloadType: media.payloadType, index: index, timestamp: timestamp, marker: media.marker,
                payload: ByteBuffer(bytes: contents), at: now)
            var units: [String] = []
            if let unit = direct.receiveNext(media, payload: ByteBuffer(bytes: contents)) {
                atOnce += 1
                if isRedundant { redundantAtOnce += 1 }
                units.append("\(unit)")
            }
            Self.serve(&queued, at: now)
            Self.serve(&direct, at: now)
            while let unit = direct.pollOutput() { units.append("\(unit)") }
            var expected: [String] = []
            while let unit = queued.pollOutput() { expected.append("\(unit)") }
            guard units == expected, direct.deadline == queued.deadline else {
                Issue.record("round \(round) of seed \(seed): \(units), expected \(expected)")
                return
            }
        }
        #expect(direct.statistics == queued.statistics)
        #expect(atOnce > 500)
        #expect(redundantAtOnce > 100)
    }

    /// A payload: broken, plain Opus, or RED with the frame before and without one.
    private static func contents(_ odd: Int, _ round: UInt8) -> [UInt8] {
        switch odd {
        case 0: []
        case 1: [0x6F]
        case 21...25: [0xEF, 0x0F, 0x00, 0x02, 0x6F, 0x78, round &- 1, 0x78, round]
        case 26...29: [0x6F, 0x78, round]
        default: [0x78, round]
        }
    }

    private static func mute(_ receiver: inout AudioReceiver, at now: Instant) {
        receiver.setMuted(!receiver.isMuted, at: now)
    }

    private static func serve(_ receiver: inout AudioReceiver, at now: Instant) {
        if let deadline = receiver.deadline, deadline <= now { receiver.timeout(at: now) }
    }
}
