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

    @Test("one address is where media goes and what clients are told")
    func oneAddress() throws {
        for host in ["127.0.0.1", "localhost"] {
            let own = try addresses(host)
            #expect(own.media == [loopback] || host == "localhost" && own.media.allSatisfy(\.isLoopback))
            #expect(own.host == host && !own.isOpen)
        }
        let other = try addresses("192.168.1.7")
        #expect(other.media == [lan] && other.host == "192.168.1.7" && other.isOpen)
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
