import NIOCore
import Synchronization

/// The open connections of a server, so that it can drain and stop.
final class ConnectionSet: Sendable {
    private struct State {
        var open: [ObjectIdentifier: (channel: any Channel, origin: ConnectionOrigin?)] = [:]
        var byOrigin: [ConnectionOrigin: Int] = [:]
        var isDraining = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let limit: Int
    private let limitPerAddress: Int

    /// - Parameters:
    ///   - limit: of connections at the same time.
    ///   - limitPerAddress: of connections from one origin.
    init(limit: Int, limitPerAddress: Int) {
        self.limit = limit
        self.limitPerAddress = limitPerAddress
    }

    /// Asks a connection to finish what it does and close.
    struct Drain: Sendable {}

    /// - Returns: whether the connection may serve; not while draining, nor beyond the limits.
    func add(_ channel: any Channel) -> Bool {
        let origin = channel.remoteAddress.flatMap(ConnectionOrigin.init)
        return state.withLock { state in
            state.open[ObjectIdentifier(channel)] = (channel, origin)
            if let origin { state.byOrigin[origin, default: 0] += 1 }
            let fromThere = origin.flatMap { state.byOrigin[$0] } ?? 0
            return !state.isDraining && state.open.count <= limit && fromThere <= limitPerAddress
        }
    }

    func remove(_ channel: any Channel) {
        let waiters: [CheckedContinuation<Void, Never>] = state.withLock { state in
            if let origin = state.open.removeValue(forKey: ObjectIdentifier(channel))?.origin {
                let left = state.byOrigin[origin, default: 1] - 1
                state.byOrigin[origin] = left > 0 ? left : nil
            }
            guard state.open.isEmpty else { return [] }
            defer { state.waiters = [] }
            return state.waiters
        }
        waiters.forEach { $0.resume() }
    }

    func drain() {
        let open = state.withLock { state in
            state.isDraining = true
            return Array(state.open.values)
        }
        open.forEach { $0.channel.pipeline.fireUserInboundEventTriggered(Drain()) }
    }

    func cutAll() {
        let open = state.withLock { state in
            state.isDraining = true
            return Array(state.open.values)
        }
        open.forEach { $0.channel.close(promise: nil) }
    }

    func waitUntilEmpty() async {
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                if !state.open.isEmpty { state.waiters.append(continuation) }
                return state.open.isEmpty
            }
            if isEmpty { continuation.resume() }
        }
    }
}

/// Whom connections are counted for: an IPv4 address, or an IPv6 network of 64 bits, of which one machine may have all
/// addresses.
struct ConnectionOrigin: Hashable {
    private let bytes: [UInt8]

    /// - Returns: `nil` for what is no IP address.
    init?(_ address: SocketAddress) {
        switch address {
        case .v4(let address):
            bytes = withUnsafeBytes(of: address.address.sin_addr) { Array($0) }
        case .v6(let address):
            let all = withUnsafeBytes(of: address.address.sin6_addr) { Array($0) }
            let isMapped = all.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
            bytes = isMapped ? Array(all.suffix(4)) : Array(all.prefix(8))
        case .unixDomainSocket: return nil
        }
    }
}
