import NIOCore
import SansIO
import Simulation
import Testing

@testable import RTCCore

@Suite struct SCTPReceiveTests {
    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func runsOfTSNsMatchASetWhateverTheOrder(seed: UInt64) {
        var random = RandomSource.seeded(seed)
        var order = Array(Int64(10)..<300)
        for index in order.indices {
            order.swapAt(index, min(order.count - 1, index + Int.random(in: 0...20, using: &random)))
        }
        var tsns = ReceivedTSNs(initialTSN: 10)
        var seen: Set<Int64> = []
        for tsn in order {
            #expect(tsns.outcome(of: tsn) == .new, "seed \(seed)")
            tsns.insert(tsn)
            seen.insert(tsn)
            #expect(tsns.outcome(of: tsn) == .duplicate, "seed \(seed)")
            var cumulative = Int64(9)
            while seen.contains(cumulative + 1) { cumulative += 1 }
            #expect(tsns.cumulative == cumulative, "seed \(seed)")
            let covered = tsns.runs.flatMap { Array($0.start...$0.end) }
            #expect(covered == seen.filter { $0 > cumulative }.sorted(), "seed \(seed)")
        }
        #expect(tsns.cumulative == 299 && tsns.runs.isEmpty)
    }

    @Test func whatABadPeerCouldFillMemoryWithIsRefused() {
        var tsns = ReceivedTSNs(initialTSN: 0)
        #expect(tsns.outcome(of: ReceivedTSNs.maximumDistance) == .refused)
        var refused = 0
        for tsn in stride(from: Int64(1), to: 8000, by: 2) {
            if tsns.outcome(of: tsn) == .new { tsns.insert(tsn) } else { refused += 1 }
        }
        #expect(tsns.runs.count == 1024 && refused == 4000 - 1024)
        // What closes gaps is still welcome.
        #expect(tsns.outcome(of: 0) == .new && tsns.outcome(of: 2) == .new)
    }

    static func fragments(of text: String, firstTSN: UInt32, stream: UInt16 = 1, sequence: UInt16 = 0) -> [DataChunk] {
        text.enumerated().map { index, character in
            var flags: DataChunk.Flags = []
            if index == 0 { flags.insert(.beginning) }
            if index == text.count - 1 { flags.insert(.end) }
            return DataChunk(
                flags: flags, tsn: TSN(rawValue: firstTSN + UInt32(index)), stream: stream, streamSequence: sequence,
                ppid: 51, payload: ByteBuffer(string: String(character)))
        }
    }

    static func drain(_ receiver: inout SCTPReceiver) -> [String] {
        var texts: [String] = []
        while let message = receiver.popMessage() { texts.append(String(buffer: message.payload)) }
        return texts
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func fragmentsInAnyOrderMakeTheMessagesInOrder(seed: UInt64) throws {
        var random = RandomSource.seeded(seed)
        var receiver = SCTPReceiver(initialTSN: TSN(rawValue: .max - 5), options: SCTPOptions())
        var chunks: [DataChunk] = []
        var tsn = UInt32.max - 5
        let texts = ["first", "x", "the second, longer one", "third"]
        for (index, text) in texts.enumerated() {
            for var chunk in Self.fragments(of: text, firstTSN: 0, sequence: UInt16(index)) {
                chunk.tsn = TSN(rawValue: tsn)
                tsn &+= 1
                chunks.append(chunk)
            }
        }
        chunks.shuffle(using: &random)
        for chunk in chunks { #expect(try receiver.receive(chunk) == .accepted, "seed \(seed)") }
        for chunk in chunks { #expect(try receiver.receive(chunk) == .duplicate, "seed \(seed)") }
        #expect(Self.drain(&receiver) == texts, "seed \(seed)")
        // Nothing is held any more: the whole window is announced.
        #expect(receiver.makeAcknowledgement(space: 1000).advertisedWindow == 1 << 20)
    }

    @Test func aGapOnOneStreamDoesNotHoldUpAnother() throws {
        var receiver = SCTPReceiver(initialTSN: TSN(rawValue: 1), options: SCTPOptions())
        _ = try receiver.receive(Self.fragments(of: "b", firstTSN: 2, stream: 2)[0])
        #expect(Self.drain(&receiver) == ["b"])
    }

    @Test func fragmentsThatDoNotFitAreAViolation() throws {
        var receiver = SCTPReceiver(initialTSN: TSN(rawValue: 1), options: SCTPOptions())
        _ = try receiver.receive(Self.fragments(of: "ab", firstTSN: 1)[0])
        // A new message begins where the second fragment was due.
        #expect(throws: SCTPReceiver.Failure.violation(.fragmentsDoNotFit)) {
            try receiver.receive(Self.fragments(of: "cd", firstTSN: 2)[0])
        }
        var other = SCTPReceiver(initialTSN: TSN(rawValue: 1), options: SCTPOptions())
        _ = try other.receive(Self.fragments(of: "abc", firstTSN: 1)[0])
        // The fragment belongs to another stream.
        #expect(throws: SCTPReceiver.Failure.violation(.fragmentsDoNotFit)) {
            try other.receive(Self.fragments(of: "abc", firstTSN: 1, stream: 9)[1])
        }
    }

    @Test func aMessageAboveTheLimitIsAViolation() throws {
        var options = SCTPOptions()
        options.maximumReceiveMessageBytes = 4
        var receiver = SCTPReceiver(initialTSN: TSN(rawValue: 1), options: options)
        let chunks = Self.fragments(of: "12345", firstTSN: 1)
        for chunk in chunks[..<4] { _ = try receiver.receive(chunk) }
        #expect(throws: SCTPReceiver.Failure.violation(.messageTooLarge)) { try receiver.receive(chunks[4]) }
    }

    @Test func theWindowBoundsWhatIsHeldAndTheNextInLineAlwaysFits() throws {
        var options = SCTPOptions()
        options.receiveWindow = 2000
        var receiver = SCTPReceiver(initialTSN: TSN(rawValue: 0), options: options)
        let chunks = Self.fragments(of: String(repeating: "z", count: 40), firstTSN: 0)
        var dropped = 0
        for chunk in chunks[1...] where try receiver.receive(chunk) == .dropped { dropped += 1 }
        // Each one-byte fragment counts 65.
        #expect(dropped == 39 - 30)
        #expect(receiver.makeAcknowledgement(space: 1000).advertisedWindow == 50)
        #expect(try receiver.receive(chunks[0]) == .accepted)
        for chunk in chunks[31...] { #expect(try receiver.receive(chunk) == .accepted) }
        #expect(Self.drain(&receiver) == [String(repeating: "z", count: 40)])
    }

    @Test func aPeerThatNeverCompletesAnythingRunsOutOfWindow() throws {
        var options = SCTPOptions()
        options.receiveWindow = 2000
        var receiver = SCTPReceiver(initialTSN: TSN(rawValue: 0), options: options)
        #expect(throws: SCTPReceiver.Failure.windowExhausted) {
            for index in 0..<100 as Range<UInt32> {
                // Every message waits for one that is never sent.
                _ = try receiver.receive(Self.fragments(of: "m", firstTSN: index, sequence: UInt16(index + 1))[0])
            }
        }
    }

    @Test func forwardTSNDropsHalfMessagesAndLetsTheOrderGoOn() throws {
        var receiver = SCTPReceiver(initialTSN: TSN(rawValue: 0), options: SCTPOptions())
        let lost = Self.fragments(of: "abc", firstTSN: 0)
        _ = try receiver.receive(lost[0])
        _ = try receiver.receive(lost[2])
        _ = try receiver.receive(Self.fragments(of: "e", firstTSN: 4, sequence: 2)[0])
        #expect(Self.drain(&receiver).isEmpty)
        receiver.receive(
            ForwardTSNChunk(newCumulativeTSN: TSN(rawValue: 3), skipped: [.init(stream: 1, streamSequence: 1)]))
        #expect(Self.drain(&receiver) == ["e"])
        #expect(receiver.cumulativeTSN & 0xFFFF_FFFF == 4)
        #expect(receiver.makeAcknowledgement(space: 1000).advertisedWindow == 1 << 20)
        // What was given up and comes after all is a duplicate; what follows is in order.
        #expect(try receiver.receive(lost[1]) == .duplicate)
        _ = try receiver.receive(Self.fragments(of: "f", firstTSN: 5, sequence: 3)[0])
        #expect(Self.drain(&receiver) == ["f"])
    }

    @Test func everySecondPacketIsAcknowledgedAtOnceAndALoneOneLater() throws {
        var receiver = SCTPReceiver(initialTSN: TSN(rawValue: 0), options: SCTPOptions())
        let now = Instant(nanoseconds: 5)
        _ = try receiver.receive(Self.fragments(of: "a", firstTSN: 0)[0])
        receiver.packetEnded(at: now)
        #expect(!receiver.isAckDue && receiver.ackDeadline == now + .milliseconds(200))
        _ = try receiver.receive(Self.fragments(of: "b", firstTSN: 1, sequence: 1)[0])
        receiver.packetEnded(at: now)
        #expect(receiver.isAckDue)
        #expect(receiver.makeAcknowledgement(space: 1000).cumulativeTSN.rawValue == 1)
        #expect(!receiver.isAckDue && receiver.ackDeadline == nil)
        // A gap is told at once.
        _ = try receiver.receive(Self.fragments(of: "d", firstTSN: 3, sequence: 3)[0])
        receiver.packetEnded(at: now)
        #expect(receiver.isAckDue)
        #expect(receiver.makeAcknowledgement(space: 1000).gaps == [.init(start: 2, end: 2)])
    }
}
