import RTCCore
import SansIO
import Testing

@Suite struct IPAddressTests {
    @Test(
        "IPv4 is read and written as a dotted quad",
        arguments: [
            ("0.0.0.0", 0), ("127.0.0.1", 0x7F00_0001), ("192.168.1.254", 0xC0A8_01FE),
            ("255.255.255.255", 0xFFFF_FFFF),
        ] as [(String, UInt32)])
    func dottedQuads(text: String, bits: UInt32) throws {
        let address = try #require(IPAddress(text))
        #expect(address.isV4)
        #expect(address.v4 == bits)
        #expect(address == IPAddress(v4: bits))
        #expect(address.description == text)
    }

    @Test(
        "IPv6 is written as RFC 5952 says, however it was written before",
        arguments: [
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("0:0:0:0:0:0:0:1", "::1"),
            // Leading zeros go, digits become small (§4.1, §4.3).
            ("2001:0DB8:0000:0000:0000:0000:0002:0001", "2001:db8::2:1"), ("2001:DB8::ABCD", "2001:db8::abcd"),
            // One group of zeros is no run (§4.2.2).
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            // The longest run, the first of equal ones (§4.2.3).
            ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"), ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("0:0:1:0:0:0:0:0", "0:0:1::"), ("1:0:0:0:0:0:0:0", "1::"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
            ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("fe80::1:2:3:4", "fe80::1:2:3:4"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"), ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
        ])
    func versionSix(text: String, canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(!address.isV4)
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
    }

    @Test(
        "an IPv4-mapped address is IPv4",
        arguments: ["::ffff:10.1.2.3", "::FFFF:0a01:0203", "0:0:0:0:0:ffff:10.1.2.3"])
    func mapped(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address == IPAddress(v4: 0x0A01_0203))
        #expect(address.description == "10.1.2.3")
    }

    @Test(
        "anything else is refused",
        arguments: [
            "", ".", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.-4", "1.2.3.+4", "1.2.3.", ".1.2.3", "1..2.3",
            "1.2.3.4 ", " 1.2.3.4", "1.2.3.0004", "01.2.3.4", "1.2.3.00", "1.2.3.4a", "0x7f.0.0.1", "localhost",
            "١.٢.٣.٤", ":", ":::", ":1", "1:", "::1::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "12345::", "::g", "::+1", "::-1", "1.2.3.4::",
            "1.2.3.4::1", "::1.2.3.4:5", "::1.2.3", "1:2:3:4:5:6:7:1.2.3.4", "fe80::1%eth0", "fe80::1%1", "[::1]",
            "::1 ", "0000:0000:0000:0000:0000:ffff:255.255.255.2555",
        ])
    func refused(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func textAndBitsAgreeForRandomAddresses() {
        var random = SplitMix64(seed: 21)
        for _ in 0..<2_000 {
            // Masks that leave many groups zero, so that runs of every place and length occur.
            let high = random.next() & mask(&random)
            let low = random.next() & mask(&random)
            let address = IPAddress(high: high, low: low)
            #expect(IPAddress(address.description) == address, "\(high) \(low)")
        }
    }

    private func mask(_ random: inout SplitMix64) -> UInt64 {
        [48, 32, 16, 0].reduce(0) { mask, shift in random.next() % 2 == 0 ? mask : mask | 0xFFFF << UInt64(shift) }
    }

    @Test func randomTextIsReadOrRefusedAndNeverTraps() {
        let alphabet = Array("0123456789abcdefF:.:.:+- %gé")
        var random = SplitMix64(seed: 22)
        for round in 0..<20_000 {
            let length = Int.random(in: 0...50, using: &random)
            let text = String((0..<length).map { _ in alphabet.randomElement(using: &random) ?? ":" })
            guard let address = IPAddress(text) else { continue }
            #expect(IPAddress(address.description) == address, "seed 22, round \(round): \(text)")
        }
    }

    @Test(
        "loopback and link-local addresses are known",
        arguments: [
            ("127.0.0.1", true, false), ("127.255.255.255", true, false), ("126.255.255.255", false, false),
            ("128.0.0.1", false, false), ("::1", true, false), ("::2", false, false), ("::", false, false),
            ("1::1", false, false), ("::ffff:127.0.0.1", true, false), ("169.254.0.0", false, true),
            ("169.254.255.255", false, true), ("169.253.255.255", false, false), ("169.255.0.0", false, false),
            ("fe80::1", false, true), ("febf:ffff::", false, true), ("fec0::1", false, false),
            ("fe7f:ffff::", false, false), ("10.0.0.1", false, false),
        ])
    func scopes(text: String, isLoopback: Bool, isLinkLocal: Bool) throws {
        let address = try #require(IPAddress(text))
        #expect(address.isLoopback == isLoopback)
        #expect(address.isLinkLocal == isLinkLocal)
    }

    @Test func aSubstringIsReadLikeAString() {
        let line = "candidate 192.0.2.1 typ host"
        #expect(line.split(separator: " ").compactMap { IPAddress($0) } == [IPAddress(v4: 0xC000_0201)])
    }

    @Test func theLoopbackConstantIsLoopback() {
        #expect(IPAddress.loopback.description == "127.0.0.1")
    }
}

@Suite struct TransportAddressTests {
    @Test func versionSixStandsInBrackets() throws {
        let six = TransportAddress(ip: try #require(IPAddress("2001:db8::1")), port: 443)
        #expect(six.description == "[2001:db8::1]:443")
        let four = TransportAddress(ip: .loopback, port: 65_535)
        #expect(four.description == "127.0.0.1:65535")
    }

    @Test func addressAndPortTellEndsApart() {
        let one = TransportAddress(ip: .loopback, port: 1)
        #expect(one == TransportAddress(ip: IPAddress(v4: 0x7F00_0001), port: 1))
        #expect(
            Set([one, TransportAddress(ip: .loopback, port: 2), TransportAddress(ip: IPAddress(v4: 1), port: 1)]).count
                == 3)
    }
}
