import Foundation
import MachineWatch
import NIOCore
import NIOPosix
import RTCCore
import RTCNetwork
import SansIO
import Testing

@Suite("datagrams that are read together")
struct SharedReadingTests {
    private static let beat = Duration.milliseconds(100)

    /// Two peers, the right one of which reads together, and has heard the left one speak for so long that it does.
    private func steady() async throws -> (pair: DriverPair, sent: UInt16) {
        let pair = try await DriverPair.negotiated(
            on: MultiThreadedEventLoopGroup.singleton.next(), sharedReading: Self.beat)
        #expect(try await pair.areConnected())
        var sent: UInt16 = 0
        while try await pair.right.run({ !$0.isBeating }) {
            try #require(sent < 3000, "it never begins")
            try await pair.sendAudio(sent)
            sent += 1
            try await Task.sleep(for: .milliseconds(10))
        }
        return (pair, sent)
    }

    @Test("packets come together, each with the time at which the system took it in, and none is lost")
    func soundIsReadTogether() async throws {
        let (pair, before) = try await steady()
        for number in before..<(before + 100) {
            try await pair.sendAudio(number)
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try await pair.right.comes { $0.packets.last?.packet.header.sequenceNumber == before + 99 })
        let packets = try await pair.right.run { $0.packets }
        #expect(packets.map(\.packet.header.sequenceNumber) == Array(0..<(before + 100)))
        let arrivals = packets.map(\.arrival)
        #expect(zip(arrivals, arrivals.dropFirst()).allSatisfy { $0 <= $1 })
        // Told together, they would have come together by the clock of whoever reads.
        let told = try await pair.right.run { $0.told }
        let (apart, together) = (Self.distinct(arrivals.suffix(90)), Self.distinct(told.suffix(90)))
        #expect(apart > 60, "\(apart) times of arrival in 90 packets")
        let beats = (arrivals[arrivals.count - 1] - arrivals[arrivals.count - 90]) / Self.beat
        #expect(Double(together) < beats * 1.5 + 4, "told at \(together) times in \(beats) beats")
        #expect(try await pair.right.run { $0.caughtUp } >= 3, "whoever waits for that is told")
        try await pair.close()
    }

    @Test("the next beat is told while there is one")
    func nextBeat() async throws {
        let (pair, _) = try await steady()
        let (now, next) = try await pair.right.run { peer in (Instant.onEventLoop, peer.driver.nextBeat) }
        let beat = try #require(next)
        #expect(beat > now && beat <= now + Self.beat)
        #expect(beat.nanoseconds % Self.beat.wholeNanoseconds == 0)
        #expect(try await pair.left.run { $0.driver.nextBeat } == nil, "it hears nothing")
        try await pair.right.run { $0.driver.close() }
        #expect(try await pair.right.run { $0.driver.nextBeat } == nil)
        try await pair.close()
    }

    /// Points in time that are more than 3 ms apart.
    private static func distinct(_ times: some Sequence<Instant>) -> Int {
        var (count, last) = (0, Instant.zero)
        for time in times where time - last > .milliseconds(3) { (count, last) = (count + 1, time) }
        return count
    }

    @Test("messages beside steady sound do not wait for the beat, and come when the sound has ended")
    func messagesBesideSound() async throws {
        let (pair, before) = try await steady()
        let channel = try #require(try await pair.left.run { $0.channels["chat"] })
        let isAtOnce = try await pair.right.run { peer in
            peer.onEvent = { [unowned peer] event in
                if case .dataChannelMessage = event { peer.messageBeats.append(peer.caughtUp) }
            }
            return peer.driver.tellsMediaApart
        }
        var sent = before
        var beats: [Int] = []
        for number in 0..<12 {
            beats.append(
                try await pair.together { left, right in
                    try left.driver.perform { connection, now in
                        try connection.send(ByteBuffer(string: "\(number)"), isBinary: false, on: channel, at: now)
                    }
                    return right.caughtUp
                })
            // Another time of the beat each time.
            for _ in 0..<(3 + number % 3) {
                try await pair.sendAudio(sent)
                sent += 1
                try await Task.sleep(for: .milliseconds(11))
            }
        }
        #expect(try await pair.right.comes { $0.messages.count == 13 })
        let told = try await pair.right.run { $0.messageBeats }
        let waited = zip(beats, told).count { $0 < $1 }
        #expect(isAtOnce, "Linux tells media apart")
        // What is due reads what waits as well, now and then.
        #expect(waited <= 6, "\(beats) \(told)")
        #expect(try await pair.right.comes { !$0.isBeating }, "there is no more sound")
        try await pair.left.run { peer in
            try peer.driver.perform { connection, now in
                try connection.send(ByteBuffer(string: "last"), isBinary: false, on: channel, at: now)
            }
        }
        #expect(try await pair.right.comes { $0.messages.last == "last" })
        try await pair.close()
    }

    @Test("what is due at a time finds all that came before it")
    func catchesUp() async throws {
        let (pair, before) = try await steady()
        let audio = pair.audio
        // Both are on one loop: nothing is read while this holds it.
        let counts = try await pair.together { left, right in
            // Where the machine stood still for three beats, it is over.
            guard right.isBeating else { return [Int]() }
            right.driver.catchUp()
            // More than are read at once.
            for number in 0..<100 { left.sendAudio(before + UInt16(number), on: audio) }
            let waiting = right.packets.count
            right.driver.catchUp()
            return [waiting, right.packets.count]
        }
        #expect(counts.isEmpty || counts == [Int(before), Int(before) + 100])
        if counts.isEmpty { print("skipped: the machine stood still for three beats") }
        try await pair.close()
    }

    @Test("a flood is read as it comes")
    func floods() async throws {
        let (pair, before) = try await steady()
        let audio = pair.audio
        try await pair.left.run { left in
            for number in before..<(before + 400) { left.sendAudio(number, on: audio) }
        }
        #expect(try await pair.right.comes { !$0.isBeating && $0.packets.count == Int(before) + 400 })
        try await pair.close()
    }

    @Test("a command between two beats does not change when sound came")
    func commandsLeaveArrivalsAlone() async throws {
        let (pair, before) = try await steady()
        let audio = pair.audio
        let (sent, arrival, commanded) = try await pair.together { left, right in
            right.driver.catchUp()
            let sent = Instant.onEventLoop
            left.sendAudio(before, on: audio)
            usleep(20_000)
            let commanded = right.driver.perform { _, now in now }
            right.driver.catchUp()
            return (sent, right.packets.last?.arrival, commanded)
        }
        #expect(commanded - sent >= .milliseconds(20))
        let waited = try #require(arrival) - sent
        #expect(waited < .milliseconds(20) && waited > .milliseconds(-5), "\(waited)")
        try await pair.close()
    }

    @Test("a socket that an error closes is replaced by one that is read at the beat too")
    func aReplacedSocketIsReadTogether() async throws {
        let (pair, before) = try await steady()
        try await pair.breakRightSocket()
        var sent = before
        for _ in 0..<100 {
            try await pair.sendAudio(sent)
            sent += 1
            try await Task.sleep(for: .milliseconds(10))
        }
        let count = try await pair.right.run { $0.packets.count }
        try await pair.sendAudio(sent)
        #expect(try await pair.right.comes { $0.packets.count > count })
        #expect(try await pair.right.run { $0.driver.tellsMediaApart })
        try await pair.close()
    }

    @Test("a driver that what it reads has closed reads no more of it")
    func closesWhileReading() async throws {
        let (pair, before) = try await steady()
        let audio = pair.audio
        let read = try await pair.together { left, right in
            right.driver.catchUp()
            let count = right.packets.count
            right.driver.onMedia = { [unowned right] _, _ in
                right.driver.close()
                return nil
            }
            for number in 0..<40 { left.sendAudio(before + UInt16(number), on: audio) }
            right.driver.catchUp()
            return right.packets.count - count
        }
        #expect(read == 0)
        let state = try await pair.right.run { $0.states.last }
        #expect(state == .closed)
        try await pair.close()
    }

    @Test("a driver that is closed between two beats stays closed, and says that there are no more")
    func closes() async throws {
        let (pair, _) = try await steady()
        try await pair.right.run { $0.driver.close() }
        let isBeating = try await pair.right.run { $0.isBeating }
        #expect(!isBeating)
        try await Task.sleep(for: Self.beat * 2)
        let last = try await pair.right.run { $0.states.last }
        #expect(last == .closed)
        try await pair.close()
    }
}
