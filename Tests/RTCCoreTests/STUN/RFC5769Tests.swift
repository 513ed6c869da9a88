import NIOCore
import RTCCore
import Testing

/// The sample messages of RFC 5769 §2, typed from the RFC.
@Suite struct RFC5769Tests {
    private let key = Array("VOkJxbRl1RmTxUk/WvJxBt".utf8)

    private let request = """
        000100582112a442b7e7a701bc34d686fa87dfae 80220010 5354554e207465737420636c69656e74
        00240004 6e0001ff 80290008 932ff9b151263b36 00060009 6576746a3a68367659202020
        00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2 80280004 e57a3bcf
        """
    private let v4Response = """
        0101003c2112a442b7e7a701bc34d686fa87dfae 8022000b 7465737420766563746f7220 00200008 0001a147e112a643
        00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7 80280004 c07d4c96
        """
    private let v6Response = """
        010100482112a442b7e7a701bc34d686fa87dfae 8022000b 7465737420766563746f7220
        00200014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9
        00080014 a382954e4be67bf11784c97c8292c275bfe3ed41 80280004 c8fb0b4c
        """
    private let longTermRequest = """
        000100602112a44278ad3433c6ad72c029da412e 00060012 e3839ee38388e383aae38383e382afe382b90000
        0015001c 662f2f3439396b39353464364f4c33346f4c39465354767936347341 0014000b 6578616d706c652e6f726700
        00080014 f67024656dd64a3e02b8e0712e85c9a28ca89666
        """

    @Test func theSampleRequestReadsAndVerifies() throws {
        let message = try STUNMessage(parsing: stunBuffer(stunBytes(hex: request)))
        #expect(message.messageClass == .request)
        #expect(message.method == .binding)
        #expect(message.transactionID == STUNTransactionID(high: 0xB7E7_A701, low: 0xBC34_D686_FA87_DFAE))
        #expect(message.software == "STUN test client")
        #expect(message.priority == 0x6E00_01FF)
        #expect(message.iceControlled == 0x932F_F9B1_5126_3B36)
        #expect(message.username == "evtj:h6vY")
        #expect(message.hadFingerprint)
        #expect(message.hasValidIntegrity(key: key))
        #expect(!message.hasValidIntegrity(key: Array("VOkJxbRl1RmTxUk/WvJxBu".utf8)))
        #expect(!message.hasValidIntegrity(key: []))
    }

    @Test func theSampleIPv4ResponseReadsAndVerifies() throws {
        let message = try STUNMessage(parsing: stunBuffer(stunBytes(hex: v4Response)))
        #expect(message.messageClass == .success)
        #expect(message.software == "test vector")
        #expect(message.mappedAddress?.description == "192.0.2.1:32853")
        #expect(message.hasValidIntegrity(key: key))
    }

    @Test func theSampleIPv6ResponseReadsAndVerifies() throws {
        let message = try STUNMessage(parsing: stunBuffer(stunBytes(hex: v6Response)))
        #expect(message.mappedAddress?.description == "[2001:db8:1234:5678:11:2233:4455:6677]:32853")
        #expect(message.hasValidIntegrity(key: key))
    }

    @Test func theSampleLongTermRequestVerifiesWithTheDigestedKey() throws {
        let message = try STUNMessage(parsing: stunBuffer(stunBytes(hex: longTermRequest)))
        // MD5 of "マトリックス:example.org:TheMatrIX", RFC 8489 §9.2.2.
        #expect(message.hasValidIntegrity(key: stunBytes(hex: "e8ca7ad59d5eb0518e312911d2dab2a9")))
        #expect(message.username == "マトリックス")
        #expect(!message.hadFingerprint)
        #expect(message.unknownRequiredTypes == [0x0015, 0x0014])
    }

    @Test func anyChangedBitOfTheSampleRequestIsNoticed() throws {
        let original = stunBytes(hex: request)
        for index in original.indices {
            for bit in 0..<8 {
                var changed = original
                changed[index] ^= 1 << bit
                guard let message = try? STUNMessage(parsing: stunBuffer(changed)) else { continue }
                // What still parses has lost its fingerprint's type; the type is after the part that is signed.
                #expect(!message.hadFingerprint, "byte \(index), bit \(bit)")
            }
        }
    }
}
