import NIOCore
import RTCCore
import Testing

@Suite struct SRTPContextTests {
    @Test(arguments: SRTPProfile.allCases)
    func theTwoDirectionsOfExportedKeysFitTogether(profile: SRTPProfile) throws {
        let exported = (0..<SRTPKeyingMaterial.exportedLength(of: profile)).map { UInt8($0) }
        let keys = try #require(SRTPKeyingMaterial(profile: profile, exported: exported))
        for role in [DTLSTransport.Role.client, .server] {
            let peer: DTLSTransport.Role = role == .client ? .server : .client
            var sending = try SRTPContext(profile: profile, masterKey: keys.sending(as: role))
            var receiving = try SRTPContext(profile: profile, masterKey: keys.receiving(as: peer))
            var wrong = try SRTPContext(profile: profile, masterKey: keys.receiving(as: role))
            var packet = rtp(1)
            try sending.protectRTP(&packet)
            var copy = packet
            try receiving.unprotectRTP(&packet)
            #expect(packet == rtp(1))
            #expect(throws: SRTPError.authentication) { try wrong.unprotectRTP(&copy) }
            var control = rtcp()
            try sending.protectRTCP(&control)
            try receiving.unprotectRTCP(&control)
            #expect(control == rtcp())
        }
        #expect(SRTPKeyingMaterial(profile: profile, exported: exported.dropLast()) == nil)
    }

    @Test func keysAreNotPrinted() throws {
        let exported = [UInt8](repeating: 0xAB, count: 88)
        let keys = try #require(SRTPKeyingMaterial(profile: .aeadAES256GCM, exported: exported))
        var dumped = ""
        dump(keys, to: &dumped)
        for text in ["\(keys)", String(reflecting: keys), dumped] {
            #expect(!text.contains("171") && !text.lowercased().contains("ab, "))
        }
    }
}
