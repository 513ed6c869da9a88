/// What a model's name says of it, where the Models API is silent: line and generation of `claude-haiku-5-5` and its like,
/// also behind a gateway's prefix.
struct ModelFamily: Sendable, Hashable {
    /// `haiku`, `sonnet`, `opus`, `fable`; empty where the name has none.
    var line: String
    /// 5.5 as 55; nil where the name has none.
    var generation: Int?

    init(name: String) {
        let parts = name.split { !($0.isLetter || $0.isNumber) }.map { $0.lowercased() }
        let start = parts.firstIndex(of: "claude").map { $0 + 1 } ?? parts.endIndex
        let rest = parts[start...]
        line = rest.first { $0.allSatisfy(\.isLetter) } ?? ""
        let numbers = rest.filter { $0.count <= 2 }.compactMap { Int($0) }
        generation = numbers.first.map { $0 * 10 + (numbers.count > 1 ? numbers[1] : 0) }
    }

    /// From 5 on, models think unless they are told not to, and take a schema.
    var isThinking: Bool { (generation ?? 0) >= 50 }

    /// How thinking is switched off; nil where it cannot be, or need not.
    var off: RequestMode.Thinking? {
        guard isThinking else { return nil }
        switch line {
        case "fable": return nil
        case "opus" where (generation ?? 0) >= 55: return nil
        case "sonnet" where (generation ?? 0) >= 55: return .betweenTools
        default: return .disabled
        }
    }
}
