import Foundation
import SansIO

/// Makes every HTTP request of the process on one thread of its own, over one `curl_multi`, so that connections are kept
/// and shared. The thread ends with the client.
public final class CurlClient: Sendable {
    /// The process's client.
    public static let shared = CurlClient()

    /// How long after a reader's deadline `perform` returns at the latest, though libcurl's thread be held up.
    public static let grace = Duration.milliseconds(250)

    private let loop: CurlLoop?

    public init() {
        loop = CurlLoop()
        guard let loop else { return }
        let thread = Thread { loop.run() }
        thread.name = "jask-curl"
        thread.start()
    }

    deinit { loop?.post(.stop) }

    /// Makes one request and returns when the reader is done. Never later than `grace` after `total`, at which the
    /// reader must have a deadline. When the task is cancelled, the transfer is taken down and the reader has what came
    /// until then.
    public func perform<Reader: ResponseReader>(
        _ request: HTTPRequest, _ reader: Reader, total: Instant
    ) async -> Reader {
        let job = CurlJob(request: request, reader: reader)
        guard let loop else {
            var reader = reader
            reader.ended(.notConnected("libcurl could not be set up"), at: MonotonicClock.now())
            return reader
        }
        // Name resolution inside libcurl can hold its thread up; the caller's time is bounded all the same.
        let watchdog = Task {
            try? await Task.sleep(for: (total + Self.grace) - MonotonicClock.now())
            guard !Task.isCancelled else { return }
            var late = reader
            late.timeout(at: total)
            job.finish(late)
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
