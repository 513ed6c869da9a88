import NIOCore
import NIOPosix
import RTCCore
import RTCNetwork
import SansIO
import Testing

@Suite struct PeerConnectionDriverTests {
    @Test func twoDriversConnectAndExchangeMessages() async throws {
        let pair = try await DriverPair.negotiated()
        #expect(try await pair.areConnected())
        #expect(try await pair.right.comes { $0.messages == ["early"] })
        try await pair.right.run { peer in
            let channel = try #require(peer.channels["chat"])
            try peer.driver.perform { connection, now in
                try connection.send(ByteBuffer(string: "answer"), isBinary: false, on: channel, at: now)
            }
        }
        #expect(try await pair.left.comes { $0.messages == ["answer"] })
        try await pair.close()
        let isClosed = try await pair.left.run { $0.states.last == .closed }
        #expect(isClosed)
    }

    @Test func mediaPacketsArriveWithTheTimeOfTheLoop() async throws {
        let pair = try await DriverPair.negotiated()
        #expect(try await pair.areConnected())
        let before = Instant.onEventLoop
        let audio = pair.audio
        try await pair.left.run { peer in
            peer.driver.perform { connection, now in
                for number in UInt16(100)..<105 {
                    let packet = OutgoingRTP(
                        payloadType: 111, marker: number == 100, sequenceNumber: number,
                        timestamp: UInt32(number) * 960, payload: ByteBuffer(string: "sound \(number)"))
                    connection.sendRTP(packet, on: audio, at: now)
                }
            }
        }
        #expect(try await pair.right.comes { $0.packets.count == 5 })
        let packets = try await pair.right.run { $0.packets }
        #expect(packets.map(\.packet.header.sequenceNumber) == Array(100..<105))
        #expect(packets.map { String(buffer: $0.packet.payload) } == (100..<105).map { "sound \($0)" })
        #expect(packets.allSatisfy { $0.kind == .audio && $0.arrival >= before && $0.arrival <= .onEventLoop })
        try await pair.close()
    }

    @Test func aClosedDriverTellsTheOtherSideAndFreesItsSockets() async throws {
        let pair = try await DriverPair.negotiated()
        #expect(try await pair.areConnected())
        let address = try #require(try await pair.left.address())
        #expect(await isFree(address, within: .zero) == false)
        try await pair.left.close()
        #expect(await isFree(address, within: .seconds(30)))
        #expect(try await pair.right.comes(within: .seconds(30)) { $0.states.last == .failed })
        try await pair.left.close()
        try await pair.right.close()
    }

    @Test func closingFromWithinAnEventTellsTheOtherSideTooAndNothingMoreComes() async throws {
        let pair = try await DriverPair.negotiated()
        #expect(try await pair.areConnected())
        #expect(try await pair.left.comes { $0.channels["chat"] != nil })
        try await pair.left.run { peer in
            peer.onEvent = { [unowned peer] event in
                if case .dataChannelMessage = event { peer.driver.close() }
            }
        }
        try await pair.right.run { peer in
            let channel = try #require(peer.channels["chat"])
            try peer.driver.perform { connection, now in
                for text in ["close", "more"] {
                    try connection.send(ByteBuffer(string: text), isBinary: false, on: channel, at: now)
                }
            }
        }
        // Without a word from the left it would take 10 s to notice.
        #expect(try await pair.right.comes(within: .seconds(30)) { $0.states.last == .failed })
        let messages = try await pair.left.run { $0.messages }
        #expect(messages == ["close"])
        let address = try #require(try await pair.left.address())
        #expect(await isFree(address, within: .seconds(30)))
        try await pair.right.close()
    }

    @Test("a driver that is dropped without being closed frees its sockets")
    func aDroppedDriverFreesItsSockets() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let held = try await loop.submit {
            NIOLoopBound(Holder(peer: try DrivenPeer(eventLoop: loop, ice: .init())), eventLoop: loop)
        }.get()
        let gathered = try await loop.flatSubmit {
            held.value.peer?.driver.gatherHostCandidates([.loopback]) ?? loop.makeSucceededFuture([])
        }.get()
        let address = try #require(gathered.first?.address)
        #expect(await !isFree(address, within: .zero))
        try await loop.submit { held.value.peer = nil }.get()
        #expect(await isFree(address, within: .seconds(30)))
    }

    @Test func aClosedDriverIsReleased() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let held = try await loop.submit {
            let peer = try DrivenPeer(eventLoop: loop, ice: .init())
            return NIOLoopBound(Holder(peer: peer), eventLoop: loop)
        }.get()
        let gathered = try await loop.flatSubmit {
            held.value.peer?.driver.gatherHostCandidates([.loopback]) ?? loop.makeSucceededFuture([])
        }.get()
        #expect(gathered.count == 1)
        try await loop.submit {
            held.value.driver = held.value.peer?.driver
            // An offer starts nothing, a description from the other side starts the timer.
            try held.value.peer?.driver.perform { connection, now in
                _ = connection.addTransceiver(.audio, direction: .sendonly, track: nil)
                _ = try connection.createOffer(at: now)
            }
            held.value.peer?.driver.close()
            held.value.peer = nil
        }.get()
        var isReleased = false
        for _ in 0..<200 where !isReleased {
            isReleased = try await loop.submit { held.value.driver == nil }.get()
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(isReleased)
    }

    @Test func droppedDatagramsKeepPeersApartUntilTheyPassAgain() async throws {
        let pair = try await DriverPair.negotiated { $0.dropsInbound = true }
        #expect(try await pair.left.comes { $0.outbound > 3 }, "checks are sent again by the timer alone")
        #expect(try await pair.left.comes { $0.inbound > 3 }, "the hook sees what comes in")
        #expect(try await pair.left.run { !$0.states.contains(.connected) })
        for peer in [pair.left, pair.right] { try await peer.run { $0.dropsInbound = false } }
        // Nothing calls into the drivers: only their timers can bring them together.
        #expect(try await pair.areConnected())
        #expect(try await pair.right.comes { $0.messages == ["early"] })
        try await pair.close()
    }

    @Test func outboundDatagramsThatAreDroppedDoNotArrive() async throws {
        let pair = try await DriverPair.negotiated()
        #expect(try await pair.areConnected())
        #expect(try await pair.left.comes { $0.channels["chat"] != nil })
        try await pair.left.run { peer in
            peer.dropsOutbound = true
            let channel = try #require(peer.channels["chat"])
            try peer.driver.perform { connection, now in
                try connection.send(ByteBuffer(string: "late"), isBinary: false, on: channel, at: now)
            }
        }
        let came = try await pair.right.comes(within: .milliseconds(300)) { $0.messages.contains("late") }
        #expect(!came)
        try await pair.left.run { $0.dropsOutbound = false }
        // SCTP's retransmission timer sends it again.
        #expect(try await pair.right.comes { $0.messages.contains("late") })
        try await pair.close()
    }

    @Test func theTimerIsSetAgainAfterEachTimeItFires() async throws {
        var ice = ICEAgent.Configuration()
        ice.consentInterval = .milliseconds(40)
        let pair = try await DriverPair.negotiated(ice: ice)
        #expect(try await pair.areConnected())
        let before = try await pair.left.run { $0.outbound }
        #expect(try await pair.left.comes(within: .seconds(30)) { $0.outbound >= before + 30 })
        try await pair.close()
        let after = try await pair.left.run { $0.outbound }
        try await Task.sleep(for: .milliseconds(200))
        let later = try await pair.left.run { $0.outbound }
        #expect(later == after)
    }

    @Test func withoutAnAddressThatCanBeBoundTheErrorNamesThoseTried() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let peer = try await loop.submit {
            NIOLoopBound(try DrivenPeer(eventLoop: loop, ice: .init()), eventLoop: loop)
        }.get()
        // TEST-NET-1 belongs to no machine.
        let foreign = try #require(IPAddress("192.0.2.1"))
        let error = await #expect(throws: DriverError.self) {
            _ = try await loop.flatSubmit { peer.value.driver.gatherHostCandidates([foreign]) }.get()
        }
        #expect(error.map { "\($0)".contains("192.0.2.1") } == true)
        let candidates = try await loop.flatSubmit {
            peer.value.driver.gatherHostCandidates([foreign, .loopback])
        }.get()
        #expect(candidates.map(\.address.ip) == [.loopback])
        try await loop.submit { peer.value.driver.close() }.get()
    }

    /// Whether a socket can be bound to the address, asked until it can or the time is over.
    private func isFree(_ address: TransportAddress, within limit: Duration) async -> Bool {
        let end = ContinuousClock.now + limit
        repeat {
            let bootstrap = DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            if let address = try? SocketAddress(address), let channel = try? await bootstrap.bind(to: address).get() {
                try? await channel.close()
                return true
            }
            try? await Task.sleep(for: .milliseconds(10))
        } while ContinuousClock.now < end
        return false
    }

    private final class Holder {
        var peer: DrivenPeer?
        weak var driver: PeerConnectionDriver?

        init(peer: DrivenPeer) { self.peer = peer }
    }
}
