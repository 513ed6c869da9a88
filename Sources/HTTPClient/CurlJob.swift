import SansIO
import Synchronization

/// One request on its way, as the loop sees it, whatever reads the response.
protocol CurlTask: AnyObject, Sendable {
    var request: HTTPRequest { get }
    /// Whether nobody waits any more.
    var isFinished: Bool { get }
    /// Resumes who waits with what the reader has; the first call counts.
    func finish()

    // On the loop's thread only.
    func receive(headerLine: String)
    func receive(_ bytes: UnsafeRawBufferPointer, at now: Instant)
    func ended(_ end: ResponseEnd, at now: Instant)
    func timeout(at now: Instant)
    func cancel()
    var deadline: Instant? { get }
    var progress: ReadingProgress { get }
}

/// A request with its reader. The reader belongs to the loop's thread; the waiter is resumed once, from any thread.
final class CurlJob<Reader: ResponseReader>: CurlTask, @unchecked Sendable {
    let request: HTTPRequest
    /// Only the loop's thread touches this.
    private var reader: Reader
    private let waiter = Mutex<Waiter>(.none)

    private enum Waiter {
        case none
        case waiting(CheckedContinuation<Reader, Never>)
        case finished(Reader)
        case resumed
    }

    init(request: HTTPRequest, reader: Reader) {
        self.request = request
        self.reader = reader
    }

    // MARK: The waiter

    /// - Returns: false when the job was finished before anybody waited; then the waiter was resumed here.
    func await(_ continuation: CheckedContinuation<Reader, Never>) -> Bool {
        let early: Reader? = waiter.withLock { waiter in
            if case .finished(let reader) = waiter {
                waiter = .resumed
                return reader
            }
            waiter = .waiting(continuation)
            return nil
        }
        guard let early else { return true }
        continuation.resume(returning: early)
        return false
    }

    var isFinished: Bool {
        waiter.withLock { waiter in
            switch waiter {
            case .none, .waiting: false
            case .finished, .resumed: true
            }
        }
    }

    func finish() { finish(reader) }

    /// The first call counts.
    func finish(_ reader: Reader) {
        let continuation: CheckedContinuation<Reader, Never>? = waiter.withLock { waiter in
            switch waiter {
            case .none:
                waiter = .finished(reader)
                return nil
            case .waiting(let continuation):
                waiter = .resumed
                return continuation
            case .finished, .resumed: return nil
            }
        }
        continuation?.resume(returning: reader)
    }

    // MARK: The reader

    func receive(headerLine: String) { reader.receive(headerLine: headerLine) }
    func receive(_ bytes: UnsafeRawBufferPointer, at now: Instant) { reader.receive(bytes, at: now) }
    func ended(_ end: ResponseEnd, at now: Instant) { reader.ended(end, at: now) }
    func timeout(at now: Instant) { reader.timeout(at: now) }
    func cancel() { reader.cancel() }
    var deadline: Instant? { reader.deadline }
    var progress: ReadingProgress { reader.progress }
}
