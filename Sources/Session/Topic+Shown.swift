import Coach
import Wire

extension Topic {
    /// A topic that somebody made up as it may be shown again: one line, and short.
    static func shown(_ topic: String) -> String {
        incoming.contains(topic) ? topic : Neutraliser.oneLine(topic, limit: 60)
    }
}
