import RTCCore
import SansIO

/// Joins what a subscriber gets of a track into one stream: numbers and timestamps go on without a gap when the source
/// changes or comes back after a pause.
struct StreamRewriter {
    private var source: UInt32?
    private var numberOffset: UInt16 = 0
    private var timeOffset: UInt32 = 0
    private var lastNumber: UInt16
    private var lastTime: UInt32
    private var lastArrival: Instant?

    init(firstNumber: UInt16, firstTime: UInt32) {
        lastNumber = firstNumber &- 1
        lastTime = firstTime
    }

    /// The next packet, of whatever source, goes on where the last one ended.
    mutating func interrupt() { source = nil }

    /// The place of a packet of our own, so many ticks after the last one.
    mutating func insert(ticks: UInt32, at now: Instant) -> (number: UInt16, time: UInt32) {
        interrupt()
        lastNumber &+= 1
        lastTime &+= ticks
        lastArrival = now
        return (lastNumber, lastTime)
    }

    mutating func rewrite(
        number: UInt16, time: UInt32, ssrc: UInt32, clockRate: UInt32, at now: Instant
    ) -> (number: UInt16, time: UInt32) {
        if ssrc != source {
            source = ssrc
            let gap = lastArrival.map { (now - $0).inSeconds } ?? 0
            let ticks = UInt32(truncatingIfNeeded: Int64(max(0, min(gap, 3600)) * Double(clockRate)))
            numberOffset = lastNumber &+ 1 &- number
            timeOffset = lastTime &+ max(1, ticks) &- time
        }
        let rewritten = (number: number &+ numberOffset, time: time &+ timeOffset)
        // A packet that was overtaken does not move the end.
        if Int16(bitPattern: rewritten.number &- lastNumber) > 0 {
            lastNumber = rewritten.number
            lastTime = rewritten.time
            lastArrival = now
        }
        return rewritten
    }
}
