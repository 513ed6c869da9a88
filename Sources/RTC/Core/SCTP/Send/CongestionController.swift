import SansIO

/// Congestion control (RFC 9260 §7.2): slow start, congestion avoidance, and one reduction a loss episode.
///
/// A loss episode lasts until packets sent after its start are acknowledged, told by packet numbers.
struct CongestionController {
    private let packetBytes: Int
    private let initialWindow: Int
    /// The congestion window, in bytes.
    private(set) var window: Int
    /// Where slow start ends, in bytes.
    private(set) var threshold: Int
    private var partialBytesAcknowledged = 0
    /// Losses of packets with lower numbers belong to the last episode.
    private var recoveryStart: Int64 = 0

    init(_ options: SCTPOptions) {
        packetBytes = options.maximumPacketBytes
        initialWindow = options.initialWindowPackets * options.maximumPacketBytes
        window = initialWindow
        threshold = .max
    }

    /// The least that a loss leaves.
    private var minimumWindow: Int { 4 * packetBytes }

    /// - Parameters:
    ///   - bytes: acknowledged for the first time.
    ///   - newest: the highest number of a packet among them.
    ///   - wasInFlight: bytes in flight before the acknowledgement.
    mutating func acknowledged(_ bytes: Int, newest: Int64, wasInFlight: Int) {
        // The window grows only while it is what holds the sender back.
        guard newest >= recoveryStart, wasInFlight + packetBytes > window else { return }
        if window < threshold {
            // Appropriate byte counting without a limit: one acknowledgement may stand for a whole burst.
            window += bytes
            return
        }
        partialBytesAcknowledged += bytes
        guard partialBytesAcknowledged >= window else { return }
        partialBytesAcknowledged -= window
        window += packetBytes
    }

    /// A packet with this number was lost; packets from `next` on are yet to be sent.
    ///
    /// - Returns: whether a new loss episode begins.
    mutating func lost(_ number: Int64, next: Int64) -> Bool {
        guard number >= recoveryStart else { return false }
        recoveryStart = next
        threshold = max(window / 2, minimumWindow)
        window = threshold
        partialBytesAcknowledged = 0
        return true
    }

    /// The retransmission timer ran out.
    ///
    /// - Parameter again: nothing was heard since it ran out the last time.
    mutating func timedOut(again: Bool, next: Int64) {
        if !again { threshold = max(window / 2, minimumWindow) }
        window = packetBytes
        partialBytesAcknowledged = 0
        recoveryStart = next
    }

    /// The path answers again after a silence: start over, as a new association would.
    mutating func resumed() {
        window = max(window, minimumWindow)
    }

    /// Nothing was sent for `idle`; a window that nothing confirms shrinks (RFC 9260 §7.2.1).
    mutating func idled(for idle: Duration, timeout: Duration) {
        var rest = idle
        while rest > timeout, window > initialWindow {
            window = max(window / 2, initialWindow)
            rest -= timeout
        }
    }
}
