import RTCCore
import Testing

@Suite struct ICECandidateTests {
    @Test func aServersHostCandidateReads() throws {
        let line = "candidate:3516105 1 udp 2130706431 192.0.2.7 7882 typ host ufrag IwJSEnflpHjNVFwJ"
        let candidate = try ICECandidate(parsing: line)
        #expect(candidate.foundation == "3516105")
        #expect(candidate.component == 1)
        #expect(candidate.transport == .udp)
        #expect(candidate.priority == 2_130_706_431)
        #expect(candidate.address == iceAddress("192.0.2.7", 7882))
        #expect(candidate.kind == .host)
        #expect(candidate.ufrag == "IwJSEnflpHjNVFwJ")
        #expect(candidate.attributeValue == line)
    }

    @Test func aBrowsersReflexiveCandidateReadsWithItsExtensions() throws {
        let candidate = try ICECandidate(
            parsing: "a=candidate:842163049 1 UDP 1677729535 203.0.113.4 46154 typ srflx raddr 10.0.17.1 rport 36996 "
                + "generation 0 ufrag EEtu network-id 3 network-cost 10\r\n")
        #expect(candidate.kind == .serverReflexive)
        #expect(candidate.relatedAddress == iceAddress("10.0.17.1", 36_996))
        #expect(candidate.ufrag == "EEtu")
    }

    @Test func aTCPCandidateReadsWithItsDirection() throws {
        let line = "candidate:1052 1 tcp 1671430143 192.0.2.7 7881 typ host tcptype passive"
        let candidate = try ICECandidate(parsing: line)
        #expect(candidate.transport == .tcp)
        #expect(candidate.tcpType == .passive)
        #expect(candidate.attributeValue == line)
    }

    @Test func aNameInPlaceOfAnAddressIsKept() throws {
        let name = "5e2fba4c-9d1f-4b32-8c3a-111122223333.local"
        let candidate = try ICECandidate(parsing: "candidate:1 1 udp 2113937151 \(name) 54321 typ host")
        #expect(candidate.hostName == name)
        #expect(candidate.attributeValue.contains(name))
    }

    @Test func anIPv6CandidateReads() throws {
        let candidate = try ICECandidate(parsing: "candidate:1 1 udp 5 2001:db8::1 9 typ host")
        #expect(candidate.address.description == "[2001:db8::1]:9")
    }

    @Test func aHiddenRelatedAddressIsNotInvented() throws {
        let candidate = try ICECandidate(
            parsing: "candidate:1 1 udp 5 192.0.2.1 9 typ relay raddr secret.local rport 0")
        #expect(candidate.relatedAddress == nil)
    }

    @Test(arguments: [
        ("", ICECandidateParseError.empty), ("candidate:", .empty),
        ("candidate:1 1 udp 5 192.0.2.1 9 typ", .tooFewFields(7)),
        ("candidate:a!b 1 udp 5 192.0.2.1 9 typ host", .badFoundation("a!b")),
        ("candidate:1 0 udp 5 192.0.2.1 9 typ host", .badComponent("0")),
        ("candidate:1 257 udp 5 192.0.2.1 9 typ host", .badComponent("257")),
        ("candidate:1 1 sctp 5 192.0.2.1 9 typ host", .unknownTransport("sctp")),
        ("candidate:1 1 udp 4294967296 192.0.2.1 9 typ host", .badPriority("4294967296")),
        ("candidate:1 1 udp -1 192.0.2.1 9 typ host", .badPriority("-1")),
        ("candidate:1 1 udp 5 192.0.2.256 9 typ host", .badAddress("192.0.2.256")),
        ("candidate:1 1 udp 5 fe80::1%eth0 9 typ host", .badAddress("fe80::1%eth0")),
        ("candidate:1 1 udp 5 192.0.2.1 65536 typ host", .badPort("65536")),
        ("candidate:1 1 udp 5 192.0.2.1 9 type host", .missingType),
        ("candidate:1 1 udp 5 192.0.2.1 9 typ guest", .unknownType("guest")),
        ("candidate:1 1 tcp 5 192.0.2.1 9 typ host tcptype lazy", .unknownTCPType("lazy")),
        ("candidate:1 1 udp 5 192.0.2.1 9 typ srflx raddr 10.0.0.1 rport x", .badPort("x")),
    ])
    func aBadLineIsRefusedByName(line: String, error: ICECandidateParseError) {
        #expect(throws: error) { try ICECandidate(parsing: line) }
    }

    @Test func prioritiesFollowTheFormula() {
        let host = ICECandidate.host(iceAddress("192.0.2.1", 5000), localPreference: 65_535)
        #expect(host.priority == 2_130_706_431)
        #expect(
            ICECandidate.priority(kind: .serverReflexive, over: .udp, localPreference: 65_535, component: 1)
                == 1_694_498_815)
        #expect(ICECandidate.priority(kind: .relayed, over: .udp, localPreference: 0, component: 256) == 0)
        #expect(host.foundation == ICECandidate.host(iceAddress("192.0.2.1", 6000), localPreference: 1).foundation)
        #expect(host.foundation != ICECandidate.host(iceAddress("192.0.2.2", 5000), localPreference: 1).foundation)
    }

    @Test func everyCutAndChangeOfALineParsesOrThrows() throws {
        let line =
            "candidate:842163049 1 udp 1677729535 203.0.113.4 46154 typ srflx raddr 10.0.17.1 rport 36996 ufrag E"
        var random = STUNRandomBytes(seed: 0xCA)
        for count in 0...line.utf8.count {
            for _ in 0..<40 {
                var bytes = Array(line.utf8.prefix(count))
                if !bytes.isEmpty, random.next() % 4 > 0 {
                    bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
                }
                guard let parsed = try? ICECandidate(parsing: String(decoding: bytes, as: UTF8.self)) else { continue }
                #expect(try ICECandidate(parsing: parsed.attributeValue) == parsed)
            }
        }
    }
}
