import RTCMedia

/// Which of a camera's frames are enough for the looks that are wanted: found, by the sender's clock, from those that
/// come. Of temporal layers the lowest that together are as many as looks, and of them only what others refer to where
/// that suffices. Where it turns out to be too few, all again.
struct FrameChoice: Sendable {
    /// What is left out on arrival.
    struct Wanted: Hashable, Sendable {
        /// nil: all layers are wanted.
        var maximumTemporalLayer: UInt8?
        var skipsDiscardable = false
    }

    /// Over which time frames are counted, and from which gap on they are counted anew: in 90 kHz ticks.
    static let window: Int64 = 180_000
    private static let longestGap: Int64 = 90_000
    /// Below this share of the wanted rate there are too few.
    private static let enough = 0.8

    /// Looks a second.
    var rate: Double
    private(set) var wanted = Wanted()
    private var began: Int64?
    private var last: Int64 = 0
    /// Frames of each layer, and those among them that nothing refers to.
    private var frames = SIMD8<Int32>()
    private var discardable = SIMD8<Int32>()

    /// - Parameter rate: looks a second.
    init(rate: Double) { self.rate = rate }

    /// Takes a frame that was handed out.
    /// - Returns: what is wanted, where that changed.
    mutating func receive(_ frame: EncodedVideoFrame) -> Wanted? {
        let time = frame.rtpTimestamp
        let step = time.subtractingReportingOverflow(last)
        last = time
        guard let began, !step.overflow, (0...Self.longestGap).contains(step.partialValue) else {
            begin(at: time)
            return nil
        }
        let layer = Int(frame.temporalLayer & 7)
        frames[layer] &+= 1
        if frame.isDiscardable { discardable[layer] &+= 1 }
        // Steps are not negative and small, so that this does not overflow.
        let length = time &- began
        guard length >= Self.window else { return nil }
        defer { begin(at: time) }
        let new = choose(seconds: Double(length) / 90_000)
        guard new != wanted else { return nil }
        wanted = new
        return new
    }

    private mutating func begin(at time: Int64) {
        (began, last, frames, discardable) = (time, time, .zero, .zero)
    }

    private func choose(seconds: Double) -> Wanted {
        var best: Wanted?
        var (all, referred) = (0.0, 0.0)
        for layer in 0..<8 {
            all += Double(frames[layer])
            referred += Double(frames[layer] - discardable[layer])
            let isPresent = wanted.maximumTemporalLayer == UInt8(layer)
            guard all / seconds >= rate * (isPresent ? Self.enough : 1) else { continue }
            let least = rate * (isPresent && wanted.skipsDiscardable ? Self.enough : 1)
            best = Wanted(maximumTemporalLayer: UInt8(layer), skipsDiscardable: referred / seconds >= least)
            break
        }
        return best ?? Wanted()
    }
}
