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
            // The file as a whole has no line.
            case .file(let path, 0): path
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
            public var value: SettingDefinition.Value
            public var origin: Origin

            public init(value: SettingDefinition.Value, origin: Origin) {
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

        /// What of it is of a scope that is wanted.
        func only(_ isWanted: (SettingDefinition.Scope) -> Bool) -> Layer {
            var layer = Layer()
            layer.entries = entries.filter { key, _ in Schema.setting(key).map { isWanted($0.scope) } ?? false }
            return layer
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

    /// These layers, but the settings of a scope as they stand in another configuration.
    public func keeping(_ scope: SettingDefinition.Scope, of other: Configuration) -> Configuration {
        var merged = Configuration()
        // No setting is in both halves, so the order between them does not matter.
        merged.layers = other.layers.map { $0.only { $0 == scope } } + layers.map { $0.only { $0 != scope } }
        return merged
    }

    /// The keys of a scope that have another value than in `other`, in the order of the documentation.
    public func differences(from other: Configuration, in scope: SettingDefinition.Scope) -> [String] {
        Schema.settings.filter { $0.scope == scope && entry($0.key)?.value != other.entry($0.key)?.value }.map(\.key)
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
        if !errors.isEmpty { throw ConfigurationErrors(errors) }
    }

    /// The problem of a text that is given but cannot be used, where it would only show later; nil where there is none.
    public func unusable(
        _ setting: Setting<String>, allowed: String, _ isUsable: (String) -> Bool
    ) -> ConfigurationError? {
        let text = self[setting]
        guard !text.isEmpty, !isUsable(text) else { return nil }
        return ConfigurationError(
            origin: origin(of: setting), key: setting.key,
            problem: .notAllowed(
                given: setting.definition.isSecret ? "(redacted)" : text, type: setting.definition.type,
                allowed: allowed))
    }

    /// Pairs of which the first must not be above the second.
    private static let ordered: [(String, String)] = [
        (Schema.voice.deactivation.key, Schema.voice.activation.key),
        (Schema.pause.shortestLong.key, Schema.pause.longestLong.key),
        (Schema.pause.initialLong.key, Schema.pause.longestLong.key),
        (Schema.gesture.coveredLikeness.key, Schema.gesture.freeLikeness.key),
        (Schema.claude.connectTimeout.key, Schema.claude.totalTimeout.key),
        (Schema.claude.firstTokenTimeout.key, Schema.claude.totalTimeout.key),
    ]

    private static func isAbove(_ left: SettingDefinition.Value, _ right: SettingDefinition.Value) -> Bool {
        switch (left, right) {
        case (.duration(let left), .duration(let right)): left > right
        case (.number(let left), .number(let right)): left > right
        case (.integer(let left), .integer(let right)): left > right
        default: false
        }
    }

    // MARK: Typed values

    /// The value that counts.
    public subscript<Value>(_ setting: Setting<Value>) -> Value {
        // A layer takes only what its definition parses, so the value is of the setting's kind.
        entry(setting.key).flatMap { Value($0.value) } ?? setting.defaultValue
    }

    /// Where the value that counts comes from.
    public func origin<Value>(of setting: Setting<Value>) -> Origin { entry(setting.key)?.origin ?? .builtIn }
}
