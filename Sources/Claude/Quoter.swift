import Coach
import SansIO

/// Prepares what the other side says for logs and errors, in the one order that is safe: secrets are taken out, by value
/// and by shape, then hidden characters and line ends, and only then is it cut.
struct Quoter: Sendable {
    private let secrets: [String]

    init(_ key: ClaudeKey? = nil) { secrets = key.map { [$0.secret] } ?? [] }

    /// - Parameter limit: Unicode scalars.
    func quote(_ text: String, limit: Int) -> String {
        Neutraliser.oneLine(Redaction.redact(text, secrets: secrets), limit: limit)
    }
}
