import NIOCore
import NIOPosix
import RTCCore
import RTCNetwork
import SansIO

/// One driver on a loop of its own, and what it has told. Everything but the async methods belongs on the loop.
final class DrivenPeer {
    let driver: PeerConnectionDriver
    var states: [PeerConnection.State] = []
    var channels: [String: DataChannelID] = [:]
    var messages: [String] = []
    var packets: [ReceivedRTP] = []
    var failures: [String] = []
    var hasClosedChannel = false
    /// Whether datagrams are read together, and when each packet was told.
    var isBeating = false
    var told: [Instant] = []
    /// How often all that waited had been read.
    var caughtUp = 0
    /// How often that was before each message, where a test notes it.
    var messageBeats: [Int] = []
    /// Called after each event was noted.
    var onEvent: ((PeerConnection.Event) -> Void)?
    /// Datagrams that the driver was about to send, and those it was about to take.
    var outbound = 0
    var inbound = 0
    var dropsOutbound = false
    var dropsInbound = false

    init(eventLoop: any EventLoop, ice: ICEAgent.Configuration, sharedReading: Duration = .zero) throws {
        var configuration = PeerConnection.Configuration(identity: try DTLSIdentity.generate())
        configuration.ice = ice
        let connection = PeerConnection(configuration: configuration, random: .system)
        driver = PeerConnectionDriver(connection: connection, eventLoop: eventLoop, sharedReading: sharedReading)
        driver.onCaughtUp = { [weak self] in self?.caughtUp += 1 }
        driver.onBeating = { [weak self] isBeating in self?.isBeating = isBeating }
        driver.onEvent = { [weak self] event in
            self?.note(event)
            self?.onEvent?(event)
        }
        driver.dropsDatagram = { [weak self] isOutbound in self?.drops(isOutbound) ?? false }
    }

    private func note(_ event: PeerConnection.Event) {
        switch event {
        case .stateChanged(let state): states.append(state)
        case .dataChannelOpened(let channel, let label): channels[label] = channel
        case .dataChannelMessage(_, _, let payload): messages.append(String(buffer: payload))
        case .dataChannelClosed: hasClosedChannel = true
        case .rtp(let packet):
            packets.append(packet)
            told.append(.onEventLoop)
        case .failure(let reason): failures.append(reason)
        default: break
        }
    }

    /// Sends a packet of sound.
    func sendAudio(_ number: UInt16, on audio: TransceiverID) {
        driver.perform { connection, now in
            let packet = OutgoingRTP(
                payloadType: 111, marker: false, sequenceNumber: number, timestamp: UInt32(number) * 960,
                payload: ByteBuffer(string: "sound \(number)"))
            _ = connection.sendRTP(packet, on: audio, at: now)
        }
    }

    private func drops(_ isOutbound: Bool) -> Bool {
        if isOutbound { outbound += 1 } else { inbound += 1 }
        return isOutbound ? dropsOutbound : dropsInbound
    }
}

/// A peer seen from a test: its loop, and the way onto it.
struct PeerHandle: Sendable {
    let eventLoop: any EventLoop
    fileprivate let peer: NIOLoopBound<DrivenPeer>

    /// A peer with a socket on 127.0.0.1.
    static func start(
        ice: ICEAgent.Configuration = .init(), sharedReading: Duration = .zero,
        on loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()
    ) async throws -> PeerHandle {
        let peer = try await loop.submit {
            NIOLoopBound(
                try DrivenPeer(eventLoop: loop, ice: ice, sharedReading: sharedReading), eventLoop: loop)
        }.get()
        _ = try await loop.flatSubmit { peer.value.driver.gatherHostCandidates([.loopback]) }.get()
        return PeerHandle(eventLoop: loop, peer: peer)
    }

    func run<Value: Sendable>(_ body: @escaping @Sendable (DrivenPeer) throws -> Value) async throws -> Value {
        let peer = peer
        return try await eventLoop.submit { try body(peer.value) }.get()
    }

    /// Waits until something holds.
    /// - Returns: whether it came to hold.
    func comes(
        within limit: Duration = .seconds(20), _ condition: @escaping @Sendable (DrivenPeer) -> Bool
    ) async throws -> Bool {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            if try await run(condition) { return true }
            try await Task.sleep(for: .milliseconds(5))
        }
        return false
    }

    func address() async throws -> TransportAddress? {
        try await run { $0.driver.perform { connection, _ in connection.localCandidates.first?.address } }
    }

    func close() async throws { try await run { $0.driver.close() } }
}

/// Two peers that have negotiated an audio track (left to right) and a data channel.
struct DriverPair: Sendable {
    let left: PeerHandle
    let right: PeerHandle
    let audio: TransceiverID

    /// - Parameters:
    ///   - loop: of both; one of its own for each if left out.
    ///   - preferred: an address that both descriptions name before the real ones.
    ///   - sharedReading: how long what comes to the right may wait to be read together.
    ///   - prepare: called on both loops before anything is sent.
    static func negotiated(
        ice: ICEAgent.Configuration = .init(), on loop: (any EventLoop)? = nil, preferring preferred: String? = nil,
        sharedReading: Duration = .zero, prepare: @escaping @Sendable (DrivenPeer) -> Void = { _ in }
    ) async throws -> DriverPair {
        let left = try await PeerHandle.start(ice: ice, on: loop ?? MultiThreadedEventLoopGroup.singleton.next())
        let right = try await PeerHandle.start(
            ice: ice, sharedReading: sharedReading, on: loop ?? MultiThreadedEventLoopGroup.singleton.next())
        try await left.run(prepare)
        try await right.run(prepare)
        let (audio, offer) = try await left.run { peer in
            try peer.driver.perform { connection, now in
                let audio = connection.addTransceiver(
                    .audio, direction: .sendonly, track: LocalTrack(streamID: "stream", trackID: "track"))
                let channel = try connection.openDataChannel(label: "chat", at: now)
                try connection.send(ByteBuffer(string: "early"), isBinary: false, on: channel, at: now)
                return (audio, try connection.createOffer(at: now))
            }
        }
        let answer = try await right.run { peer in
            try peer.driver.perform { connection, now in
                try connection.setRemoteOffer(naming(preferred, in: offer), at: now)
                return try connection.createAnswer(at: now)
            }
        }
        try await left.run { peer in
            try peer.driver.perform { try $0.setRemoteAnswer(naming(preferred, in: answer), at: $1) }
        }
        return DriverPair(left: left, right: right, audio: audio)
    }

    /// A description with one more candidate, of a priority above all others.
    private static func naming(_ address: String?, in description: String) -> String {
        guard let address else { return description }
        return description.replacing(
            "a=candidate:", with: "a=candidate:9 1 udp 2147483647 \(address) 9 typ host\r\na=candidate:",
            maxReplacements: 1)
    }

    /// Has the right send what closes its socket: checks of a new session, of which the left does not know, to an address that
    /// refuses them.
    func breakRightSocket() async throws {
        let offer = try await left.run { try $0.driver.perform { try $0.createOffer(iceRestart: true, at: $1) } }
        let spoilt = Self.naming("127.255.255.255", in: offer)
        _ = try await right.run { peer in
            try peer.driver.perform { connection, now in
                try connection.setRemoteOffer(spoilt, at: now)
                return try connection.createAnswer(at: now)
            }
        }
    }

    /// Runs something with both peers, which must be on one loop.
    func together<Value: Sendable>(
        _ body: @escaping @Sendable (DrivenPeer, DrivenPeer) throws -> Value
    ) async throws -> Value {
        let other = right.peer
        return try await left.run { try body($0, other.value) }
    }

    /// Sends a packet of sound from the left.
    func sendAudio(_ number: UInt16) async throws {
        let audio = audio
        try await left.run { $0.sendAudio(number, on: audio) }
    }

    func areConnected(within limit: Duration = .seconds(20)) async throws -> Bool {
        let isLeftUp = try await left.comes(within: limit) { $0.states.last == .connected }
        let isRightUp = try await right.comes(within: limit) { $0.states.last == .connected }
        return isLeftUp && isRightUp
    }

    func close() async throws {
        try await left.close()
        try await right.close()
    }
}
