import RTCCore
import SansIO

/// Joins what a subscriber gets of a track into one stream: numbers and timestamps go on without a gap when the source
/// changes, leaves packets out or comes back after a pause.
struct StreamRewriter {
    /// Where a packet goes.
    struct Place: Equatable {
        var number: UInt16
        var time: UInt32
    }

    /// A source whose numbers jump by more has begun anew.
    private static let longestGap: Int64 = 10_000

    private var source: UInt32?
    private var numbers = Renumbering(first: 0, at: 0)
    private var timeOffset: UInt32 = 0
    private var lastNumber: Int64
    private var lastTime: UInt32
    private var lastArrival: Instant?

    init(firstNumber: UInt16, firstTime: UInt32) {
        lastNumber = Int64(firstNumber) - 1
        lastTime = firstTime
    }

    /// The next packet, of whatever source, goes on where the last one ended.
    mutating func interrupt() { source = nil }

    /// The place of a packet of our own, so many ticks after the last one.
    mutating func insert(ticks: UInt32, at now: Instant) -> Place {
        interrupt()
        lastNumber &+= 1
        lastTime &+= ticks
        lastArrival = now
        return Place(number: UInt16(truncatingIfNeeded: lastNumber), time: lastTime)
    }

    /// - Parameter number: the source's, unwrapped.
    /// - Returns: `nil` for a packet from before the stream went over to its source.
    mutating func rewrite(
        number: Int64, time: UInt32, ssrc: UInt32, clockRate: UInt32, at now: Instant
    ) -> Place? {
        if ssrc != source || number &- numbers.highest > Self.longestGap {
            source = ssrc
            let gap = lastArrival.map { (now - $0).inSeconds } ?? 0
            let ticks = UInt32(truncatingIfNeeded: Int64(max(0, min(gap, 3600)) * Double(clockRate)))
            numbers = Renumbering(first: number, at: lastNumber &+ 1)
            timeOffset = lastTime &+ max(1, ticks) &- time
        }
        guard let place = numbers.take(number) else { return nil }
        let rewritten = time &+ timeOffset
        // A packet that was overtaken does not move the end.
        if place > lastNumber {
            lastNumber = place
            lastTime = rewritten
            lastArrival = now
        }
        return Place(number: UInt16(truncatingIfNeeded: place), time: rewritten)
    }

    /// Leaves a packet of the source out.
    /// - Returns: the place that something must be sent in, since what follows has its own already.
    mutating func leaveOut(number: Int64, time: UInt32, ssrc: UInt32) -> Place? {
        guard ssrc == source, number &- numbers.highest <= Self.longestGap, !numbers.leaveOut(number) else {
            return nil
        }
        return numbers.take(number).map {
            Place(number: UInt16(truncatingIfNeeded: $0), time: time &+ timeOffset)
        }
    }
}
