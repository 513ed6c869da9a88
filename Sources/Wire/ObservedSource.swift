/// What of a participant the assistant may use.
public enum ObservedSource: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    case microphone
    case camera
    case code

    public static func < (left: ObservedSource, right: ObservedSource) -> Bool { left.rawValue < right.rawValue }
}
