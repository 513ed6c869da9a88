/// One tunable value, with the type that code reads it as: the only place where its type, unit, bounds, default and help
/// are written down.
///
/// The constants are members of `Schema`'s sections, so a key that does not exist cannot be written:
/// `configuration[Schema.policy.cooldown]`.
public struct Setting<Value: SettingValue>: Sendable {
    public let definition: SettingDefinition
    /// What counts where nothing is set.
    public let defaultValue: Value

    /// `section.name`.
    public var key: String { definition.key }

    private init(
        _ key: String, _ kind: SettingDefinition.Kind, _ defaultValue: Value, isGivenByDefault: Bool = true,
        _ help: String, scope: SettingDefinition.Scope, alias: String? = nil, isSecret: Bool = false,
        isReplayable: Bool = true
    ) {
        definition = SettingDefinition(
            key, kind, isGivenByDefault ? defaultValue.raw : nil, help, scope: scope, alias: alias, isSecret: isSecret,
            isReplayable: isReplayable)
        self.defaultValue = defaultValue
    }
}

extension Setting where Value == Duration {
    init(
        _ key: String, _ bounds: ClosedRange<Duration>, default defaultValue: Duration, _ help: String,
        scope: SettingDefinition.Scope = .process, isReplayable: Bool = true
    ) {
        self.init(key, .duration(bounds), defaultValue, help, scope: scope, isReplayable: isReplayable)
    }
}

extension Setting where Value == Int {
    init(
        _ key: String, _ bounds: ClosedRange<Int>, default defaultValue: Int, _ help: String,
        scope: SettingDefinition.Scope = .process, isReplayable: Bool = true
    ) {
        self.init(key, .integer(bounds), defaultValue, help, scope: scope, isReplayable: isReplayable)
    }
}

extension Setting where Value == Double {
    init(
        _ key: String, _ bounds: ClosedRange<Double>, unit: String? = nil, default defaultValue: Double, _ help: String,
        scope: SettingDefinition.Scope = .process, isReplayable: Bool = true
    ) {
        self.init(key, .number(bounds, unit: unit), defaultValue, help, scope: scope, isReplayable: isReplayable)
    }
}

extension Setting where Value == Bool {
    init(
        _ key: String, default defaultValue: Bool, _ help: String, scope: SettingDefinition.Scope = .process
    ) {
        self.init(key, .boolean, defaultValue, help, scope: scope)
    }
}

extension Setting where Value == String {
    /// Text of at most so many bytes of UTF-8.
    init(
        _ key: String, maximumBytes: Int, default defaultValue: String, _ help: String,
        scope: SettingDefinition.Scope = .process, alias: String? = nil
    ) {
        self.init(key, .text(maximumBytes: maximumBytes), defaultValue, help, scope: scope, alias: alias)
    }

    /// Text that is not set unless it is given; read as the empty one.
    init(
        unset key: String, maximumBytes: Int, _ help: String, alias: String? = nil, isSecret: Bool = false
    ) {
        self.init(
            key, .text(maximumBytes: maximumBytes), "", isGivenByDefault: false, help, scope: .process, alias: alias,
            isSecret: isSecret)
    }
}

extension Setting where Value: SettingWord {
    /// One of the type's words.
    init(
        _ key: String, default defaultValue: Value, _ help: String, scope: SettingDefinition.Scope = .process
    ) {
        self.init(key, .choice(Value.allCases.map(\.rawValue)), defaultValue, help, scope: scope)
    }
}

/// A setting of whatever type, as a section lists it.
protocol AnySetting {
    var definition: SettingDefinition { get }
}

extension Setting: AnySetting {}
