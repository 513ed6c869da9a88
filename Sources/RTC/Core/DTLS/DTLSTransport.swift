import NIOCore
import SansIO

/// One DTLS 1.2 association (RFC 6347) with the keys for SRTP (RFC 5764) and application data both ways.
///
/// The caller feeds datagrams and time and drains `pollOutput`. The one thing it does not own is OpenSSL's clock: the
/// retransmission timer runs on the system's time of day, so `deadline` is that timer's remainder added to the instant
/// of the last call. Not thread-safe; belongs to one event loop.
public final class DTLSTransport {
    public let role: Role
    public private(set) var state = State.new
    /// Datagrams that were no DTLS record, or came too early or too late to be looked at.
    public private(set) var ignoredDatagrams: UInt64 = 0

    private let configuration: Configuration
    private let session: DTLSSession
    private var outputs = CircularBuffer<Output>()
    private var queued = CircularBuffer<ByteBuffer>()
    private var retransmission: Instant?
    private var handshakeEnd: Instant?

    /// What a record carries at most (RFC 5246 §6.2.1).
    public static let maximumMessageLength = 16384

    /// - Parameters:
    ///   - remoteFingerprints: what the signalling says about the peer's certificate; of those with the strongest hash
    ///     function one has to match.
    /// - Throws: `noFingerprint`, `invalidConfiguration`.
    public init(
        identity: DTLSIdentity, role: Role, remoteFingerprints: [DTLSFingerprint],
        configuration: Configuration = .init()
    ) throws(DTLSError) {
        guard !remoteFingerprints.isEmpty else { throw .noFingerprint }
        self.role = role
        self.configuration = configuration
        session = try DTLSSession(
            identity: identity, isServer: role == .server, fingerprints: remoteFingerprints,
            configuration: configuration)
    }

    /// Begins the handshake: the client sends its hello, the server waits for one. A second call does nothing.
    public func start(at now: Instant) {
        guard state == .new else { return }
        state = .handshaking
        handshakeEnd = now + configuration.handshakeTimeout
        if role == .client { handshake() }
        settle(at: now)
    }

    /// Takes a datagram of DTLS records. Broken ones are counted and ignored. A server that was not started does so.
    public func receive(_ datagram: ByteBuffer, at now: Instant) {
        if state == .new, role == .server { start(at: now) }
        guard state == .handshaking || state == .connected else {
            ignoredDatagrams &+= 1
            return
        }
        datagram.withUnsafeReadableBytes { bytes in
            let usable = DTLSRecordScan.usableLength(of: bytes)
            guard usable > 0 else {
                ignoredDatagrams &+= 1
                return
            }
            session.withDatagram(UnsafeRawBufferPointer(rebasing: bytes[..<usable])) {
                if state == .handshaking { handshake() }
                if state == .connected { readAll() }
            }
        }
        settle(at: now)
    }

    /// Retransmits, or gives the handshake up.
    public func timeout(at now: Instant) {
        guard state == .handshaking || state == .connected else { return }
        if let handshakeEnd, now >= handshakeEnd {
            fail(.handshakeTimedOut)
        } else if case .failed(let error) = session.handleTimeout() {
            fail(error)
        }
        settle(at: now)
    }

    /// The next thing to do for the caller, in the order in which it came to be.
    public func pollOutput() -> Output? { outputs.popFirst() }

    /// Whether `pollOutput` has something to give.
    var hasOutput: Bool { !outputs.isEmpty }

    /// When `timeout` is to be called.
    public var deadline: Instant? { earliest(retransmission, handshakeEnd) }

    /// Sends one message as one record. Before the handshake is over it waits in a bounded queue.
    /// - Throws: `notOpen`, `sendQueueFull`, `messageTooLarge`, or what OpenSSL says.
    public func send(_ applicationData: ByteBuffer) throws(DTLSError) {
        guard applicationData.readableBytes <= Self.maximumMessageLength else {
            throw .messageTooLarge(maximum: Self.maximumMessageLength)
        }
        switch state {
        case .new, .handshaking:
            guard queued.count < configuration.maximumQueuedMessages else { throw .sendQueueFull }
            queued.append(applicationData)
        case .connected:
            try write(applicationData)
        case .closed, .failed:
            throw .notOpen
        }
    }

    /// Tells the peer, if the handshake is over, and ends the association. No event follows.
    public func close() {
        guard state != .closed, state != .failed else { return }
        end(.closed)
    }

    private func handshake() {
        switch session.handshake() {
        case .pending: break
        case .done: complete()
        case .closed: fail(.peerAlert(code: 0, reason: "close notify during the handshake"))
        case .failed(let error): fail(error)
        }
    }

    private func complete() {
        do throws(DTLSError) {
            let keys = try session.exportKeyingMaterial()
            drainSession()
            state = .connected
            handshakeEnd = nil
            outputs.append(.event(.connected(keys)))
            while let message = queued.popFirst() {
                try write(message)
            }
        } catch {
            fail(error)
        }
    }

    /// Reads every record of the datagram at hand, and what OpenSSL kept of data that overtook the handshake.
    private func readAll() {
        while state == .connected {
            var data = ByteBuffer()
            switch session.read(into: &data) {
            case .pending: return
            case .done: outputs.append(.event(.applicationData(data)))
            case .closed:
                end(.closed)
                outputs.append(.event(.closed))
            case .failed(let error): fail(error)
            }
        }
    }

    private func write(_ message: ByteBuffer) throws(DTLSError) {
        // OpenSSL takes a write of no bytes for a failed one, and a record without content carries nothing anyway.
        guard message.readableBytes > 0 else { return }
        if case .failed(let error) = session.write(message) { throw error }
        drainSession()
    }

    private func fail(_ error: DTLSError) {
        end(.failed)
        outputs.append(.event(.failed(error)))
    }

    private func end(_ final: State) {
        if state == .connected, final == .closed { session.shutdown() }
        state = final
        queued.removeAll()
        retransmission = nil
        handshakeEnd = nil
        drainSession()
    }

    private func settle(at now: Instant) {
        drainSession()
        let isOpen = state == .handshaking || state == .connected
        retransmission = isOpen ? session.retransmissionTimer.map { now + $0 } : nil
    }

    private func drainSession() {
        while let datagram = session.popOutgoing() {
            outputs.append(.transmit(datagram))
        }
    }
}
