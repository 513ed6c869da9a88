import NIOCore
import SansIO
import Simulation
import Testing

@testable import RTCCore

@Suite struct PeerConnectionDataTests {
    /// Sends `count` numbered messages from both sides, 5 ms apart, on the channel each of them knows.
    private static func exchange(
        _ count: Int, in pair: PeerPair, left: DataChannelID, right: DataChannelID
    ) throws {
        for number in 0..<count {
            try pair.left.connection.send(ByteBuffer(string: "left \(number)"), on: left, at: pair.now)
            try pair.right.connection.send(ByteBuffer(string: "right \(number)"), on: right, at: pair.now)
            pair.run(for: .milliseconds(5))
        }
    }

    /// A connected pair with one channel, opened by the left side.
    private static func connected(
        _ conditions: LinkConditions = .init(), seed: UInt64 = 1
    ) throws -> (pair: PeerPair, left: DataChannelID, right: DataChannelID) {
        let pair = try PeerPair(conditions, seed: seed)
        let left = try pair.left.connection.openDataChannel(label: "data", at: pair.now)
        try pair.negotiate()
        let isOpen = pair.run(for: .seconds(20)) { !$0.left.openedChannels.isEmpty && !$0.right.openedChannels.isEmpty }
        try #require(isOpen, "seed \(seed)\n\(pair.left.connection.diagnosis)")
        return (pair, left, try #require(pair.right.openedChannels.first?.channel))
    }

    /// How many datagrams answer eight packets of data.
    /// - Parameters:
    ///   - lost: which of them does not come.
    ///   - inOneBurst: whether all are taken before the connection is asked for outputs.
    private static func answers(without lost: Int? = nil, inOneBurst: Bool) throws -> Int {
        let (pair, left, _) = try connected()
        // What was to be acknowledged of the opening has been.
        pair.run(for: .seconds(1))
        func poll(_ connection: inout PeerConnection) -> [Datagram] {
            var datagrams: [Datagram] = []
            while let output = connection.pollOutput() {
                if case .transmit(let datagram) = output { datagrams.append(datagram) }
            }
            return datagrams
        }
        for _ in 0..<8 {
            try pair.left.connection.send(ByteBuffer(repeating: 7, count: 1000), on: left, at: pair.now)
        }
        let burst = poll(&pair.left.connection)
        try #require(burst.count == 8)
        var answers = 0
        for (number, datagram) in burst.enumerated() where number != lost {
            pair.right.connection.receive(
                datagram.turned, at: pair.now)
            if !inOneBurst { answers += poll(&pair.right.connection).count }
        }
        return answers + poll(&pair.right.connection).count
    }

    @Test("a burst of data is answered at every fourth packet and at its end, single packets one by one")
    func burstsAreAnsweredTogether() throws {
        #expect(try Self.answers(inOneBurst: true) == 2)
        #expect(try Self.answers(without: 7, inOneBurst: true) == 2)
        #expect(try Self.answers(inOneBurst: false) == 8)
    }

    @Test("where a packet of a burst is missing, every one behind it is answered")
    func gapsAreReportedAtOnce() throws {
        #expect(try Self.answers(without: 0, inOneBurst: true) == 7)
        #expect(try Self.answers(without: 4, inOneBurst: true) == 4)
    }

    @Test("channels opened before connecting, by the offerer and by the answerer, open on both sides")
    func openedBeforeConnecting() throws {
        let pair = try PeerPair()
        let ours = try pair.left.connection.openDataChannel(label: "ours", at: pair.now)
        try pair.left.connection.send(ByteBuffer(string: "early"), isBinary: false, on: ours, at: pair.now)
        let theirs = try pair.right.connection.openDataChannel(label: "theirs", ordered: false, at: pair.now)
        try pair.negotiate()
        let both = pair.run(for: .seconds(3)) {
            $0.left.openedChannels.count == 2 && $0.right.openedChannels.count == 2
        }
        #expect(both)
        #expect(Set(pair.left.openedChannels.map(\.label)) == ["ours", "theirs"])
        #expect(Set(pair.right.openedChannels.map(\.label)) == ["ours", "theirs"])
        pair.run(for: .milliseconds(100))
        #expect(pair.right.messages.map(\.text) == ["early"])
        let ids = [pair.left.connection.streamID(of: ours), pair.right.connection.streamID(of: theirs)]
        #expect(Set(ids) == [0, 1], "one side has the even stream, the other the odd one")
    }

    @Test("a channel on a running connection opens without negotiation, from either side")
    func openedAfterConnecting() throws {
        let (pair, _, _) = try Self.connected()
        let later = try pair.left.connection.openDataChannel(label: "later", at: pair.now)
        let other = try pair.right.connection.openDataChannel(label: "other", at: pair.now)
        try pair.left.connection.send(ByteBuffer(string: "to the right"), on: later, at: pair.now)
        try pair.right.connection.send(ByteBuffer(string: "to the left"), on: other, at: pair.now)
        pair.run(for: .milliseconds(200))
        #expect(Set(pair.right.openedChannels.map(\.label)) == ["data", "later", "other"])
        #expect(Set(pair.left.openedChannels.map(\.label)) == ["data", "later", "other"])
        #expect(pair.left.messages.map(\.text) == ["to the left"])
        #expect(pair.right.messages.map(\.text) == ["to the right"])
    }

    @Test("the first channel of a connection that carries only sound until then opens after a negotiation")
    func firstChannelAfterMedia() throws {
        let pair = try PeerPair()
        _ = pair.left.connection.addTransceiver(.audio, direction: .recvonly)
        try pair.negotiate()
        pair.run(for: .seconds(3)) { $0.areConnected }
        let channel = try pair.left.connection.openDataChannel(label: "late", at: pair.now)
        try pair.left.connection.send(ByteBuffer(string: "hello"), on: channel, at: pair.now)
        try pair.negotiate()
        pair.run(for: .seconds(1))
        #expect(pair.right.openedChannels.map(\.label) == ["late"])
        #expect(pair.right.messages.map(\.text) == ["hello"])
    }

    @Test(
        "10 % loss both ways loses nothing, doubles nothing and keeps the order", arguments: [11, 12, 13] as [UInt64])
    func lossyPath(seed: UInt64) throws {
        let (pair, left, right) = try Self.connected(.lossy(0.1, delay: .milliseconds(25)), seed: seed)
        try Self.exchange(400, in: pair, left: left, right: right)
        pair.run(for: .seconds(20)) { $0.left.messages.count >= 400 && $0.right.messages.count >= 400 }
        pair.run(for: .seconds(1))
        #expect(pair.right.messages.map(\.text) == (0..<400).map { "left \($0)" }, "seed \(seed)")
        #expect(pair.left.messages.map(\.text) == (0..<400).map { "right \($0)" }, "seed \(seed)")
        #expect(pair.forward.lost > 20 && pair.backward.lost > 20)
    }

    @Test("unordered messages under loss, reordering and duplication arrive once each")
    func unorderedPath() throws {
        var conditions = LinkConditions.lossy(0.1, delay: .milliseconds(25))
        conditions.reorder = 0.1
        conditions.duplication = 0.1
        let pair = try PeerPair(conditions, seed: 21)
        let channel = try pair.left.connection.openDataChannel(label: "loose", ordered: false, at: pair.now)
        try pair.negotiate()
        pair.run(for: .seconds(20)) { !$0.left.openedChannels.isEmpty }
        for number in 0..<300 {
            try pair.left.connection.send(ByteBuffer(string: "\(number)"), on: channel, at: pair.now)
            pair.run(for: .milliseconds(3))
        }
        pair.run(for: .seconds(10))
        let numbers = pair.right.messages.compactMap { Int($0.text) }
        #expect(numbers.sorted() == Array(0..<300))
        #expect(numbers != numbers.sorted(), "nothing overtook anything: the channel was ordered")
    }

    @Test("large messages cross a lossy path whole")
    func largeMessages() throws {
        let (pair, left, _) = try Self.connected(.lossy(0.05), seed: 31)
        var random = SplitMix64(seed: 31)
        let sent = (0..<10).map { _ in
            String((0..<60_000).map { _ in Character(UnicodeScalar(UInt8.random(in: 97...122, using: &random))) })
        }
        for text in sent { try pair.left.connection.send(ByteBuffer(string: text), on: left, at: pair.now) }
        pair.run(for: .seconds(60)) { $0.right.messages.count == sent.count }
        #expect(pair.right.messages.map(\.text) == sent)
        #expect(pair.left.connection.bufferedAmount(left) == 0)
        #expect(throws: PeerConnectionError.self) {
            try pair.left.connection.send(ByteBuffer(repeating: 0, count: 65_536), on: left, at: pair.now)
        }
    }

    @Test("what is sent during a blackout of 10 s arrives within a second of its end", arguments: [41, 42] as [UInt64])
    func blackout(seed: UInt64) throws {
        let (pair, left, right) = try Self.connected(seed: seed)
        pair.run(for: .seconds(2))
        pair.forward.isDown = true
        pair.backward.isDown = true
        for number in 0..<10 {
            try pair.left.connection.send(ByteBuffer(string: "left \(number)"), on: left, at: pair.now)
            try pair.right.connection.send(ByteBuffer(string: "right \(number)"), on: right, at: pair.now)
            pair.run(for: .seconds(1))
        }
        #expect(pair.left.messages.isEmpty && pair.right.messages.isEmpty)
        pair.forward.isDown = false
        pair.backward.isDown = false
        let healed = pair.now
        let delivered = pair.run(for: .seconds(30)) { $0.left.messages.count >= 10 && $0.right.messages.count >= 10 }
        #expect(delivered)
        #expect(pair.now - healed <= .seconds(1), "seed \(seed): \(pair.now - healed)")
        pair.run(for: .seconds(5))
        #expect(pair.right.messages.map(\.text) == (0..<10).map { "left \($0)" })
        #expect(pair.left.messages.map(\.text) == (0..<10).map { "right \($0)" })
    }

    @Test("closing a channel delivers what was sent before, is seen on both sides and leaves the others open")
    func closingOneChannel() throws {
        let (pair, left, right) = try Self.connected()
        let second = try pair.left.connection.openDataChannel(label: "second", at: pair.now)
        try pair.left.connection.send(ByteBuffer(string: "last words"), on: left, at: pair.now)
        pair.left.connection.closeDataChannel(left, at: pair.now)
        pair.run(for: .seconds(1))
        #expect(pair.right.messages.map(\.text) == ["last words"])
        #expect(Self.closed(pair.left) == [left] && Self.closed(pair.right) == [right])
        #expect(throws: PeerConnectionError.noSuchChannel) {
            try pair.left.connection.send(ByteBuffer(string: "too late"), on: left, at: pair.now)
        }
        try pair.left.connection.send(ByteBuffer(string: "still here"), on: second, at: pair.now)
        pair.run(for: .milliseconds(100))
        #expect(pair.right.messages.last?.text == "still here")
    }

    private static func closed(_ side: borrowing PeerPair.Side) -> [DataChannelID] {
        side.events.compactMap { if case .dataChannelClosed(let channel) = $0 { channel } else { nil } }
    }

    @Test("an association that the peer shuts down in order breaks the connection")
    func orderlyShutdown() throws {
        let (pair, left, _) = try Self.connected()
        pair.right.connection.channels.isEnding = true
        pair.right.connection.channels.data.shutdown(at: pair.now)
        pair.run(for: .seconds(2)) { $0.left.connection.state == .failed }
        #expect(pair.left.connection.state == .failed && pair.left.connection.isBroken)
        #expect(Self.closed(pair.left) == [left])
        #expect(pair.right.connection.state == .connected)
    }

    @Test("an association that the peer begins anew closes the channels of the one before")
    func restartOfTheAssociation() throws {
        let (pair, left, _) = try Self.connected()
        pair.right.connection.channels.data = DataChannels(isDTLSClient: false, random: .seeded(77))
        pair.right.connection.channels.data.connect(at: pair.now)
        pair.run(for: .seconds(2)) { !Self.closed($0.left).isEmpty }
        #expect(Self.closed(pair.left) == [left] && !pair.left.connection.isBroken)
    }

    @Test("whoever closes a connection does not call it failed")
    func closingIsNoFailure() throws {
        let (pair, _, _) = try Self.connected()
        pair.left.connection.close(at: pair.now)
        pair.run(for: .seconds(1))
        #expect(pair.left.states.last == .closed && !pair.left.states.contains(.failed))
    }

    @Test("an ICE restart under load loses nothing and doubles nothing")
    func restartWithDataFlowing() throws {
        let (pair, left, right) = try Self.connected(.lossy(0.02), seed: 51)
        try Self.exchange(50, in: pair, left: left, right: right)
        try pair.negotiate(iceRestart: true)
        try Self.exchange(200, in: pair, left: left, right: right)
        pair.run(for: .seconds(5))
        let rounds = Array(0..<50) + Array(0..<200)
        #expect(pair.right.messages.map(\.text) == rounds.map { "left \($0)" })
        #expect(pair.left.messages.map(\.text) == rounds.map { "right \($0)" })
        #expect(!pair.left.states.contains(.failed) && !pair.right.states.contains(.failed))
        #expect(pair.areConnected)
    }
}
