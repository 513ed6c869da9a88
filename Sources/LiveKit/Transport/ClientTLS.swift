import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// What `wss` and `https` connections are secured by. Reading the system's authorities takes tens of milliseconds, so it is
/// done once, by the first connection that needs them, on a thread where it keeps no room waiting.
public final class ClientTLS: Sendable {
    /// The process's, with the authorities that the system trusts.
    public static let system = ClientTLS(.makeClientConfiguration())

    private enum State {
        case unread
        case reading([EventLoopPromise<NIOSSLContext>])
        case read(NIOSSLContext)
    }

    private let load: @Sendable () throws -> NIOSSLContext
    private let state = Mutex(State.unread)

    public convenience init(_ configuration: TLSConfiguration) {
        self.init { try NIOSSLContext(configuration: configuration) }
    }

    init(load: @escaping @Sendable () throws -> NIOSSLContext) {
        self.load = load
    }

    /// The context, for a connection on that loop. Fails with `TransportError.tls`; the next call tries again then.
    func context(on eventLoop: any EventLoop) -> EventLoopFuture<NIOSSLContext> {
        let promise = eventLoop.makePromise(of: NIOSSLContext.self)
        let begins = state.withLock { state in
            switch state {
            case .unread:
                state = .reading([promise])
                return true
            case .reading(let waiting):
                state = .reading(waiting + [promise])
            case .read(let context):
                promise.succeed(context)
            }
            return false
        }
        if begins { NIOThreadPool.singleton.submit { _ in self.read() } }
        return promise.futureResult
    }

    private func read() {
        let result = Result(catching: load).mapError {
            TransportError.tls(TLSFailure.text(String(describing: $0))) as any Error
        }
        let waiting = state.withLock { state -> [EventLoopPromise<NIOSSLContext>] in
            guard case .reading(let waiting) = state else { return [] }
            state = (try? result.get()).map { .read($0) } ?? .unread
            return waiting
        }
        for promise in waiting { promise.completeWith(result) }
    }
}
