import SansIO

/// Why not all of a file was perceived, or not all as it was recorded.
public enum RecordingFault: Hashable, Sendable {
    /// What of a file ends.
    public enum Part: String, Hashable, Sendable { case file, sound }

    /// It ends before it should, as a file that was cut off or is still being written. `at` is where what can be decoded
    /// ends, `expected` where it says that it ends; both from its beginning.
    case endedEarly(Part, at: Instant, expected: Instant)
    /// ffmpeg complained on its way to the end, in so many lines.
    case damaged(complaints: Int, first: String)
    /// Reading was given up, for this reason.
    case brokenOff(String)

    /// Whether what was perceived goes to the file's end all the same.
    public var reachesEnd: Bool {
        switch self {
        case .damaged: true
        case .endedEarly, .brokenOff: false
        }
    }
}

extension RecordingFault: CustomStringConvertible {
    public var description: String {
        switch self {
        case .endedEarly(.file, let at, let expected):
            "it ends at \(at.clock), and says that it is \(expected.clock) long: the rest is missing, or cannot be decoded"
        case .endedEarly(.sound, let at, let expected):
            "its sound ends at \(at.clock), and should go on to \(expected.clock): the rest is missing, or cannot be decoded"
        case .damaged(let complaints, let first): "ffmpeg found faults in it (\(complaints)): \(first)"
        case .brokenOff(let reason): reason
        }
    }
}
