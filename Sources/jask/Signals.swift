import Dispatch
import Foundation

/// Waits for SIGTERM or SIGINT; a second one ends the process at once.
///
/// Unchecked: the sources are kept alive, and never touched again.
final class Signals: @unchecked Sendable {
    private let sources: [any DispatchSourceSignal]
    private let continuation: AsyncStream<Int32>.Continuation
    let stream: AsyncStream<Int32>

    init() {
        // A journal at the limit of its file's size is an error of that write, not the end of the process.
        signal(SIGXFSZ, SIG_IGN)
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        self.stream = stream
        self.continuation = continuation
        sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(number) }
            source.resume()
            return source
        }
    }

    /// Calls back on SIGHUP, which otherwise ends a process.
    /// - Returns: what must be kept for as long as it is to call.
    static func onHangUp(_ body: @escaping @Sendable () -> Void) -> any DispatchSourceSignal {
        signal(SIGHUP, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global())
        source.setEventHandler(handler: body)
        source.resume()
        return source
    }

    /// Ends a wait as a signal would.
    func wake() { continuation.yield(0) }

    /// The next signal.
    func next() async -> Int32 {
        for await number in stream { return number }
        return SIGTERM
    }
}
