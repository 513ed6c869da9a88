import SansIO

/// What there is to know of a setting, whatever the type of its value. File, environment, `jask config explain` and the
/// documentation all come from it; code reads values through `Setting<Value>`.
public struct SettingDefinition: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        case duration(ClosedRange<Duration>)
        case integer(ClosedRange<Int>)
        case number(ClosedRange<Double>, unit: String?)
        case boolean
        /// Free text of at most so many bytes.
        case text(maximumBytes: Int)
        /// One of these words.
        case choice([String])
    }

    /// Who may set it.
    public enum Scope: String, Sendable, Hashable {
        /// Only the process: file and environment.
        case process
        /// The metadata of a job and of a room too.
        case session
    }

    /// `section.name`.
    public var key: String
    public var kind: Kind
    /// Nil where it is not set without being given.
    public var defaultValue: Value?
    /// A sentence.
    public var help: String
    public var scope: Scope
    /// Its name in the environment besides `JASK_SECTION_NAME`, where LiveKit or Anthropic have one.
    public var alias: String?
    /// Never shown.
    public var isSecret: Bool
    /// Whether a recorded session shows what another value would have done. Not where it decides what is recorded.
    public var isReplayable: Bool

    public init(
        _ key: String, _ kind: Kind, _ defaultValue: Value?, _ help: String, scope: Scope = .process,
        alias: String? = nil, isSecret: Bool = false, isReplayable: Bool = true
    ) {
        self.key = key
        self.kind = kind
        self.defaultValue = defaultValue
        self.help = help
        self.scope = scope
        self.alias = alias
        self.isSecret = isSecret
        self.isReplayable = isReplayable
    }

    /// The value of a setting.
    public enum Value: Sendable, Hashable {
        case duration(Duration)
        case integer(Int)
        case number(Double)
        case boolean(Bool)
        case text(String)
    }

    /// `JASK_SECTION_NAME`.
    public var environmentName: String {
        "JASK_" + String(key.uppercased().map { $0 == "." ? "_" : $0 })
    }

    /// The part of the key before the point.
    public var section: String { String(key.prefix { $0 != "." }) }

    /// The type in words, with its unit.
    public var type: String {
        switch kind {
        case .duration: "duration"
        case .integer: "whole number"
        case .number(_, let unit): unit.map { "number, \($0)" } ?? "number"
        case .boolean: "true or false"
        case .text: "text"
        case .choice: "word"
        }
    }

    /// What is allowed, in words.
    public var allowed: String {
        switch kind {
        case .duration(let range): "\(Value.duration(range.lowerBound))…\(Value.duration(range.upperBound))"
        case .integer(let range): "\(range.lowerBound)…\(range.upperBound)"
        case .number(let range, _):
            "\(Value.number(range.lowerBound))…\(Value.number(range.upperBound))"
        case .boolean: "true, false"
        case .text(let bytes): "at most \(bytes) bytes"
        case .choice(let words): words.joined(separator: ", ")
        }
    }

    /// Type and what is allowed of it, in words: `duration, 1 s…2 min`.
    public var bounds: String {
        switch kind {
        case .boolean: type
        case .choice: "one of \(allowed)"
        case .duration, .integer, .number, .text: "\(type), \(allowed)"
        }
    }

    /// Reads a value as people write it. Durations have a unit (`250ms`, `8s`, `2min`, `1h`); a bare number is seconds.
    /// - Returns: nil when it is of another type or out of bounds.
    public func parse(_ text: String) -> Value? {
        switch kind {
        case .duration(let range):
            guard let duration = Self.duration(text), range.contains(duration) else { return nil }
            return .duration(duration)
        case .integer(let range):
            guard let number = Int(text), range.contains(number) else { return nil }
            return .integer(number)
        case .number(let range, _):
            guard let number = Double(text), range.contains(number) else { return nil }
            return .number(number)
        case .boolean:
            switch text.lowercased() {
            case "true", "yes", "on", "1": return .boolean(true)
            case "false", "no", "off", "0": return .boolean(false)
            default: return nil
            }
        case .text(let bytes): return text.utf8.count <= bytes ? .text(text) : nil
        case .choice(let words): return words.contains(text) ? .text(text) : nil
        }
    }

    private static let units: [(suffix: String, milliseconds: Double)] = [
        ("ms", 1), ("min", 60_000), ("s", 1000), ("m", 60_000), ("h", 3_600_000),
    ]

    private static func duration(_ text: String) -> Duration? {
        let unit = units.first { text.hasSuffix($0.suffix) }
        var number = text.dropLast(unit?.suffix.count ?? 0)
        while number.last == " " { number.removeLast() }
        // Ten million seconds are beyond every bound, and well within what a duration can hold.
        guard let value = Double(number), value.magnitude * (unit?.milliseconds ?? 1000) <= 1e10 else { return nil }
        return .microseconds(Int64((value * (unit?.milliseconds ?? 1000) * 1000).rounded()))
    }
}

extension SettingDefinition.Value: CustomStringConvertible {
    /// As it can be written in a file.
    public var description: String {
        switch self {
        case .duration(let duration): Self.text(of: duration)
        case .integer(let number): "\(number)"
        case .number(let number): number == number.rounded() && number.magnitude < 1e15 ? "\(Int(number))" : "\(number)"
        case .boolean(let flag): "\(flag)"
        case .text(let text): text
        }
    }

    private static func text(of duration: Duration) -> String {
        let milliseconds = duration.wholeMilliseconds
        if milliseconds % 1000 != 0 { return "\(milliseconds) ms" }
        let seconds = milliseconds / 1000
        if seconds != 0, seconds % 3600 == 0 { return "\(seconds / 3600) h" }
        if seconds != 0, seconds % 60 == 0, seconds >= 300 { return "\(seconds / 60) min" }
        return "\(seconds) s"
    }
}
