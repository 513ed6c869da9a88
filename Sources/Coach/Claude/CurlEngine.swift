import CCurl
import Foundation
import SansIO
import Synchronization

/// Runs every HTTP request of the process on one thread of its own, over one `curl_multi`, so that connections are kept
/// and shared. The thread ends with the engine.
public final class CurlEngine: Sendable {
    /// The process's engine.
    public static let shared = CurlEngine()

    struct Request: Sendable {
        var method: String
        var url: String
        /// `name: value` each.
        var headers: [String]
        var body: [UInt8]
        var connectTimeout: Duration
        var caFile: String?
        /// Not one that is there from earlier requests.
        var needsFreshConnection = false
    }

    private let loop: CurlLoop?

    public init() {
        loop = CurlLoop()
        guard let loop else { return }
        let thread = Thread { loop.run() }
        thread.name = "jask-curl"
        thread.start()
    }

    deinit { loop?.post(.stop) }

    /// Makes one request and returns when the exchange has its result. Never later than `grace` after the exchange's
    /// total deadline. When the task is cancelled, the transfer is taken down and the exchange has what came until then.
    func perform(
        _ request: Request, _ exchange: Exchange, total: Instant, grace: Duration = .milliseconds(250)
    ) async -> Exchange {
        let job = CurlJob(request: request, exchange: exchange)
        guard let loop else {
            return exchange.failed(ClaudeError(.network, message: "libcurl could not be set up"))
        }
        // Name resolution inside libcurl can hold its thread up; the caller's time is bounded all the same.
        let watchdog = Task {
            try? await Task.sleep(for: (total + grace) - MonotonicClock.now())
            guard !Task.isCancelled else { return }
            job.finish(exchange.failed(ClaudeError(.timeout(.total), message: "the time for the answer is over")))
            loop.post(.cancel(job))
        }
        defer { watchdog.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if job.await(continuation) { loop.post(.add(job)) }
            }
        } onCancel: {
            loop.post(.cancel(job))
        }
    }
}

/// One request on its way. The exchange belongs to the loop's thread; the waiter is resumed once, from any thread.
final class CurlJob: @unchecked Sendable {
    let request: CurlEngine.Request
    /// Only the loop's thread touches this.
    var exchange: Exchange
    private let waiter = Mutex<Waiter>(.none)

    private enum Waiter {
        case none
        case waiting(CheckedContinuation<Exchange, Never>)
        case finished(Exchange)
        case resumed
    }

    init(request: CurlEngine.Request, exchange: Exchange) {
        self.request = request
        self.exchange = exchange
    }

    /// - Returns: false when the job was finished before anybody waited; then the waiter was resumed here.
    func await(_ continuation: CheckedContinuation<Exchange, Never>) -> Bool {
        let early: Exchange? = waiter.withLock { waiter in
            if case .finished(let exchange) = waiter {
                waiter = .resumed
                return exchange
            }
            waiter = .waiting(continuation)
            return nil
        }
        guard let early else { return true }
        continuation.resume(returning: early)
        return false
    }

    /// Whether nobody waits any more.
    var isFinished: Bool {
        waiter.withLock { waiter in
            switch waiter {
            case .none, .waiting: false
            case .finished, .resumed: true
            }
        }
    }

    /// The first call counts.
    func finish(_ exchange: Exchange) {
        let continuation: CheckedContinuation<Exchange, Never>? = waiter.withLock { waiter in
            switch waiter {
            case .none:
                waiter = .finished(exchange)
                return nil
            case .waiting(let continuation):
                waiter = .resumed
                return continuation
            case .finished, .resumed: return nil
            }
        }
        continuation?.resume(returning: exchange)
    }
}

/// The system's monotonic clock as an `Instant`.
enum MonotonicClock {
    static func now() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
    }
}
