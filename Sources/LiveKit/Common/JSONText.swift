import FoundationEssentials
import SansIO

/// JSON for the few places of the protocol that have it.
enum JSONText {
    /// An object of strings, with sorted keys.
    static func object(_ values: [AttributeKey: String]) -> [UInt8]? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(values)).map(Array.init)
    }
}
