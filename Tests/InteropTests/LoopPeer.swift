import NIOCore
import NIOPosix
import RTCCore
import RTCNetwork
import SansIO
import Simulation
import Synchronization

/// Our side of a test: a driver on a loop of its own, and what it has seen.
final class LoopPeer: Sendable {
    /// Lives on the loop.
    final class State {
        let driver: PeerConnectionDriver
        var states: [PeerConnection.State] = []
        var failures: [String] = []
        var channels: [String: DataChannelID] = [:]
        var messages: [DataChannelID: [ByteBuffer]] = [:]
        var packets: [ReceivedRTP] = []
        var onLow: ((DataChannelID) -> Void)?
        var dropped = 0

        init(_ driver: PeerConnectionDriver) { self.driver = driver }

        func take(_ event: PeerConnection.Event) {
            switch event {
            case .stateChanged(let state): states.append(state)
            case .failure(let reason): failures.append(reason)
            case .dataChannelOpened(let channel, let label): channels[label] = channel
            case .dataChannelMessage(let channel, _, let payload): messages[channel, default: []].append(payload)
            case .bufferedAmountLow(let channel): onLow?(channel)
            case .rtp(let packet): packets.append(packet)
            default: break
            }
        }
    }

    private let loop: any EventLoop
    private let state: NIOLoopBound<State>

    private init(loop: any EventLoop, state: NIOLoopBound<State>) {
        self.loop = loop
        self.state = state
    }

    /// - Parameter loss: of datagrams, each way, 0...1.
    static func start(loss: Double, seed: UInt64) async throws -> LoopPeer {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let started = try await loop.submit {
            let connection = PeerConnection(
                configuration: .init(identity: try DTLSIdentity.generate()), random: .system)
            let state = State(PeerConnectionDriver(connection: connection, eventLoop: loop))
            state.driver.onEvent = { [weak state] event in state?.take(event) }
            var random = SplitMix64(seed: seed)
            state.driver.dropsDatagram = { [weak state] _ in
                guard Double.random(in: 0..<1, using: &random) < loss else { return false }
                state?.dropped += 1
                return true
            }
            return NIOLoopBound(state, eventLoop: loop)
        }.get()
        let peer = LoopPeer(loop: loop, state: started)
        _ = try await loop.flatSubmit { started.value.driver.gatherHostCandidates([IPAddress(v4: 0x7F00_0001)]) }.get()
        return peer
    }

    /// Runs on the loop.
    func run<Value: Sendable>(_ body: @escaping @Sendable (State) throws -> Value) async throws -> Value {
        let state = state
        return try await loop.submit { try body(state.value) }.get()
    }

    /// Waits until something holds.
    /// - Returns: whether it came to hold.
    func waits(
        for limit: Duration = .seconds(20), until condition: @escaping @Sendable (State) -> Bool
    ) async throws -> Bool {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            if try await run(condition) { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    /// Calls `body` every 20 ms on the loop, until it answers false.
    func everyFrame(_ body: @escaping @Sendable (State, _ frame: Int) -> Bool) {
        let state = state
        let frame = Mutex(0)
        loop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(20)) { task in
            let number = frame.withLock { frame in
                defer { frame += 1 }
                return frame
            }
            if !body(state.value, number) { task.cancel() }
        }
    }

    func close() async throws { try await run { $0.driver.close() } }
}

extension LoopPeer {
    /// Negotiates with the aiortc peer, in either role.
    func connect(to peer: AiortcProcess, weOffer: Bool) async throws {
        if weOffer {
            let offer = try await run { try $0.driver.perform { try $0.createOffer(at: $1) } }
            try peer.say(["do": "accept", "sdp": offer])
            let answer = try await peer.event("answer").sdp ?? ""
            try await run { try $0.driver.perform { try $0.setRemoteAnswer(answer, at: $1) } }
        } else {
            try peer.say(["do": "offer"])
            let offer = try await peer.event("offer").sdp ?? ""
            let answer = try await run {
                try $0.driver.perform { connection, now in
                    try connection.setRemoteOffer(offer, at: now)
                    return try connection.createAnswer(at: now)
                }
            }
            try peer.say(["do": "answer", "sdp": answer])
        }
    }
}
