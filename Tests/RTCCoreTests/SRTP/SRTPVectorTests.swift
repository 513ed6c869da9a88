import COpenSSL
import NIOCore
import Testing

@testable import RTCCore

@Suite struct SRTPVectorTests {
    private static func hex(_ text: String) -> [UInt8] {
        let digits = text.utf8.filter { $0 != UInt8(ascii: " ") }.compactMap {
            Character(UnicodeScalar($0)).hexDigitValue
        }
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    /// RFC 3711 appendix B.3.
    @Test func sessionKeysAreDerivedAsTheRFCShows() throws {
        let keys = try SRTPSessionKeys(
            profile: .aes128CMSHA1_80, masterKey: Self.hex("E1F97A0D3E018BE0D64FA32C06DE4139"),
            masterSalt: Self.hex("0EC675AD498AFEEBB6960B3AABE6"), isControl: false)
        #expect(keys.encryption == Self.hex("C61E7A93744F39EE10734AFE3FF7A087"))
        #expect(keys.salt == Self.hex("30CBBC08863D8C85D49DB34A9AE1"))
        #expect(keys.authentication == Self.hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"))
    }

    /// RFC 3711 appendix B.2: the keystream of packet 0 of SSRC 0.
    @Test func theKeystreamOfCounterModeIsTheRFCs() {
        var keystream = [UInt8](repeating: 0, count: 48)
        let block = Self.hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000")
        #expect(jask_aes_keystream(Self.hex("2B7E151628AED2A6ABF7158809CF4F3C"), 16, block, &keystream, 48) == 1)
        #expect(
            keystream
                == Self.hex(
                    "E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0"
                ))
    }

    /// RFC 7714 §16.1.1 and §16.2.1, which give session keys, not master keys.
    @Test(arguments: [
        (
            SRTPProfile.aeadAES128GCM,
            "f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833"
                + "899d7f27 beb16a91 52cf765e e4390cce"
        ),
        (
            .aeadAES256GCM,
            "32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f 1ba63799 b87b"
                + "7aa3db36 dfffd6b0 f9bb7878 d7a76c13"
        ),
    ])
    func packetsOfGCMAreTheRFCs(profile: SRTPProfile, expected: String) throws {
        let keys = SRTPSessionKeys(
            encryption: (0..<profile.keyLength).map { UInt8($0) }, salt: Self.hex("51756964 2070726f 2071756f"))
        let header = Self.hex("8040f17b 8041f8d3 5501a0b2")
        let payload = Self.hex(
            "47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573")
        var packet = header + payload + [UInt8](repeating: 0, count: 16)
        let sealing = try SRTPPacketCipher(profile: profile, keys: keys, direction: .protecting)
        let size = header.count + payload.count
        let isSealed = packet.withUnsafeMutableBufferPointer { bytes in
            bytes.baseAddress.map { sealing.protectRTP($0, size: size, header: 12, ssrc: 0x5501_A0B2, index: 0xF17B) }
        }
        #expect(isSealed == true)
        #expect(Array(packet[12...]) == Self.hex(expected))
        let opening = try SRTPPacketCipher(profile: profile, keys: keys, direction: .opening)
        let isOpen = packet.withUnsafeMutableBufferPointer { bytes in
            bytes.baseAddress.map {
                opening.openRTP($0, size: size + 16, header: 12, ssrc: 0x5501_A0B2, index: 0xF17B)
            }
        }
        #expect(isOpen == true)
        #expect(Array(packet.prefix(size)) == header + payload)
    }

    /// RFC 3711 §3.4: without the E bit an SRTCP packet is only authenticated.
    @Test(arguments: EngineKind.allCases)
    func aControlPacketInTheClearIsRefusedEvenIfItsTagIsRight(kind: EngineKind) throws {
        let key = testKey(.aes128CMSHA1_80)
        let keys = try SRTPSessionKeys(
            profile: .aes128CMSHA1_80, masterKey: key.key, masterSalt: key.salt, isControl: true)
        let cipher = try SRTPPacketCipher(profile: .aes128CMSHA1_80, keys: keys, direction: .protecting)
        var packet = rtcp()
        packet.writeInteger(UInt32(5))
        let tag = Array(packet.readableBytesView).withUnsafeBufferPointer { cipher.tag(of: $0, rollover: nil) }
        for offset in 0..<10 { packet.writeInteger(try #require(tag)[offset]) }
        let receiver = try kind.make(.aes128CMSHA1_80, key)
        #expect(throws: SRTPError.notEncrypted) { try receiver.unprotectRTCP(&packet) }
    }

    @Test(arguments: SRTPProfile.allCases, [true, false])
    func theTwoEnginesUnderstandEachOther(profile: SRTPProfile, libsrtpSends: Bool) throws {
        let key = testKey(profile)
        let sender = try EngineKind.libsrtp.make(profile, key)
        let receiver = try EngineKind.openssl.make(profile, key)
        let (from, to) = libsrtpSends ? (sender, receiver) : (receiver, sender)
        for sequence in 65500..<65600 {
            var packet = rtp(sequence, payload: sequence % 50)
            try from.protectRTP(&packet)
            try to.unprotectRTP(&packet)
            #expect(packet == rtp(sequence, payload: sequence % 50))
            var control = rtcp()
            try from.protectRTCP(&control)
            try to.unprotectRTCP(&control)
            #expect(control == rtcp())
        }
    }
}
