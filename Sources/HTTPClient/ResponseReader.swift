import SansIO

/// Reads one response as it comes, and says until when it waits. Sans-IO: the client's thread drives it.
///
/// A reader has its own total deadline: `perform` returns soon after it, whatever the network does.
public protocol ResponseReader: Sendable {
    /// One line of the head with its line end: status lines (also of interim responses) and headers.
    mutating func receive(headerLine: String)
    /// A piece of the body.
    mutating func receive(_ bytes: UnsafeRawBufferPointer, at now: Instant)
    /// Nothing more comes.
    mutating func ended(_ end: ResponseEnd, at now: Instant)
    /// To be called when `deadline` has come.
    mutating func timeout(at now: Instant)
    /// The response is not wanted any more.
    mutating func cancel()
    /// When `timeout(at:)` is due; nil once the reader is done.
    var deadline: Instant? { get }
    var progress: ReadingProgress { get }
}

/// How far a reader is.
public enum ReadingProgress: Sendable, Hashable {
    case reading
    /// It has what it wants; the response may end in its own time, so that the connection can be used again.
    case satisfied
    /// It has failed. A connection on which nothing came in time may be dead and is not kept.
    case failed(keepsConnection: Bool)
}

/// How a response ended.
public enum ResponseEnd: Sendable, Hashable {
    /// It is whole.
    case complete
    case connectTimeout
    /// Resolution, connection, or another reason before an answer; with a sentence.
    case notConnected(String)
    /// The handshake failed, or the certificate is not trusted.
    case tls(String)
    /// The connection broke before the response was whole.
    case broken(String)
    case notHTTP(String)
}
