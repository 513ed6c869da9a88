/// What the model is told: a stable system text and one user turn in parts.
public struct HintPrompt: Sendable, Hashable {
    /// The same for every request of a tier and language.
    public var system: [String]
    public var user: [String]
    /// The tool's input, or the answer's JSON.
    public var schema: JSONValue

    public init(system: [String], user: [String], schema: JSONValue) {
        self.system = system
        self.user = user
        self.schema = schema
    }

    /// The tool whose input is the hint, where the model is given one.
    public static let toolName = "give_hint"
}
