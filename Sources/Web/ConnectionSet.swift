import NIOCore
import Synchronization

/// The open connections of a server, so that it can drain and stop.
final class ConnectionSet: Sendable {
    private struct State {
        var open: [ObjectIdentifier: any Channel] = [:]
        var isDraining = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// Asks a connection to finish what it does and close.
    struct Drain: Sendable {}

    /// - Returns: whether the connection may serve; not while draining.
    func add(_ channel: any Channel) -> Bool {
        state.withLock { state in
            state.open[ObjectIdentifier(channel)] = channel
            return !state.isDraining
        }
    }

    func remove(_ channel: any Channel) {
        let waiters: [CheckedContinuation<Void, Never>] = state.withLock { state in
            state.open[ObjectIdentifier(channel)] = nil
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
        open.forEach { $0.pipeline.fireUserInboundEventTriggered(Drain()) }
    }

    func cutAll() {
        let open = state.withLock { state in
            state.isDraining = true
            return Array(state.open.values)
        }
        open.forEach { $0.close(promise: nil) }
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
