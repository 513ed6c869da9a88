/// What code reads a setting as.
public protocol SettingValue: Sendable, Hashable {
    /// - Returns: nil where `raw` is of another kind.
    init?(_ raw: SettingDefinition.Value)
    var raw: SettingDefinition.Value { get }
}

/// A setting that is one of a few words.
public protocol SettingWord: SettingValue, RawRepresentable, CaseIterable where RawValue == String {}

extension SettingWord {
    public init?(_ raw: SettingDefinition.Value) {
        guard case .text(let word) = raw else { return nil }
        self.init(rawValue: word)
    }

    public var raw: SettingDefinition.Value { .text(rawValue) }
}

extension Duration: SettingValue {
    public init?(_ raw: SettingDefinition.Value) {
        guard case .duration(let value) = raw else { return nil }
        self = value
    }

    public var raw: SettingDefinition.Value { .duration(self) }
}

extension Int: SettingValue {
    public init?(_ raw: SettingDefinition.Value) {
        guard case .integer(let value) = raw else { return nil }
        self = value
    }

    public var raw: SettingDefinition.Value { .integer(self) }
}

extension Double: SettingValue {
    public init?(_ raw: SettingDefinition.Value) {
        guard case .number(let value) = raw else { return nil }
        self = value
    }

    public var raw: SettingDefinition.Value { .number(self) }
}

extension Bool: SettingValue {
    public init?(_ raw: SettingDefinition.Value) {
        guard case .boolean(let value) = raw else { return nil }
        self = value
    }

    public var raw: SettingDefinition.Value { .boolean(self) }
}

extension String: SettingValue {
    public init?(_ raw: SettingDefinition.Value) {
        guard case .text(let value) = raw else { return nil }
        self = value
    }

    public var raw: SettingDefinition.Value { .text(self) }
}
