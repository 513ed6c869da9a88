/// The numbers of a source on their way into a stream that leaves some of them out: what comes after closes up, and what
/// is late finds the place that was kept for it.
struct Renumbering {
    /// From a number of the source on, what is added to it.
    private struct Step {
        var from: Int64
        var offset: Int64
    }

    /// Changes that are remembered, for packets that are late.
    private static let mostSteps = 128

    private var steps: [Step]
    /// The source's highest number so far.
    private(set) var highest: Int64

    /// - Parameters:
    ///   - first: the first number that is taken.
    ///   - place: where it goes.
    init(first: Int64, at place: Int64) {
        steps = [Step(from: first, offset: place &- first)]
        highest = first &- 1
    }

    /// The place of a number; `nil` of one before the first, or before what is remembered.
    mutating func take(_ number: Int64) -> Int64? {
        highest = max(highest, number)
        return steps.last { $0.from <= number }.map { number &+ $0.offset }
    }

    /// Leaves a number out, so that the next takes its place.
    /// - Returns: whether that can be: not where a later one has its place already.
    mutating func leaveOut(_ number: Int64) -> Bool {
        guard number > highest, let last = steps.last else { return false }
        highest = number
        if last.from == number {
            // One left out after the other is one change.
            steps[steps.count - 1] = Step(from: number &+ 1, offset: last.offset &- 1)
        } else {
            steps.append(Step(from: number &+ 1, offset: last.offset &- 1))
        }
        if steps.count > Self.mostSteps { steps.removeFirst() }
        return true
    }
}

/// A number of few bits that goes round, unwrapped: each is taken to be near the highest so far.
struct Unwrapper {
    /// A power of two.
    let modulus: Int64
    private var highest: Int64?

    init(bits: Int) { modulus = 1 << Int64(bits) }

    mutating func unwrap(_ value: Int64) -> Int64 {
        guard let highest else {
            // Room for those that come late.
            self.highest = value &+ modulus
            return value &+ modulus
        }
        var step = (value &- highest) & (modulus &- 1)
        if step >= modulus / 2 { step &-= modulus }
        self.highest = max(highest, highest &+ step)
        return highest &+ step
    }
}
