import NIOCore
import RTCCore
import SansIO
import Simulation
import Testing

@Suite struct DTLSHandshakeTests {
    @Test func bothSidesConnectInTwoRoundTripsWithTheSameKeys() throws {
        try withVirtualTime {
            let pair = try DTLSScene().connected()
            let keys = try #require(pair.left.keys)
            #expect(keys.profile == .aeadAES256GCM)
            #expect(keys == pair.right.keys)
            #expect(keys.client != keys.server)
            #expect(keys.client.key.count == 32 && keys.server.salt.count == 12)
            let start = Instant(nanoseconds: 1_000_000_000)
            #expect(pair.left.connectedAt == start + .milliseconds(40))
            #expect(pair.right.connectedAt == start + .milliseconds(30))
            #expect(pair.left.deadline == nil && pair.right.deadline == nil)
        }
    }

    @Test(arguments: [
        ([SRTPProfile.aes128CMSHA1_80, .aeadAES128GCM], [SRTPProfile.aeadAES128GCM, .aes128CMSHA1_80]),
        ([.aeadAES128GCM], [.aeadAES256GCM, .aeadAES128GCM]),
        ([.aes128CMSHA1_80], SRTPProfile.allCases),
    ])
    func aCommonProfileIsAgreedOn(client: [SRTPProfile], server: [SRTPProfile]) throws {
        try withVirtualTime {
            var scene = DTLSScene()
            scene.client.srtpProfiles = client
            scene.server.srtpProfiles = server
            let pair = try scene.connected()
            let keys = try #require(pair.left.keys)
            #expect(keys == pair.right.keys)
            #expect(client.contains(keys.profile) && server.contains(keys.profile))
            #expect(keys.client.key.count == keys.profile.keyLength)
            #expect(keys.client.salt.count == keys.profile.saltLength)
        }
    }

    @Test func withoutACommonProfileThereAreNoKeys() throws {
        try withVirtualTime {
            var scene = DTLSScene()
            scene.client.srtpProfiles = [.aeadAES128GCM]
            scene.server.srtpProfiles = [.aes128CMSHA1_80]
            let pair = try scene.connected()
            #expect(pair.left.isConnected && pair.left.keys == nil)
            #expect(pair.right.isConnected && pair.right.keys == nil)
        }
    }

    @Test(arguments: 0..<6, [true, false])
    func anyOneLostDatagramIsMadeUpFor(number: Int, fromClient: Bool) throws {
        try withVirtualTime {
            var pair = try DTLSScene().pair()
            let peer = fromClient ? pair.left : pair.right
            peer.filter = { $0 == number ? [] : [$1] }
            let connected1 = pair.connect(within: .seconds(1))
            #expect(connected1)
            try pair.left.transport.send(bytes("from the client"))
            try pair.right.transport.send(bytes("from the server"))
            // The lost one may be what was just sent: datagrams of application data are not repeated.
            pair.left.filter = { [$1] }
            pair.right.filter = { [$1] }
            pair.run(for: .seconds(1))
            #expect(pair.right.received == [bytes("from the client")])
            #expect(pair.left.received == [bytes("from the server")])
        }
    }

    @Test(arguments: UInt64(0)..<25)
    func aThirdLostReorderedAndDoubledStillConnects(seed: UInt64) throws {
        try withVirtualTime {
            var scene = DTLSScene()
            scene.seed = seed
            scene.conditions = .lossy(0.3)
            scene.conditions.reorder = 0.3
            scene.conditions.duplication = 0.3
            scene.conditions.jitter = .milliseconds(10)
            var pair = try scene.pair()
            let connected = pair.connect(within: .seconds(25))
            #expect(connected, "seed \(seed): \(pair.left.failure as Any), \(pair.right.failure as Any)")
            #expect(pair.left.keys == pair.right.keys)
        }
    }

    @Test func halfOfAllDatagramsLostConnectsNearlyAlways() throws {
        try withVirtualTime {
            var connected = 0
            for seed in UInt64(100)..<130 {
                var scene = DTLSScene()
                scene.seed = seed
                scene.conditions = .lossy(0.5)
                var pair = try scene.pair()
                if pair.connect(within: .seconds(31)) {
                    connected += 1
                    #expect(pair.left.keys == pair.right.keys, "seed \(seed)")
                } else {
                    let end = pair.left.failure ?? pair.right.failure
                    #expect(end != nil, "seed \(seed): neither connected nor failed")
                }
            }
            #expect(connected >= 27)
        }
    }

    @Test(arguments: [0.0, 0.2])
    func aSmallPathFragmentsTheHandshake(loss: Double) throws {
        try withVirtualTime {
            var scene = DTLSScene()
            scene.client.mtu = 256
            scene.server.mtu = 256
            scene.conditions = .lossy(loss)
            scene.conditions.maximumPacketBytes = 256
            let pair = try scene.connected(within: .seconds(25))
            #expect(pair.right.sent.count > 3)
            #expect((pair.left.sent + pair.right.sent).allSatisfy { $0.datagram.readableBytes <= 256 })
        }
    }

    @Test func everyDatagramTwiceAndAReplayedHelloChangeNothing() throws {
        try withVirtualTime {
            var scene = DTLSScene()
            scene.conditions.duplication = 1
            var pair = try scene.connected()
            let keys = pair.right.keys
            pair.forward.conditions.duplication = 0
            let hello = try #require(pair.left.sent.first).datagram
            for _ in 0..<20 { pair.right.receive(hello, at: pair.now) }
            try pair.left.transport.send(bytes("still here"))
            pair.run(for: .seconds(1))
            #expect(pair.right.received == [bytes("still here")])
            #expect(pair.right.keys == keys && pair.right.failure == nil)
        }
    }

    @Test func aPeerThatNeverAnswersIsGivenUpAtTheDeadline() throws {
        try withVirtualTime {
            var scene = DTLSScene()
            scene.client.handshakeTimeout = .seconds(20)
            var pair = try scene.pair()
            pair.forward.isDown = true
            let start = pair.now
            let happened2 = pair.run(for: .milliseconds(19_999)) { $0.left.failure != nil }
            #expect(!happened2)
            let happened3 = pair.run(for: .milliseconds(2)) { $0.left.failure != nil }
            #expect(happened3)
            #expect(pair.left.failure == .handshakeTimedOut)
            #expect(pair.left.deadline == nil)
            let waits = pair.left.sent.map { ($0.at - start).wholeMilliseconds }
            #expect(waits == [0, 80, 240, 560, 1200, 2480, 5040, 9040, 13040, 17040])
            #expect(throws: DTLSError.notOpen) { try pair.left.transport.send(bytes("late")) }
        }
    }

    @Test func theDefaultDeadlineComesBeforeOpenSSLGivesUp() throws {
        try withVirtualTime {
            var pair = try DTLSScene().pair()
            pair.forward.isDown = true
            let happened4 = pair.run(for: .milliseconds(29_999)) { $0.left.failure != nil }
            #expect(!happened4)
            let happened5 = pair.run(for: .milliseconds(2)) { $0.left.failure == .handshakeTimedOut }
            #expect(happened5)
        }
    }

    @Test func aBlackoutInTheMiddleIsSurvived() throws {
        try withVirtualTime {
            var pair = try DTLSScene().pair()
            pair.run(for: .milliseconds(15))
            pair.forward.isDown = true
            pair.backward.isDown = true
            pair.run(for: .seconds(10))
            pair.forward.isDown = false
            pair.backward.isDown = false
            let connected6 = pair.connect(within: .milliseconds(4200))
            #expect(connected6)
        }
    }
}
