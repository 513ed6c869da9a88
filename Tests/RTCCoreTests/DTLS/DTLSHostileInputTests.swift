import NIOCore
import RTCCore
import SansIO
import Simulation
import Testing

@Suite struct DTLSHostileInputTests {
    private static func alert(level: UInt8, code: UInt8) -> ByteBuffer {
        ByteBuffer(bytes: [21, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, level, code])
    }

    @Test func garbageBetweenRecordsIsCountedAndIgnored() throws {
        try withVirtualTime {
            var random = SplitMix64(seed: 7)
            var pair = try DTLSScene().pair()
            let garbage: (Int, ByteBuffer) -> [ByteBuffer] = { _, datagram in
                let noise = (0..<3).map { _ -> ByteBuffer in
                    let first = UInt8.random(in: 0..<20, using: &random)
                    return ByteBuffer(bytes: [first] + (0..<40).map { _ in UInt8.random(in: 0...255, using: &random) })
                }
                return noise + [datagram]
            }
            pair.left.filter = garbage
            pair.right.filter = garbage
            let connected1 = pair.connect(within: .seconds(1))
            #expect(connected1)
            #expect(pair.right.transport.ignoredDatagrams == UInt64(3 * pair.left.sent.count))
            #expect(pair.left.transport.ignoredDatagrams == UInt64(3 * pair.right.sent.count))
        }
    }

    @Test func recordsOfNoiseDoNotDisturbAnAssociation() throws {
        try withVirtualTime {
            var random = SplitMix64(seed: 11)
            var pair = try DTLSScene().connected()
            for _ in 0..<500 {
                let length = Int.random(in: 0..<64, using: &random)
                var record: [UInt8] = [UInt8.random(in: 20...24, using: &random), 0xFE, 0xFD, 0]
                record += [UInt8.random(in: 0...2, using: &random), 0, 0, 0, 0]
                record += [UInt8.random(in: 0...255, using: &random), UInt8.random(in: 0...255, using: &random)]
                record += [0, UInt8(length)] + (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
                pair.right.receive(ByteBuffer(bytes: record), at: pair.now)
            }
            try pair.left.transport.send(bytes("still here"))
            pair.run(for: .seconds(1))
            #expect(pair.right.failure == nil)
            #expect(pair.right.received == [bytes("still here")])
        }
    }

    @Test(arguments: UInt8(20)...24, UInt8(0)...2)
    func aRecordOfNoiseDoesNotEndAnAssociation(type: UInt8, epoch: UInt8) throws {
        try withVirtualTime {
            var pair = try DTLSScene().connected()
            for length in UInt8(0)..<64 {
                let header: [UInt8] = [type, 0xFE, 0xFD, 0, epoch, 0, 0, 0, 0, 7, length, 0, length]
                let record = header + Array(repeating: 0xA5, count: Int(length))
                // Alone, and behind a record that is merely useless.
                pair.right.receive(ByteBuffer(bytes: record), at: pair.now)
                pair.right.receive(
                    ByteBuffer(bytes: [22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0] + record), at: pair.now)
                #expect(pair.right.failure == nil, "\(length) bytes")
            }
            try pair.left.transport.send(bytes("still here"))
            pair.run(for: .seconds(1))
            #expect(pair.right.received == [bytes("still here")])
        }
    }

    @Test func aRecordLargerThanItsDatagramIsIgnored() throws {
        try withVirtualTime {
            let pair = try DTLSScene().pair()
            pair.right.receive(
                ByteBuffer(
                    bytes: [22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 200] + [UInt8](repeating: 1, count: 199)),
                at: pair.now)
            #expect(pair.right.transport.ignoredDatagrams == 1)
            #expect(pair.right.transport.state == .handshaking)
        }
    }

    @Test func aTruncatedHelloIsNeverAnswered() throws {
        try withVirtualTime {
            var pair = try DTLSScene().pair()
            pair.forward.isDown = true
            pair.flush()
            let hello = try #require(pair.left.sent.first).datagram
            for length in 0..<hello.readableBytes {
                let server = try DTLSScene().pair().right
                server.receive(hello.getSlice(at: hello.readerIndex, length: length) ?? ByteBuffer(), at: pair.now)
                #expect(server.pollTransmit(at: pair.now) == nil, "\(length) bytes")
            }
        }
    }

    @Test(arguments: UInt64(0)..<60)
    func bitErrorsNeverConnectTwoSidesWithDifferentKeys(seed: UInt64) throws {
        try withVirtualTime {
            var random = SplitMix64(seed: seed)
            var pair = try DTLSScene().pair()
            let flip: (Int, ByteBuffer) -> [ByteBuffer] = { _, datagram in
                guard Bool.random(using: &random) else { return [datagram] }
                var broken = datagram
                let index = broken.readerIndex + Int.random(in: 0..<broken.readableBytes, using: &random)
                let byte: UInt8 = broken.getInteger(at: index) ?? 0
                broken.setInteger(byte ^ (1 << UInt8.random(in: 0..<8, using: &random)), at: index)
                return [broken]
            }
            pair.left.filter = flip
            pair.right.filter = flip
            pair.run(for: .seconds(35)) {
                ($0.left.isConnected && $0.right.isConnected) || ($0.left.failure != nil && $0.right.failure != nil)
            }
            if pair.left.isConnected && pair.right.isConnected {
                #expect(pair.left.keys == pair.right.keys, "seed \(seed)")
            } else {
                #expect(pair.left.failure != nil || pair.right.failure != nil, "seed \(seed)")
            }
        }
    }

    @Test func aFatalAlertDuringTheHandshakeIsReportedWithItsCode() throws {
        try withVirtualTime {
            let pair = try DTLSScene().pair()
            pair.left.receive(Self.alert(level: 2, code: 40), at: pair.now)
            while pair.left.pollTransmit(at: pair.now) != nil {}
            #expect(pair.left.failure == .peerAlert(code: 40, reason: "sslv3 alert handshake failure"))
        }
    }

    @Test func closeNotifyDuringTheHandshakeEndsIt() throws {
        try withVirtualTime {
            let pair = try DTLSScene().pair()
            pair.left.receive(Self.alert(level: 1, code: 0), at: pair.now)
            while pair.left.pollTransmit(at: pair.now) != nil {}
            guard case .peerAlert(code: 0, _) = pair.left.failure else {
                Issue.record("\(pair.left.failure as Any)")
                return
            }
        }
    }

    @Test func anUnencryptedAlertDoesNotEndAnAssociation() throws {
        try withVirtualTime {
            var pair = try DTLSScene().connected()
            pair.left.receive(Self.alert(level: 2, code: 40), at: pair.now)
            pair.left.receive(Self.alert(level: 1, code: 0), at: pair.now)
            try pair.right.transport.send(bytes("still here"))
            pair.run(for: .seconds(1))
            #expect(pair.left.failure == nil && !pair.left.isClosed)
            #expect(pair.left.received == [bytes("still here")])
        }
    }

    @Test func anOldVersionIsRefusedWithAnAlert() throws {
        try withVirtualTime {
            var pair = try DTLSScene().pair()
            // The client's version lies behind the headers of record and handshake: 1.2 becomes 1.0.
            pair.left.filter = { _, datagram in
                var old = datagram
                old.setInteger(UInt16(0xFEFF), at: old.readerIndex + 25)
                return [old]
            }
            pair.run(for: .seconds(1)) { $0.right.failure != nil && $0.left.failure != nil }
            #expect(pair.right.failure == .library(reason: "unsupported protocol"))
            #expect(pair.left.failure == .peerAlert(code: 70, reason: "tlsv1 alert protocol version"))
        }
    }

    @Test func whatComesBeforeTheStartOrAfterTheEndIsCounted() throws {
        try withVirtualTime {
            let identity = try DTLSIdentity.generate()
            let client = try DTLSTransport(
                identity: identity, role: .client, remoteFingerprints: [identity.fingerprint])
            client.receive(Self.alert(level: 2, code: 40), at: .zero)
            #expect(client.state == .new && client.ignoredDatagrams == 1)
            client.start(at: .zero)
            client.close()
            client.receive(Self.alert(level: 2, code: 40), at: .zero)
            #expect(client.state == .closed && client.ignoredDatagrams == 2)
        }
    }
}
