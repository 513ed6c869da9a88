import NIOCore
import RTCCore
import SansIO
import Testing

@Suite struct DTLSPeerCheckTests {
    private static func stranger(_ function: DTLSFingerprint.HashFunction = .sha256) throws -> DTLSFingerprint {
        try #require(DTLSFingerprint(of: try DTLSIdentity.generate().certificate, hashFunction: function))
    }

    @Test func aClientRefusesAServerWithAnotherCertificate() throws {
        try withVirtualTime {
            var scene = DTLSScene()
            scene.clientExpects = [try Self.stranger()]
            var pair = try scene.pair()
            pair.run(for: .seconds(2))
            #expect(pair.left.failure == .fingerprintMismatch)
            #expect(pair.right.failure == .peerAlert(code: 42, reason: "sslv3 alert bad certificate"))
            #expect(pair.left.keys == nil && !pair.left.isConnected)
            #expect(pair.right.keys == nil && !pair.right.isConnected)
        }
    }

    @Test func aServerRefusesAClientWithAnotherCertificate() throws {
        try withVirtualTime {
            var scene = DTLSScene()
            scene.serverExpects = [try Self.stranger()]
            var pair = try scene.pair()
            pair.run(for: .seconds(2))
            #expect(pair.right.failure == .fingerprintMismatch)
            #expect(pair.left.failure == .peerAlert(code: 42, reason: "sslv3 alert bad certificate"))
            #expect(!pair.left.isConnected && !pair.right.isConnected)
        }
    }

    @Test func nothingIsDeliveredOrSentAfterAMismatch() throws {
        try withVirtualTime {
            var scene = DTLSScene()
            scene.clientExpects = [try Self.stranger()]
            var pair = try scene.pair()
            try pair.left.transport.send(bytes("secret"))
            pair.run(for: .seconds(2))
            let sent = pair.left.sent.count
            pair.left.receive(bytes("\u{16}"), at: pair.now)
            pair.run(for: .seconds(10))
            #expect(pair.left.sent.count == sent)
            #expect(pair.right.received.isEmpty && pair.left.received.isEmpty)
            #expect(throws: DTLSError.notOpen) { try pair.left.transport.send(bytes("more")) }
        }
    }

    @Test(arguments: DTLSFingerprint.HashFunction.allCases)
    func everyHashFunctionIsUnderstood(function: DTLSFingerprint.HashFunction) throws {
        try withVirtualTime {
            let certificate = try DTLSScene.serverIdentity.get().certificate
            let fingerprint = try #require(DTLSFingerprint(of: certificate, hashFunction: function))
            var scene = DTLSScene()
            scene.clientExpects = [try DTLSFingerprint(parsing: fingerprint.description.lowercased())]
            _ = try scene.connected()
            scene.clientExpects = [try Self.stranger(function)]
            #expect(throws: DTLSScene.HandshakeFailed.self) { try scene.connected() }
        }
    }

    @Test func ofSeveralFingerprintsTheStrongestDecides() throws {
        try withVirtualTime {
            let certificate = try DTLSScene.serverIdentity.get().certificate
            let weak = try #require(DTLSFingerprint(of: certificate, hashFunction: .sha1))
            let right = try #require(DTLSFingerprint(of: certificate, hashFunction: .sha256))
            var scene = DTLSScene()
            scene.clientExpects = [try Self.stranger(), weak, right]
            _ = try scene.connected()
            scene.clientExpects = [weak, try Self.stranger()]
            #expect(throws: DTLSScene.HandshakeFailed.self) { try scene.connected() }
        }
    }

    @Test func withoutAFingerprintThereIsNoAssociation() throws {
        let identity = try DTLSIdentity.generate()
        #expect(throws: DTLSError.noFingerprint) {
            try DTLSTransport(identity: identity, role: .client, remoteFingerprints: [])
        }
    }

    @Test func anImpossibleMTUIsRefused() throws {
        let identity = try DTLSIdentity.generate()
        var configuration = DTLSTransport.Configuration()
        configuration.mtu = 100
        #expect {
            try DTLSTransport(
                identity: identity, role: .client, remoteFingerprints: [identity.fingerprint],
                configuration: configuration)
        } throws: {
            guard case .invalidConfiguration = $0 as? DTLSError else { return false }
            return true
        }
    }

    @Test func identitiesDifferAndTheirFingerprintIsOfTheirCertificate() throws {
        let (one, other) = (try DTLSIdentity.generate(), try DTLSIdentity.generate())
        #expect(one.fingerprint != other.fingerprint)
        #expect(one.fingerprint == DTLSFingerprint(of: one.certificate, hashFunction: .sha256))
        #expect(one.fingerprint.algorithm == "sha-256")
    }
}
