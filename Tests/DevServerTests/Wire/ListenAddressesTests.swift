import RTCCore
import Testing

@testable import DevServer

@Suite struct ListenAddressesTests {
    private let loopback = IPAddress.loopback
    private let lan = IPAddress("192.168.1.7") ?? .loopback
    private let v6 = IPAddress("2001:db8::7") ?? .loopback

    private func addresses(_ host: String) throws -> ListenAddresses {
        try ListenAddresses(host: host) { [lan, v6, loopback] }
    }

    @Test("loopback is what clients are told; media goes by the machine's other addresses too, for Firefox")
    func loopbackAddress() throws {
        let own = try addresses("127.0.0.1")
        #expect(own.media == [loopback, lan] && own.mediaOnly == [lan] && own.host == "127.0.0.1" && !own.isOpen)
        let named = try addresses("localhost")
        #expect(named.media.first?.isLoopback == true && named.host == "localhost" && !named.isOpen)
        let six = try addresses("::1")
        #expect(six.media.map(\.isLoopback) == [true, false] && six.mediaOnly == [v6] && six.host == "[::1]")
    }

    @Test("without a network, or without word of it, media goes by loopback")
    func noNetwork() throws {
        struct Unknown: Error {}
        #expect(try ListenAddresses(host: "127.0.0.1") { [loopback] }.media == [loopback])
        #expect(try ListenAddresses(host: "127.0.0.1") { throw Unknown() }.media == [loopback])
    }

    @Test("one address of the network is where media goes and what clients are told")
    func oneAddress() throws {
        let other = try addresses("192.168.1.7")
        #expect(other.media == [lan] && other.mediaOnly == [] && other.host == "192.168.1.7" && other.isOpen)
        #expect(try addresses("2001:db8::7").host == "[2001:db8::7]")
    }

    @Test("a wildcard is every interface of its kind; clients are told one that others may reach")
    func wildcards() throws {
        let four = try addresses("0.0.0.0")
        #expect(four.media == [lan, loopback] && four.host == "192.168.1.7" && four.isOpen)
        let six = try addresses("::")
        #expect(six.media == [lan, v6, loopback] && six.host == "192.168.1.7" && six.isOpen)
    }

    @Test("a name that nobody knows is an error")
    func unknownNames() {
        #expect(throws: (any Error).self) { try addresses("no-such-host.invalid") }
    }
}
