import CCurl
import Foundation
import SansIO
import Synchronization

/// The body of the client's thread: takes commands, drives libcurl, minds the readers' deadlines.
final class CurlLoop: @unchecked Sendable {
    enum Command: Sendable {
        case add(any CurlTask)
        case cancel(any CurlTask)
        case stop
    }

    /// After an answer is whole, its connection may still end the response for so long, so that it can be used again.
    private static let linger = Duration.seconds(1)
    private static let longestWait = Duration.seconds(60)

    private let multi: OpaquePointer
    private let commands = Mutex<[Command]>([])
    /// Only `run` touches this.
    private var transfers: [OpaquePointer: Transfer] = [:]

    private struct Transfer {
        let job: any CurlTask
        /// Set once the answer is whole.
        var lingersUntil: Instant?
    }

    init?() {
        guard let multi = jask_curl_multi_new() else { return nil }
        self.multi = multi
    }

    deinit { jask_curl_multi_free(multi) }

    /// From any thread.
    func post(_ command: Command) {
        commands.withLock { $0.append(command) }
        jask_curl_wakeup(multi)
    }

    func run() {
        while takeCommands() {
            let isWorking = jask_curl_perform(multi)
            reap(at: MonotonicClock.now())
            settle(at: MonotonicClock.now())
            if !isWorking { failAll("libcurl failed") }
            _ = jask_curl_poll(multi, milliseconds(until: nextDeadline, at: MonotonicClock.now()))
        }
        failAll("the client was shut down")
    }

    // MARK: Steps

    /// - Returns: false when the loop is to end.
    private func takeCommands() -> Bool {
        let taken = commands.withLock { commands in
            let taken = commands
            commands = []
            return taken
        }
        for command in taken {
            switch command {
            case .add(let job): add(job)
            case .cancel(let job):
                job.cancel()
                job.finish()
                for (transfer, entry) in transfers where entry.job === job { remove(transfer) }
            case .stop: return false
            }
        }
        return true
    }

    private func reap(at now: Instant) {
        var end = JASK_CURL_DONE
        while let transfer = jask_curl_next_done(multi, &end) {
            if let job = transfers[transfer]?.job {
                let message = String(cString: jask_curl_message(transfer))
                job.ended(ResponseEnd(end, message: message), at: now)
                job.finish()
            }
            remove(transfer)
        }
    }

    /// Hands out results and ends what ran out of time.
    private func settle(at now: Instant) {
        for (transfer, entry) in transfers {
            entry.job.timeout(at: now)
            switch entry.job.progress {
            case .reading: break
            case .satisfied:
                entry.job.finish()
                let until = entry.lingersUntil ?? now + Self.linger
                transfers[transfer]?.lingersUntil = until
                if now >= until { remove(transfer) }
            case .failed(let keepsConnection):
                entry.job.finish()
                remove(transfer, keepsConnection: keepsConnection)
            }
        }
    }

    private func failAll(_ why: String) {
        for (transfer, entry) in transfers {
            entry.job.ended(.notConnected(why), at: MonotonicClock.now())
            entry.job.finish()
            remove(transfer)
        }
    }

    private var nextDeadline: Instant? {
        transfers.values.reduce(nil) { earliest($0, earliest($1.job.deadline, $1.lingersUntil)) }
    }

    private func milliseconds(until deadline: Instant?, at now: Instant) -> Int32 {
        let wait = deadline.map { max(.zero, min($0 - now, Self.longestWait)) } ?? Self.longestWait
        // Rounded up, so that the deadline has passed when the wait is over.
        return Int32(clamping: (wait.wholeNanoseconds + 999_999) / 1_000_000)
    }

    // MARK: Transfers

    private func remove(_ transfer: OpaquePointer, keepsConnection: Bool = true) {
        guard transfers.removeValue(forKey: transfer) != nil else { return }
        jask_curl_remove(multi, transfer, keepsConnection)
    }

    private func add(_ job: any CurlTask) {
        // It may have been cancelled before it came here.
        if job.isFinished { return }
        guard let transfer = start(job) else {
            job.ended(.notConnected("the request could not be set up"), at: MonotonicClock.now())
            return job.finish()
        }
        transfers[transfer] = Transfer(job: job)
    }

    private func start(_ job: any CurlTask) -> OpaquePointer? {
        let request = job.request
        guard let lines = request.headerLines else { return nil }
        let headers = lines.map { strdup($0) }
        defer { for header in headers { free(header) } }
        return headers.map { UnsafePointer<CChar>($0) }.withUnsafeBufferPointer { headers in
            request.body.withUnsafeBytes { body in
                request.url.withCString { url in
                    request.method.rawValue.withCString { method in
                        withOptionalCString(request.caFile) { caFile in
                            var description = jask_curl_request(
                                url: url, method: method, headers: headers.baseAddress, header_count: headers.count,
                                body: body.baseAddress, body_length: body.count,
                                connect_timeout_ms: Int(max(1, request.connectTimeout.wholeMilliseconds)),
                                fresh_connection: request.needsFreshConnection, ca_file: caFile, on_header: onHeader,
                                on_body: onBody,
                                // The transfer keeps the job until libcurl is done with it.
                                context: Unmanaged.passRetained(Callbacks(job)).toOpaque(), on_release: onRelease)
                            return jask_curl_add(multi, &description)
                        }
                    }
                }
            }
        }
    }
}

/// What libcurl's callbacks reach.
private final class Callbacks {
    let job: any CurlTask

    init(_ job: any CurlTask) { self.job = job }

    static func of(_ context: UnsafeMutableRawPointer) -> any CurlTask {
        Unmanaged<Callbacks>.fromOpaque(context).takeUnretainedValue().job
    }
}

private func withOptionalCString<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
    guard let text else { return body(nil) }
    return text.withCString(body)
}

private func onHeader(_ context: UnsafeMutableRawPointer?, _ line: UnsafePointer<CChar>?, _ length: Int) {
    guard let context, let line else { return }
    let bytes = UnsafeRawBufferPointer(start: line, count: length)
    Callbacks.of(context).receive(headerLine: String(decoding: bytes, as: UTF8.self))
}

private func onBody(_ context: UnsafeMutableRawPointer?, _ bytes: UnsafeRawPointer?, _ length: Int) -> Bool {
    guard let context else { return false }
    let job = Callbacks.of(context)
    job.receive(UnsafeRawBufferPointer(start: bytes, count: length), at: MonotonicClock.now())
    if case .failed = job.progress { return false }
    return true
}

private func onRelease(_ context: UnsafeMutableRawPointer?) {
    guard let context else { return }
    Unmanaged<Callbacks>.fromOpaque(context).release()
}

extension ResponseEnd {
    init(_ end: jask_curl_end, message: String) {
        switch end {
        case JASK_CURL_DONE: self = .complete
        case JASK_CURL_CONNECT_TIMEOUT: self = .connectTimeout
        case JASK_CURL_TLS: self = .tls(message)
        case JASK_CURL_BROKEN: self = .broken(message)
        case JASK_CURL_NOT_HTTP: self = .notHTTP(message)
        default: self = .notConnected(message)
        }
    }
}
