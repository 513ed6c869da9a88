import CTestNetwork
import MachineWatch
import NIOCore
import NIOPosix
import RTCCore
import RTCNetwork
import SansIO
import Testing

@Suite("sockets under errors of the system")
struct LostSocketTests {
    /// A foreign address is no destination for a loopback socket (EINVAL), loopback's broadcast address is none without
    /// permission (EACCES): each is an error that closes a socket.
    @Test(
        "a candidate that cannot be sent to does not keep peers from connecting over another",
        arguments: ["10.255.1.1", "127.255.255.255"])
    func unusableCandidatesAreNoHindrance(address: String) async throws {
        let pair = try await DriverPair.negotiated(preferring: address)
        #expect(try await pair.areConnected())
        #expect(try await pair.right.comes { $0.messages == ["early"] })
        try await pair.close()
    }

    @Test("a connection goes on over the socket that replaces one closed by an error, on the same address and port")
    func aClosedSocketIsReplaced() async throws {
        let pair = try await DriverPair.negotiated()
        #expect(try await pair.areConnected())
        let before = try await pair.left.address()
        try await pair.breakRightSocket()
        // The left does not know of the answer: it still uses the old pair.
        try await Task.sleep(for: .milliseconds(300))
        for number in UInt16(0)..<1000 where try await pair.right.run({ $0.packets.isEmpty }) {
            try await pair.sendAudio(number)
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try await pair.right.run { !$0.packets.isEmpty })
        #expect(try await pair.left.address() == before)
        try await pair.close()
    }

    @Test(
        "after an interface was down for 2 s, sound is heard again within a second of its return",
        .enabled(if: test_network_is_available() != 0, "needs root, for a network of its own"))
    func anOutageOfTheInterfaceIsSurvived() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let entered = try await loop.submit { test_network_enter() }.get()
        #expect(entered == 0)
        let pair = try await DriverPair.negotiated(on: loop)
        #expect(try await pair.areConnected())
        var number: UInt16 = 0
        func speak(for duration: Duration, until isHeard: (@Sendable (DrivenPeer) -> Bool)? = nil) async throws {
            let end = ContinuousClock.now + duration
            while ContinuousClock.now < end {
                if let isHeard, try await pair.right.run(isHeard) { return }
                try await pair.sendAudio(number)
                number += 1
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        try await speak(for: .seconds(20)) { !$0.packets.isEmpty }
        let down = try await loop.submit { (test_network_set_up(0), Instant.onEventLoop) }.get()
        try await speak(for: .seconds(2))
        let machine = MachineWatch()
        let up = try await loop.submit { (test_network_set_up(1), Instant.onEventLoop) }.get()
        #expect(down.0 == 0 && up.0 == 0)
        try await speak(for: .seconds(20)) { $0.packets.contains { $0.arrival >= up.1 } }
        let arrivals = try await pair.right.run { $0.packets.map(\.arrival) }
        #expect(arrivals.contains { $0 < down.1 })
        #expect(!arrivals.contains { $0 > down.1 + .milliseconds(50) && $0 < up.1 }, "the interface was not down")
        let heard = try #require(arrivals.first { $0 >= up.1 }) - up.1
        #expect(heard < machine.allows(.seconds(1)), "\(machine.report)")
        print("heard again \(heard) after the interface's return")
        #expect(try await pair.left.run { $0.states.last } == .connected)
        try await pair.close()
        try await group.shutdownGracefully()
    }
}
