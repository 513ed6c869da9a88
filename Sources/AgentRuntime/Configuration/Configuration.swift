import Claude
import Coach

/// The values of all settings, in layers: what is set in a later layer hides the earlier ones.
///
/// Built-in defaults ◂ file ◂ environment ◂ command line ◂ job metadata ◂ room metadata. A value with no I/O of its own:
/// files and environment are read by their own functions and added with `adding(_:)`.
public struct Configuration: Sendable, Hashable {
    /// Where a layer's values come from.
    public enum Origin: Sendable, Hashable, CustomStringConvertible {
        case builtIn
        case file(path: String, line: Int)
        case environment(name: String)
        case commandLine(option: String)
        case jobMetadata
        case roomMetadata

        public var description: String {
            switch self {
            case .builtIn: "built-in default"
            case .file(let path, let line): "\(path):\(line)"
            case .environment(let name): "environment \(name)"
            case .commandLine(let option): "option \(option)"
            case .jobMetadata: "job metadata"
            case .roomMetadata: "room metadata"
            }
        }
    }

    /// One source's values.
    public struct Layer: Sendable, Hashable {
        public struct Entry: Sendable, Hashable {
            public var value: Setting.Value
            public var origin: Origin

            public init(value: Setting.Value, origin: Origin) {
                self.value = value
                self.origin = origin
            }
        }

        public private(set) var entries: [String: Entry] = [:]

        public init() {}

        /// Checks and takes one value as people write it.
        public mutating func set(_ key: String, to text: String, origin: Origin) throws(ConfigurationError) {
            guard let setting = Schema.setting(key) else {
                throw ConfigurationError(
                    origin: origin, key: key, problem: .unknownKey(similar: Schema.similar(to: key)))
            }
            guard let value = setting.parse(text) else {
                let shown = setting.isSecret ? "(redacted)" : text
                throw ConfigurationError(
                    origin: origin, key: key,
                    problem: .notAllowed(given: shown, type: setting.type, allowed: setting.allowed))
            }
            entries[key] = Entry(value: value, origin: origin)
        }
    }

    private var layers: [Layer] = []

    public init() {}

    /// With one more layer on top.
    public func adding(_ layer: Layer) -> Configuration {
        var copy = self
        copy.layers.append(layer)
        return copy
    }

    /// The value that counts and where it comes from; nil for a key that is unknown or that nothing sets.
    public func entry(_ key: String) -> Layer.Entry? {
        for layer in layers.reversed() {
            if let entry = layer.entries[key] { return entry }
        }
        return Schema.setting(key)?.defaultValue.map { Layer.Entry(value: $0, origin: .builtIn) }
    }

    /// Checks what no single setting's bounds can say: every problem at once.
    public func validated() throws(ConfigurationErrors) {
        var errors: [ConfigurationError] = []
        for (lower, upper) in Self.ordered {
            guard let low = entry(lower), let high = entry(upper), Self.isAbove(low.value, high.value) else { continue }
            let isUpperSet = high.origin != .builtIn && low.origin == .builtIn
            let (key, given) = isUpperSet ? (upper, high) : (lower, low)
            let allowed =
                isUpperSet ? "at least \(lower), which is \(low.value)" : "at most \(upper), which is \(high.value)"
            errors.append(
                ConfigurationError(
                    origin: given.origin, key: key,
                    problem: .notAllowed(
                        given: "\(given.value)", type: Schema.setting(key)?.type ?? "", allowed: allowed)))
        }
        errors += unusable("claude.api_key", allowed: "printable ASCII without spaces") { ClaudeKey($0) != nil }
        errors += unusable("claude.base_url", allowed: "https:// or http:// and a host") { text in
            ["https://", "http://"].contains { text.hasPrefix($0) && text.utf8.count > $0.utf8.count }
        }
        errors += unusable("network.addresses", allowed: "IPv4 and IPv6 addresses with commas between") { text in
            Self.addresses(text) != nil
        }
        if !errors.isEmpty { throw ConfigurationErrors(errors) }
    }

    /// A text that is given but cannot be used, where it would only show later.
    private func unusable(_ key: String, allowed: String, _ isUsable: (String) -> Bool) -> [ConfigurationError] {
        guard let entry = entry(key), case .text(let text) = entry.value, !text.isEmpty, !isUsable(text),
            let setting = Schema.setting(key)
        else { return [] }
        return [
            ConfigurationError(
                origin: entry.origin, key: key,
                problem: .notAllowed(
                    given: setting.isSecret ? "(redacted)" : text, type: setting.type, allowed: allowed))
        ]
    }

    /// Pairs of which the first must not be above the second.
    private static let ordered = [
        ("voice.deactivation", "voice.activation"), ("pause.shortest_long", "pause.longest_long"),
        ("pause.initial_long", "pause.longest_long"), ("claude.connect_timeout", "claude.total_timeout"),
        ("claude.first_token_timeout", "claude.total_timeout"),
    ]

    private static func isAbove(_ left: Setting.Value, _ right: Setting.Value) -> Bool {
        switch (left, right) {
        case (.duration(let left), .duration(let right)): left > right
        case (.number(let left), .number(let right)): left > right
        case (.integer(let left), .integer(let right)): left > right
        default: false
        }
    }

    // MARK: Typed values

    func duration(_ key: String) -> Duration {
        guard case .duration(let value)? = entry(key)?.value else { return .zero }
        return value
    }

    func integer(_ key: String) -> Int {
        guard case .integer(let value)? = entry(key)?.value else { return 0 }
        return value
    }

    func number(_ key: String) -> Double {
        guard case .number(let value)? = entry(key)?.value else { return 0 }
        return value
    }

    func boolean(_ key: String) -> Bool {
        guard case .boolean(let value)? = entry(key)?.value else { return false }
        return value
    }

    func text(_ key: String) -> String {
        guard case .text(let value)? = entry(key)?.value else { return "" }
        return value
    }
}
