import NIOCore
import SansIO
import Simulation
import Testing

@testable import RTCCore

@Suite struct DataChannelTests {
    @Test func controlMessagesSurviveARoundTripAndNoCut() throws {
        for reliability in [SCTPReliability.reliable, .maxRetransmits(3), .maxLifetime(.milliseconds(1500))] {
            for ordered in [true, false] {
                let open = DataChannelControlMessage.open(
                    DataChannelOpen(
                        parameters: .init(label: "häppi", subprotocol: "p", ordered: ordered, reliability: reliability),
                        priority: 7))
                let bytes = open.serialized()
                #expect(try DataChannelControlMessage(parsing: bytes) == open)
                for length in 0..<bytes.readableBytes {
                    let cut = try #require(bytes.getSlice(at: 0, length: length))
                    #expect(throws: SCTPParseError.controlMessageTruncated) {
                        try DataChannelControlMessage(parsing: cut)
                    }
                }
            }
        }
        #expect(try DataChannelControlMessage(parsing: ByteBuffer(bytes: [2])) == .acknowledge)
        #expect(try DataChannelControlMessage(parsing: ByteBuffer(bytes: [2, 0, 0, 0])) == .acknowledge)
        #expect(throws: SCTPParseError.unknownControlMessage(type: 9)) {
            try DataChannelControlMessage(parsing: ByteBuffer(bytes: [9]))
        }
        #expect(throws: SCTPParseError.unknownChannelType(0x43)) {
            try DataChannelControlMessage(parsing: ByteBuffer(bytes: [3, 0x43, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]))
        }
        #expect(throws: SCTPParseError.invalidText) {
            try DataChannelControlMessage(parsing: ByteBuffer(bytes: [3, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0xFF]))
        }
    }

    @Test func randomControlMessagesNeverTrap() {
        var random = RandomSource.seeded(3)
        var parsed = 0
        for _ in 0..<5000 {
            var bytes = random.bytes(Int.random(in: 0...30, using: &random))
            if bytes.count > 11 { bytes.replaceSubrange(0..<2, with: [3, 0x81]) }
            if (try? DataChannelControlMessage(parsing: ByteBuffer(bytes: bytes))) != nil { parsed += 1 }
        }
        #expect(parsed > 0)
    }

    @Test(arguments: [0, 0.3], [1, 2, 3, 4, 5] as [UInt64])
    func channelsOpenBothWaysWithTheirParameters(loss: Double, seed: UInt64) throws {
        var pair = ChannelsPair.connecting(.lossy(loss), seed: seed)
        let reliable = try pair.left.channels.open(label: "_reliable", at: pair.now)
        let lossy = try pair.left.channels.open(
            label: "_lossy", ordered: false, reliability: .maxRetransmits(0), protocol: "x", at: pair.now)
        let back = try pair.right.channels.open(label: "back", at: pair.now)
        // Written to before anything is connected.
        try pair.left.channels.send(ByteBuffer(string: "early"), isBinary: false, on: reliable, at: pair.now)
        let isDone = pair.run(for: .seconds(60)) {
            $0.left.opened.count == 3 && $0.right.opened.count == 3 && $0.right.messages.count == 1
        }
        #expect(isDone, "seed \(seed)")
        #expect(pair.left.channels.streamID(of: reliable) == 0 && pair.left.channels.streamID(of: lossy) == 2)
        #expect(pair.right.channels.streamID(of: back) == 1)
        let remote = pair.right.opened.filter(\.remote).map(\.parameters)
        #expect(
            Set(remote) == [
                .init(label: "_reliable"),
                .init(label: "_lossy", subprotocol: "x", ordered: false, reliability: .maxRetransmits(0)),
            ])
        #expect(pair.right.messages.first.map { String(buffer: $0.payload) } == "early")
        #expect(pair.left.opened.filter(\.remote).map(\.parameters.label) == ["back"])
    }

    @Test func theDTLSRoleMayBecomeKnownLater() throws {
        var pair = ChannelsPair(
            ChannelsPeer(isDTLSClient: nil, seed: 1), ChannelsPeer(isDTLSClient: true, seed: 2), seed: 1)
        let id = try pair.left.channels.open(label: "later", at: pair.now)
        try pair.left.channels.send(ByteBuffer(string: "a"), isBinary: true, on: id, at: pair.now)
        #expect(pair.left.channels.streamID(of: id) == nil && pair.left.channels.bufferedAmount(id) == 1)
        pair.left.channels.setRole(isDTLSClient: false, at: pair.now)
        #expect(pair.left.channels.streamID(of: id) == 1)
        pair.left.channels.connect(at: pair.now)
        #expect(pair.run(for: .seconds(2)) { $0.right.messages.count == 1 && $0.left.opened.count == 1 })
        #expect(pair.left.channels.bufferedAmount(id) == 0)
    }

    @Test func textBinaryAndEmptyMessagesKeepTheirKind() throws {
        var pair = ChannelsPair.connecting(seed: 1)
        let id = try pair.left.channels.open(label: "kinds", at: pair.now)
        let sent = [("text", false), ("", false), ("bytes", true), ("", true)]
        for (text, isBinary) in sent {
            try pair.left.channels.send(ByteBuffer(string: text), isBinary: isBinary, on: id, at: pair.now)
        }
        pair.run(for: .seconds(1))
        let received = pair.right.messages.map { (String(buffer: $0.payload), $0.isBinary) }
        #expect(received.map(\.0) == sent.map(\.0) && received.map(\.1) == sent.map(\.1))
    }

    /// Channels whose peer is the test.
    private func scripted(isDTLSClient: Bool = false) -> (DataChannels, inject: (inout DataChannels, Chunk...) -> Void)
    {
        var channels = DataChannels(isDTLSClient: isDTLSClient, random: .seeded(4))
        let now = Instant(nanoseconds: 1)
        func header(_ tag: UInt32) -> CommonHeader {
            CommonHeader(sourcePort: 5000, destinationPort: 5000, verificationTag: tag)
        }
        let tag = channels.association.localTag
        channels.connect(at: now)
        let ack = InitChunk(
            initiateTag: 99, advertisedWindow: 1 << 20, outboundStreams: 65_535, inboundStreams: 65_535,
            initialTSN: TSN(rawValue: 1),
            parameters: [.stateCookie(ByteBuffer(string: "c")), .supportedExtensions([130, 192])])
        let inject = { (channels: inout DataChannels, chunks: Chunk...) in
            channels.receive(SCTPPacket(header: header(tag), chunks: chunks).serialized(), at: now)
        }
        inject(&channels, .initiationAck(ack))
        inject(&channels, .cookieAck)
        return (channels, inject)
    }

    private func drain(_ channels: inout DataChannels) -> (events: [DataChannelEvent], data: [DataChunk]) {
        var events: [DataChannelEvent] = []
        var data: [DataChunk] = []
        while let output = channels.pollOutput() {
            switch output {
            case .event(let event): events.append(event)
            case .transmit(let bytes):
                for case .data(let chunk) in (try? SCTPPacket(parsing: bytes))?.chunks ?? [] { data.append(chunk) }
            }
        }
        return (events, data)
    }

    private func data(
        _ tsn: UInt32, ppid: UInt32, _ payload: ByteBuffer, stream: UInt16, unordered: Bool = false,
        sequence: UInt16 = 0
    ) -> Chunk {
        .data(
            DataChunk(
                flags: unordered ? [.beginning, .end, .unordered] : [.beginning, .end], tsn: TSN(rawValue: tsn),
                stream: stream, streamSequence: sequence, ppid: ppid, payload: payload))
    }

    private func openMessage(_ label: String, ordered: Bool = true) -> ByteBuffer {
        DataChannelControlMessage.open(
            DataChannelOpen(parameters: .init(label: label, ordered: ordered))
        ).serialized()
    }

    @Test func dataThatOvertookTheOpeningIsDeliveredAfterIt() {
        var (channels, inject) = scripted()
        inject(&channels, data(2, ppid: 53, ByteBuffer(string: "first"), stream: 4, unordered: true))
        inject(&channels, data(3, ppid: 51, ByteBuffer(string: "second"), stream: 4, unordered: true))
        #expect(drain(&channels).events.count == 1)  // connected
        inject(&channels, data(1, ppid: 50, openMessage("u", ordered: false), stream: 4))
        let (events, sent) = drain(&channels)
        #expect(events.count == 3)
        guard case .channelOpened(_, let parameters, remotelyOpened: true) = events[0],
            case .message(_, isBinary: true, let first) = events[1],
            case .message(_, isBinary: false, let second) = events[2]
        else {
            Issue.record("\(events)")
            return
        }
        #expect(parameters.label == "u" && String(buffer: first) == "first" && String(buffer: second) == "second")
        // The ACK goes reliably and in order although the channel does not.
        #expect(sent.count == 1 && sent[0].ppid == 50 && !sent[0].flags.contains(.unordered))
    }

    @Test func anAckOfFourBytesOpensAChannelAndDataIsUnorderedOnlyFromThenOn() throws {
        var (channels, inject) = scripted()
        let now = Instant(nanoseconds: 2)
        let id = try channels.open(label: "_lossy", ordered: false, reliability: .maxRetransmits(0), at: now)
        try channels.send(ByteBuffer(string: "a"), isBinary: true, on: id, at: now)
        #expect(drain(&channels).data.map { $0.flags.contains(.unordered) } == [false, false])
        inject(&channels, data(1, ppid: 50, ByteBuffer(bytes: [2, 0, 0, 0]), stream: 1))
        let opened = drain(&channels).events.contains {
            if case .channelOpened(id, _, remotelyOpened: false) = $0 { true } else { false }
        }
        #expect(opened)
        try channels.send(ByteBuffer(string: "b"), isBinary: true, on: id, at: now)
        #expect(drain(&channels).data.map { $0.flags.contains(.unordered) } == [true])
    }

    @Test func aRepeatedOpenIsAcknowledgedAndOneThatCollidesClosesTheChannel() throws {
        var (channels, inject) = scripted()
        inject(&channels, data(1, ppid: 50, openMessage("x"), stream: 0))
        inject(&channels, data(2, ppid: 50, openMessage("x"), stream: 0, sequence: 1))
        let (events, sent) = drain(&channels)
        #expect(events.count { if case .channelOpened = $0 { true } else { false } } == 1)
        #expect(sent.count == 2)
        // We, the DTLS server, own stream 1; the peer opens it all the same.
        let id = try channels.open(label: "mine", at: Instant(nanoseconds: 3))
        #expect(channels.streamID(of: id) == 1)
        inject(&channels, data(3, ppid: 50, openMessage("theirs"), stream: 1))
        _ = drain(&channels)
        #expect(throws: DataChannelError.closed) {
            try channels.send(ByteBuffer(string: "?"), isBinary: true, on: id, at: Instant(nanoseconds: 3))
        }
    }

    /// Our request is performed, but the response to it is lost, when the peer goes on.
    @Test func aStreamThatThePeerReusesBeforeItsResponseArrivesOpens() throws {
        var (channels, inject) = scripted()
        func reset(sequence: UInt32, lastTSN: UInt32) -> Chunk {
            .reconfiguration(
                ReconfigurationChunk(parameters: [
                    .outgoingReset(
                        OutgoingResetRequest(
                            requestSequence: sequence, responseSequence: 0, lastTSN: TSN(rawValue: lastTSN),
                            streams: [4]))
                ]))
        }
        inject(&channels, data(1, ppid: 50, openMessage("first"), stream: 4))
        _ = drain(&channels)
        inject(&channels, reset(sequence: 1, lastTSN: 1))
        _ = drain(&channels)
        let request = try #require(channels.association.reconfiguration.current?.latest)
        inject(&channels, data(2, ppid: 50, openMessage("second"), stream: 4))
        inject(&channels, data(3, ppid: 51, ByteBuffer(string: "hello"), stream: 4, sequence: 1))
        #expect(drain(&channels).events.isEmpty)
        inject(
            &channels,
            .reconfiguration(
                ReconfigurationChunk(parameters: [.response(.init(responseSequence: request, result: .performed))])))
        let (events, sent) = drain(&channels)
        guard events.count == 3, case .channelClosed = events[0],
            case .channelOpened(let id, let parameters, remotelyOpened: true) = events[1],
            case .message(id, isBinary: false, let text) = events[2]
        else {
            Issue.record("\(events)")
            return
        }
        #expect(parameters.label == "second" && String(buffer: text) == "hello")
        #expect(sent.map(\.ppid) == [50] && sent.map(\.streamSequence) == [0])
    }

    @Test func brokenOpeningsAndFloodsOfThemAreRefused() {
        var (channels, inject) = scripted()
        inject(&channels, data(1, ppid: 50, ByteBuffer(bytes: [3, 0, 0]), stream: 2))
        inject(&channels, data(2, ppid: 50, openMessage("late"), stream: 2, sequence: 1))
        for index in 0..<600 as Range<UInt32> {
            inject(&channels, data(3 + index, ppid: 50, openMessage("flood"), stream: UInt16(4 + 2 * index)))
        }
        let opened = drain(&channels).events.count { if case .channelOpened = $0 { true } else { false } }
        #expect(opened == DataChannels.maximumRemoteChannels)
    }

    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func closingWhileSendingDeliversFirst(seed: UInt64) throws {
        var pair = ChannelsPair.connecting(.lossy(0.1), seed: seed)
        let id = try pair.left.channels.open(label: "short", at: pair.now)
        for index in 0..<20 {
            try pair.left.channels.send(numbered(index, bytes: 3000), isBinary: true, on: id, at: pair.now)
        }
        pair.left.channels.close(id, at: pair.now)
        #expect(throws: DataChannelError.closed) {
            try pair.left.channels.send(ByteBuffer(string: "late"), isBinary: true, on: id, at: pair.now)
        }
        #expect(pair.run(for: .seconds(60)) { $0.left.closed.count == 1 && $0.right.closed.count == 1 }, "seed \(seed)")
        #expect(pair.right.messages.compactMap { number(of: $0.payload) } == Array(0..<20), "seed \(seed)")
        #expect(pair.left.channels.streamID(of: id) == nil)
    }

    @Test func aThousandChannelsOpenedAndClosedLeaveNothing() throws {
        var pair = ChannelsPair.connecting(seed: 6)
        for round in 0..<1000 {
            let id = try pair.left.channels.open(label: "c\(round)", at: pair.now)
            try pair.left.channels.send(numbered(round, bytes: 20), isBinary: true, on: id, at: pair.now)
            #expect(pair.left.channels.streamID(of: id) == 0, "round \(round)")
            pair.left.channels.close(id, at: pair.now)
            let isDone = pair.run(for: .seconds(5)) {
                $0.left.channels.halfReset.isEmpty && $0.right.channels.halfReset.isEmpty
                    && $0.left.channels.channels.isEmpty && $0.right.channels.channels.isEmpty
                    && $0.right.messages.count == 1
            }
            #expect(isDone, "round \(round)")
            pair.left.events = []
            pair.right.events = []
        }
    }

    @Test func aFullBufferIsAnErrorAndTheLowEventSaysWhenToGoOn() throws {
        var pair = ChannelsPair.connecting(seed: 7) { $0.sendBufferBytes = 200_000 }
        let id = try pair.left.channels.open(label: "bulk", at: pair.now)
        pair.run(for: .seconds(1))
        pair.left.events = []
        pair.left.channels.setBufferedAmountLowThreshold(50_000, on: id)
        var sent = 0
        func fill(_ pair: inout ChannelsPair) {
            do throws(DataChannelError) {
                while true {
                    try pair.left.channels.send(numbered(sent, bytes: 10_000), isBinary: true, on: id, at: pair.now)
                    sent += 1
                }
            } catch { #expect(error == .bufferFull) }
        }
        fill(&pair)
        #expect(sent == 20 && pair.left.channels.bufferedAmount(id) == 200_000)
        #expect(throws: DataChannelError.messageTooLarge(limit: 65_535)) {
            try pair.left.channels.send(ByteBuffer(repeating: 0, count: 65_536), isBinary: true, on: id, at: pair.now)
        }
        for _ in 0..<5 {
            pair.left.events = []
            let isLow = pair.run(for: .seconds(5)) {
                $0.left.events.contains { if case .bufferedAmountLow(id) = $0 { true } else { false } }
            }
            #expect(isLow && pair.left.channels.bufferedAmount(id) <= 50_000)
            fill(&pair)
        }
        pair.run(for: .seconds(10))
        #expect(pair.right.messages.compactMap { number(of: $0.payload) } == Array(0..<sent))
    }

    @Test func theEndOfTheAssociationClosesEveryChannelFirst() throws {
        var pair = ChannelsPair.connecting(seed: 8)
        _ = try pair.left.channels.open(label: "a", at: pair.now)
        _ = try pair.left.channels.open(label: "b", at: pair.now)
        pair.run(for: .seconds(1))
        pair.left.channels.abort(reason: "done", at: pair.now)
        pair.run(for: .seconds(1))
        #expect(pair.left.closed.count == 2 && pair.right.closed.count == 2)
        guard case .closed? = pair.left.events.last, case .failed(let failure)? = pair.right.events.last else {
            Issue.record("\(pair.left.events), \(pair.right.events)")
            return
        }
        #expect(failure == .abortedByPeer(codes: [12], reason: "done"))
        #expect(throws: DataChannelError.closed) { try pair.left.channels.open(label: "c", at: pair.now) }
    }
}
