import NIOCore
import RTCCore
import SansIO
import Simulation
import Testing

@Suite struct DTLSDataTests {
    @Test func whatIsSentBeforeTheHandshakeIsOverLeavesInOrderAfterIt() throws {
        try withVirtualTime {
            var pair = try DTLSScene().pair()
            for number in 0..<64 { try pair.left.transport.send(bytes("message \(number)")) }
            #expect(throws: DTLSError.sendQueueFull) { try pair.left.transport.send(bytes("one too many")) }
            let happened1 = pair.run(for: .seconds(1)) { $0.right.received.count == 64 }
            #expect(happened1)
            #expect(pair.right.received == (0..<64).map { bytes("message \($0)") })
        }
    }

    @Test func everySizeUpToARecordPassesBothWays() throws {
        try withVirtualTime {
            var pair = try DTLSScene().connected()
            let sizes = [1, 2, 100, 1191, 1200, 1500, DTLSTransport.maximumMessageLength]
            for size in sizes {
                try pair.left.transport.send(ByteBuffer(repeating: UInt8(truncatingIfNeeded: size), count: size))
                try pair.right.transport.send(ByteBuffer(repeating: 7, count: size))
            }
            pair.run(for: .seconds(1))
            #expect(pair.right.received.map(\.readableBytes) == sizes)
            #expect(pair.left.received == sizes.map { ByteBuffer(repeating: 7, count: $0) })
            let limit = DTLSTransport.maximumMessageLength
            #expect(throws: DTLSError.messageTooLarge(maximum: limit)) {
                try pair.left.transport.send(ByteBuffer(repeating: 0, count: limit + 1))
            }
        }
    }

    @Test func aWriteIsOneDatagram() throws {
        try withVirtualTime {
            var pair = try DTLSScene().connected()
            let before = pair.left.sent.count
            for _ in 0..<5 { try pair.left.transport.send(bytes("x")) }
            pair.flush()
            #expect(pair.left.sent.count == before + 5)
        }
    }

    @Test func twoRecordsInOneDatagramAreBothRead() throws {
        try withVirtualTime {
            var pair = try DTLSScene().connected()
            var both = ByteBuffer()
            pair.left.filter = { _, datagram in
                both.writeImmutableBuffer(datagram)
                return []
            }
            try pair.left.transport.send(bytes("one"))
            try pair.left.transport.send(bytes("two"))
            pair.flush()
            pair.right.receive(both, at: pair.now)
            pair.flush()
            #expect(pair.right.received == [bytes("one"), bytes("two")])
        }
    }

    @Test func dataInTheDatagramOfTheLastFlightIsDelivered() throws {
        try withVirtualTime {
            var pair = try DTLSScene().pair()
            try pair.right.transport.send(bytes("with the last flight"))
            // The server's first datagrams are its hello; from its change of cipher on, all goes in one.
            var last = ByteBuffer()
            pair.right.filter = { _, datagram in
                guard last.readableBytes > 0 || Self.holdsChangeOfCipher(datagram) else { return [datagram] }
                last.writeImmutableBuffer(datagram)
                return []
            }
            let happened2 = pair.run(for: .milliseconds(50)) { $0.right.isConnected }
            #expect(happened2)
            #expect(!pair.left.isConnected)
            pair.left.receive(last, at: pair.now)
            pair.flush()
            #expect(pair.left.isConnected)
            #expect(pair.left.received == [bytes("with the last flight")])
        }
    }

    @Test func dataThatOvertakesTheLastFlightIsKept() throws {
        try withVirtualTime {
            var pair = try DTLSScene().pair()
            let early = ByteBuffer(repeating: 5, count: 900)
            try pair.right.transport.send(early)
            var held: [ByteBuffer] = []
            pair.right.filter = { _, datagram in
                guard !held.isEmpty || Self.holdsChangeOfCipher(datagram) else { return [datagram] }
                held.append(datagram)
                return []
            }
            let happened3 = pair.run(for: .milliseconds(50)) { $0.right.isConnected }
            #expect(happened3)
            #expect(held.count == 2)
            for datagram in held.reversed() { pair.left.receive(datagram, at: pair.now) }
            pair.flush()
            #expect(pair.left.isConnected)
            #expect(pair.left.received == [early])
        }
    }

    @Test func replayedDataIsDeliveredOnce() throws {
        try withVirtualTime {
            var pair = try DTLSScene().connected()
            pair.left.filter = { [$1, $1, $1] }
            try pair.left.transport.send(bytes("once"))
            pair.run(for: .seconds(1))
            #expect(pair.right.received == [bytes("once")])
        }
    }

    @Test func closingTellsThePeer() throws {
        try withVirtualTime {
            var pair = try DTLSScene().connected()
            pair.left.transport.close()
            pair.run(for: .seconds(1))
            #expect(pair.right.isClosed && pair.right.failure == nil)
            #expect(pair.right.transport.state == .closed && pair.left.transport.state == .closed)
            #expect(throws: DTLSError.notOpen) { try pair.right.transport.send(bytes("late")) }
            #expect(throws: DTLSError.notOpen) { try pair.left.transport.send(bytes("late")) }
            #expect(pair.left.deadline == nil && pair.right.deadline == nil)
        }
    }

    @Test func closingDuringTheHandshakeEndsIt() throws {
        try withVirtualTime {
            var pair = try DTLSScene().pair()
            pair.run(for: .milliseconds(15))
            pair.left.transport.close()
            pair.run(for: .seconds(1))
            #expect(pair.left.transport.state == .closed && !pair.left.isConnected && pair.left.deadline == nil)
        }
    }

    /// Whether a record of type 20 (change cipher spec) is in the datagram.
    private static func holdsChangeOfCipher(_ datagram: ByteBuffer) -> Bool {
        var rest = datagram
        while let header = rest.readBytes(length: 13) {
            if header[0] == 20 { return true }
            rest.moveReaderIndex(forwardBy: min(rest.readableBytes, Int(header[11]) << 8 | Int(header[12])))
        }
        return false
    }
}
