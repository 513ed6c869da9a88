import SansIO

/// A whole response.
public struct HTTPResponse: Sendable, Hashable {
    public var head: ResponseHead
    public var body: [UInt8]

    public var status: Int { head.status ?? 0 }

    public init(head: ResponseHead, body: [UInt8]) {
        self.head = head
        self.body = body
    }
}

/// Why a request gave no whole response.
public enum HTTPError: Error, Sendable, Hashable {
    case connectTimeout
    /// The time for the whole response was over.
    case timeout
    /// Resolution or connection; with a sentence.
    case notConnected(String)
    case tls(String)
    case broken(String)
    case notHTTP(String)
    case tooLarge(limit: Int)
    case cancelled
}

/// Collects a whole response, within a deadline and a bound. Sans-IO.
struct WholeResponse: ResponseReader {
    private(set) var result: Result<HTTPResponse, HTTPError>?

    private let limit: Int
    private let total: Instant
    private var response = HTTPResponse(head: ResponseHead(), body: [])

    init(limit: Int, total: Instant) {
        self.limit = limit
        self.total = total
    }

    var deadline: Instant? { result == nil ? total : nil }

    var progress: ReadingProgress {
        switch result {
        case nil: .reading
        case .success: .satisfied
        case .failure(let error): .failed(keepsConnection: error != .timeout)
        }
    }

    mutating func receive(headerLine: String) {
        if result == nil { response.head.receive(line: headerLine) }
    }

    mutating func receive(_ bytes: UnsafeRawBufferPointer, at now: Instant) {
        guard result == nil else { return }
        guard bytes.count <= limit - response.body.count else { return result = .failure(.tooLarge(limit: limit)) }
        response.body.append(contentsOf: bytes)
    }

    mutating func ended(_ end: ResponseEnd, at now: Instant) {
        guard result == nil else { return }
        switch end {
        case .complete: result = .success(response)
        case .connectTimeout: result = .failure(.connectTimeout)
        case .notConnected(let why): result = .failure(.notConnected(why))
        case .tls(let why): result = .failure(.tls(why))
        case .broken(let why): result = .failure(.broken(why))
        case .notHTTP(let why): result = .failure(.notHTTP(why))
        }
    }

    mutating func timeout(at now: Instant) {
        if result == nil, now >= total { result = .failure(.timeout) }
    }

    mutating func cancel() {
        if result == nil { result = .failure(.cancelled) }
    }
}

extension CurlClient {
    /// Makes one request and returns its whole response, whatever the status.
    /// - Parameters:
    ///   - timeout: from name resolution to the last byte.
    ///   - largestBody: bytes; a longer response fails.
    public func send(
        _ request: HTTPRequest, timeout: Duration, largestBody: Int
    ) async throws(HTTPError) -> HTTPResponse {
        let total = MonotonicClock.now() + timeout
        switch await perform(request, WholeResponse(limit: largestBody, total: total), total: total).result {
        case .success(let response): return response
        case .failure(let error): throw error
        case nil: throw .timeout
        }
    }
}
