import CTestClock
import NIOCore
import RTCCore
import SansIO
import Simulation

/// One end of a simulated association. Sets OpenSSL's clock on this thread to the virtual time before every call.
final class DTLSPeer: SimulatedPeer {
    let transport: DTLSTransport
    private(set) var keys: SRTPKeyingMaterial?
    private(set) var connectedAt: Instant?
    private(set) var failure: DTLSError?
    private(set) var isClosed = false
    private(set) var received: [ByteBuffer] = []
    /// Every datagram sent, with its time, before `filter` saw it.
    private(set) var sent: [(at: Instant, datagram: ByteBuffer)] = []
    /// What becomes of the datagram with this number: what it returns goes on the link.
    var filter: (_ number: Int, _ datagram: ByteBuffer) -> [ByteBuffer] = { [$1] }
    private var waiting: [ByteBuffer] = []

    init(_ transport: DTLSTransport) {
        self.transport = transport
    }

    var isConnected: Bool { connectedAt != nil }
    var deadline: Instant? { transport.deadline }

    func start(at now: Instant) {
        setClock(now)
        transport.start(at: now)
    }

    func receive(_ packet: ByteBuffer, at now: Instant) {
        setClock(now)
        transport.receive(packet, at: now)
    }

    func timeout(at now: Instant) {
        setClock(now)
        transport.timeout(at: now)
    }

    func pollTransmit(at now: Instant) -> ByteBuffer? {
        while waiting.isEmpty, let output = transport.pollOutput() {
            switch output {
            case .transmit(let datagram):
                waiting += filter(sent.count, datagram)
                sent.append((now, datagram))
            case .event(let event): note(event, at: now)
            }
        }
        return waiting.isEmpty ? nil : waiting.removeFirst()
    }

    private func note(_ event: DTLSTransport.Event, at now: Instant) {
        switch event {
        case .connected(let keys):
            self.keys = keys
            connectedAt = now
        case .applicationData(let data): received.append(data)
        case .closed: isClosed = true
        case .failed(let error): failure = error
        }
    }

    private func setClock(_ now: Instant) {
        test_clock_set(1_700_000_000_000_000 + now.nanoseconds / 1000)
    }
}

typealias DTLSPair = SimulatedPair<DTLSPeer, DTLSPeer>

/// What a test varies about a client (left) and a server (right).
struct DTLSScene {
    var client = DTLSTransport.Configuration()
    var server = DTLSTransport.Configuration()
    var conditions = LinkConditions()
    var seed: UInt64 = 1
    /// Replaces what each side is told about the other's certificate.
    var clientExpects: [DTLSFingerprint]?
    var serverExpects: [DTLSFingerprint]?

    static let clientIdentity = Result { try DTLSIdentity.generate() }
    static let serverIdentity = Result { try DTLSIdentity.generate() }

    /// Both started, nothing exchanged yet.
    func pair() throws -> DTLSPair {
        let (clientIdentity, serverIdentity) = (try Self.clientIdentity.get(), try Self.serverIdentity.get())
        let left = try DTLSTransport(
            identity: clientIdentity, role: .client, remoteFingerprints: clientExpects ?? [serverIdentity.fingerprint],
            configuration: client)
        let right = try DTLSTransport(
            identity: serverIdentity, role: .server, remoteFingerprints: serverExpects ?? [clientIdentity.fingerprint],
            configuration: server)
        let pair = DTLSPair(DTLSPeer(left), DTLSPeer(right), forward: conditions, seed: seed)
        pair.left.start(at: pair.now)
        pair.right.start(at: pair.now)
        return pair
    }

    /// A pair after its handshake.
    func connected(within limit: Duration = .seconds(5)) throws -> DTLSPair {
        var pair = try pair()
        guard pair.connect(within: limit) else {
            throw HandshakeFailed(left: pair.left.failure, right: pair.right.failure)
        }
        return pair
    }

    struct HandshakeFailed: Error {
        var left: DTLSError?
        var right: DTLSError?
    }
}

extension DTLSPair {
    mutating func connect(within limit: Duration) -> Bool {
        run(for: limit) { $0.left.isConnected && $0.right.isConnected }
    }
}

func bytes(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }

/// Runs `body` and gives this thread the real time back.
func withVirtualTime<Result>(_ body: () throws -> Result) rethrows -> Result {
    defer { test_clock_clear() }
    return try body()
}
