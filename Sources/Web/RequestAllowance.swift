import NIOCore

/// The time and the bytes that the request which a connection is receiving may still take, and how long there may be none.
/// Without it, a client that sends a byte now and then, or nothing, keeps its connection for ever, and one that never ends a
/// chunk's extension is read for ever.
struct RequestAllowance {
    enum Phase: Equatable {
        /// Between two requests.
        case idle
        case head
        case body
        /// The request is here whole, and its answer is being made. What comes meanwhile waits for its turn.
        case answering
    }

    struct Limits {
        /// For a request's head: from the opening of the connection, or from its first byte where others went before.
        var headTime: TimeAmount
        /// From the head to the end of the body.
        var bodyTime: TimeAmount
        /// From an answer to the next request, and between two bytes of a body.
        var idleTime: TimeAmount
        /// Bytes of a head.
        var headBytes: Int
        /// Bytes of a body's chunk sizes, extensions and trailers, beside eight for each byte of content: a chunk of one
        /// byte takes five.
        var framingBytes: Int
    }

    private let limits: Limits
    private(set) var phase = Phase.head
    /// When the phase has taken too long, however much comes.
    private var phaseEnd: NIODeadline
    /// When something was last received, or answered.
    private var lastMoved: NIODeadline
    private var bytes = 0
    private var content = 0

    init(limits: Limits, openedAt now: NIODeadline) {
        self.limits = limits
        phaseEnd = now + limits.headTime
        lastMoved = now
    }

    /// When the connection is given up; `nil` while an answer is made.
    var deadline: NIODeadline? {
        switch phase {
        case .answering: nil
        case .idle: lastMoved + limits.idleTime
        case .head: phaseEnd
        case .body: min(phaseEnd, lastMoved + limits.idleTime)
        }
    }

    mutating func receive(_ count: Int, at now: NIODeadline) {
        bytes += count
        lastMoved = now
        if phase == .idle { beginHead(at: now) }
    }

    private mutating func beginHead(at now: NIODeadline) {
        phase = .head
        phaseEnd = now + limits.headTime
    }

    mutating func headCame(at now: NIODeadline) {
        phase = .body
        phaseEnd = now + limits.bodyTime
        // What came with the head may be of the body: it is not held against it.
        bytes = 0
        content = 0
    }

    mutating func contentCame(_ count: Int) { content += count }

    mutating func ended() {
        phase = .answering
        bytes = 0
    }

    mutating func answered(at now: NIODeadline) {
        guard phase == .answering else { return }
        lastMoved = now
        if bytes > 0 { beginHead(at: now) } else { phase = .idle }
    }

    /// Whether more bytes came than the phase may take.
    var isOverdrawn: Bool {
        switch phase {
        case .idle, .answering: false
        case .head: bytes > limits.headBytes
        case .body: bytes - content > limits.framingBytes + 8 * content
        }
    }

    func isOverdue(at now: NIODeadline) -> Bool { deadline.map { $0 <= now } ?? false }
}
