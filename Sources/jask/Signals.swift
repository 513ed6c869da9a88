import Dispatch
import Foundation
import Synchronization

/// Waits for SIGTERM or SIGINT; a second one ends the process at once. Made before anything else: until then, signals end
/// the process.
///
/// Unchecked: the sources are kept alive, and never touched again.
final class Signals: @unchecked Sendable {
    private struct HangUp {
        var body: (@Sendable () -> Void)?
        var isWaiting = false
    }

    private let hangUp: Mutex<HangUp>
    private let sources: [any DispatchSourceSignal]
    private let continuation: AsyncStream<Int32>.Continuation
    let stream: AsyncStream<Int32>

    /// - Parameter endsOnHangUp: whether SIGHUP is a signal to end as well, as for what a terminal runs. Else it is kept
    ///   until `onHangUp`.
    init(endsOnHangUp: Bool = false) {
        // A journal at the limit of its file's size is an error of that write, not the end of the process.
        signal(SIGXFSZ, SIG_IGN)
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        self.stream = stream
        self.continuation = continuation
        hangUp = Mutex(HangUp())
        let numbers = [SIGTERM, SIGINT, SIGHUP]
        sources = numbers.map { number in
            signal(number, SIG_IGN)
            return DispatchSource.makeSignalSource(signal: number, queue: .global())
        }
        for (number, source) in zip(numbers, sources) {
            source.setEventHandler { [weak self] in
                if number == SIGHUP, !endsOnHangUp { self?.hungUp() } else { continuation.yield(number) }
            }
            source.resume()
        }
    }

    /// Calls back on SIGHUP, at once if one has come already.
    func onHangUp(_ body: @escaping @Sendable () -> Void) {
        let wasWaiting = hangUp.withLock { hangUp in
            hangUp.body = body
            defer { hangUp.isWaiting = false }
            return hangUp.isWaiting
        }
        if wasWaiting { body() }
    }

    private func hungUp() {
        let body = hangUp.withLock { hangUp in
            hangUp.isWaiting = hangUp.body == nil
            return hangUp.body
        }
        body?()
    }

    /// Ends a wait as a signal would.
    func wake() { continuation.yield(0) }

    /// The next signal.
    func next() async -> Int32 {
        for await number in stream { return number }
        return SIGTERM
    }
}
