import Coach
import SansIO
import Wire

extension Topic {
    /// A topic that somebody made up as it may be shown again: one line, and short.
    static func shown(_ topic: TopicName) -> String {
        incoming.contains(topic) ? topic.text : Neutraliser.oneLine(topic.text, limit: 60)
    }
}
