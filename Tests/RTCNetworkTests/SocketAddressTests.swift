import NIOCore
import RTCCore
import RTCNetwork
import SansIO
import Testing

@Suite struct SocketAddressTests {
    @Test(
        "a transport address becomes a socket address and back",
        arguments: ["127.0.0.1", "10.255.0.1", "255.255.255.255", "::1", "2001:db8::8a2e:370:7334", "::"])
    func conversion(text: String) throws {
        for port in [0, 1, 443, 0x1234, 65_535] as [UInt16] {
            let address = TransportAddress(ip: try #require(IPAddress(text)), port: port)
            let socket = try SocketAddress(address)
            #expect(socket.ipAddress == text)
            #expect(socket.port == Int(port))
            #expect(TransportAddress(socket) == address)
        }
    }

    @Test func anAddressThatTheSystemParsedIsTheSame() throws {
        let socket = try SocketAddress(ipAddress: "fe80::1:2", port: 9)
        let address = try #require(TransportAddress(socket))
        #expect(address.ip == IPAddress("fe80::1:2") && address.port == 9)
    }

    @Test func aMappedSocketAddressIsIPv4() throws {
        let socket = try SocketAddress(ipAddress: "::ffff:192.0.2.7", port: 80)
        #expect(TransportAddress(socket)?.description == "192.0.2.7:80")
    }

    @Test func aUnixSocketHasNoTransportAddress() throws {
        #expect(TransportAddress(try SocketAddress(unixDomainSocketPath: "/tmp/s")) == nil)
    }
}

@Suite struct EventLoopTimeTests {
    @Test func instantsAndDeadlinesAgree() {
        let instant = Instant(nanoseconds: 123_456_789)
        #expect(instant.deadline == .uptimeNanoseconds(123_456_789))
        #expect(Instant(instant.deadline) == instant)
        #expect(Instant(nanoseconds: -5).deadline == .uptimeNanoseconds(0))
        #expect(Instant(NIODeadline.distantFuture) == .distantFuture)
    }

    @Test func theClockGoesForwardAndIsTheLoopsOwn() {
        let before = Instant(NIODeadline.now())
        let now = Instant.onEventLoop
        #expect(before <= now && now <= Instant(NIODeadline.now()))
    }

    @Test func theSystemsRandomnessDoesNotRepeat() {
        var source = RandomSource.system
        #expect(Set((0..<100).map { _ in source.next() }).count == 100)
    }
}

@Suite struct InterfacePolicyTests {
    @Test func chosenAddressesAreUsedWhateverElseIsSet() throws {
        let only = [IPAddress(v4: 0x0A00_0001), IPAddress.loopback]
        #expect(try InterfacePolicy(includesLoopback: false, only: only).addresses() == only)
    }

    @Test func loopbackComesLastAndOnlyWhereItIsWanted() throws {
        let all = try InterfacePolicy().addresses()
        #expect(all.contains(.loopback))
        #expect(Set(all).count == all.count)
        let order = all.map(\.isLoopback)
        #expect(order == order.sorted { !$0 && $1 })
        let without = try InterfacePolicy(includesLoopback: false).addresses()
        #expect(without == all.filter { !$0.isLoopback })
    }

    @Test func versionSixIsLeftOutUnlessWantedAndLinkLocalAlways() throws {
        let four = try InterfacePolicy().addresses()
        let both = try InterfacePolicy(includesIPv6: true).addresses()
        #expect(four.allSatisfy { $0.isV4 })
        #expect(Set(both.filter(\.isV4)) == Set(four))
        #expect(!both.contains { $0.isLinkLocal })
    }
}
