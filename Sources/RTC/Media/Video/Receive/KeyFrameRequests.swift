import SansIO

/// When to ask for a key frame (RFC 4585 §6.3.1): while one is needed and the source sends, again after a while, each time
/// later, and not while one is arriving.
struct KeyFrameRequests: Sendable {
    private let least: Duration
    private let most: Duration
    private(set) var isNeeded = false
    private var interval: Duration
    private var lastRequest: Instant?
    private var heldUntil = Instant(nanoseconds: .min)
    /// Whether something has arrived since the last request: a source that is paused answers none.
    private var isAlive = true
    /// While it is muted, a source has no key frame to send.
    var isSuspended = false
    /// Frames that must still go out before the decoder counts as content again; 0: it is.
    private var unproven = 0

    /// Frames after a refused one that show that decoding goes on: more than wait for a decoder at a time.
    static let proof = 30

    init(least: Duration, most: Duration) {
        self.least = least
        self.most = max(least, most)
        interval = least
    }

    mutating func need() { isNeeded = true }

    /// A frame was handed out and could not be decoded, or a key frame came that cannot be handed out. Until enough frames go without that, key frames that arrive are
    /// no proof that they help, and requests come ever later.
    mutating func refused() {
        unproven = Self.proof
        need()
    }

    /// Decoding goes on: what was needed is here.
    /// - Parameter byKeyFrame: the next request need not wait longer than the first.
    mutating func withdraw(byKeyFrame: Bool) {
        isNeeded = false
        if unproven > 0 {
            unproven -= 1
            if unproven == 0 { interval = least }
        } else if byKeyFrame {
            interval = least
        }
    }

    mutating func packetArrived() { isAlive = true }

    /// None is asked for before then.
    mutating func postpone(until instant: Instant) { heldUntil = max(heldUntil, instant) }

    /// A key frame is arriving: none is asked for before it should be there, and the next request is the first of its own.
    mutating func answered(until instant: Instant) {
        if unproven == 0 { interval = least }
        postpone(until: instant)
    }

    /// The key frame that was arriving did not arrive whole.
    mutating func answerLost() { heldUntil = Instant(nanoseconds: .min) }

    /// When one is to be asked for; `nil` while that is not so.
    var deadline: Instant? {
        guard isNeeded, isAlive, !isSuspended else { return nil }
        return max(heldUntil, lastRequest.map { $0 + interval } ?? heldUntil)
    }

    mutating func take(at now: Instant) -> Bool {
        guard let deadline, deadline <= now else { return false }
        if lastRequest != nil { interval = min(interval * 2, most) }
        lastRequest = now
        isAlive = false
        return true
    }
}
