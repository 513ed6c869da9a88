/// Why something is not sealed, or cannot be opened.
public enum SealingError: Error, Hashable, Sendable {
    /// A list of keys cannot be read: the number of the entry, from 1, and what is wrong with it. Never the key itself.
    case badKey(entry: Int, reason: String)
    /// A list of keys is blank.
    case noKey
    /// Not something that was sealed: too short, or of a format that this version does not know.
    case badFormat
    /// A data key that was wrapped with a key that is not there; its tag.
    case unknownKey(KeyTag)
    /// Changed since, sealed with another data key, or sealed for another place.
    case notAuthentic
    /// More than 64 MiB, or the library failed, perhaps for want of memory; nothing is said of the data.
    case refused
}

extension SealingError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .badKey(let entry, let reason):
            "encryption key \(entry): \(reason); keys are ID:KEY, with commas between them, KEY being 32 random bytes in base64 (openssl rand -base64 32)"
        case .noKey: "no encryption key: one is ID:KEY, KEY being 32 random bytes in base64 (openssl rand -base64 32)"
        case .badFormat: "sealed data is damaged, or of a newer version of Jask"
        case .unknownKey(let tag):
            "wrapped with the key of tag \(tag), which is not among those given: add it after the first one"
        case .notAuthentic: "sealed data was changed, or belongs elsewhere"
        case .refused: "could not be sealed or opened: too large, or the library failed"
        }
    }
}
