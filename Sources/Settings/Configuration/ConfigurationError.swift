/// A value that cannot be used: where it stands, which setting it is, and what is allowed.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Problem: Sendable, Hashable {
        case unknownKey(similar: String?)
        case notAllowed(given: String, type: String, allowed: String)
        /// A list or a section where a single value belongs, or the other way round.
        case wrongShape(expected: String)
        /// Not for this layer.
        case notForMetadata
        case missing(how: String)
        /// The whole source is unreadable.
        case unreadable(String)
    }

    public var origin: Configuration.Origin
    /// Empty where the whole source is meant.
    public var key: String
    public var problem: Problem

    public init(origin: Configuration.Origin, key: String, problem: Problem) {
        self.origin = origin
        self.key = key
        self.problem = problem
    }

    public var description: String {
        let subject = key.isEmpty ? "\(origin): " : "\(origin): \(key): "
        switch problem {
        case .unknownKey(let similar?): return subject + "there is no such setting; did you mean \(similar)?"
        case .unknownKey(nil): return subject + "there is no such setting; 'jask config' lists all"
        case .notAllowed(let given, let type, let allowed):
            return subject + "'\(given)' is not allowed: \(type), \(allowed)"
        case .wrongShape(let expected): return subject + "expected \(expected)"
        case .notForMetadata: return subject + "can only be set by the operator, in the file or the environment"
        case .missing(let how): return subject + "is needed: \(how)"
        case .unreadable(let reason): return subject + reason
        }
    }
}

/// Everything that is wrong with a source, not only the first.
public struct ConfigurationErrors: Error, Sendable, Hashable, CustomStringConvertible {
    public var errors: [ConfigurationError]

    public init(_ errors: [ConfigurationError]) { self.errors = errors }

    public var description: String { errors.map(\.description).joined(separator: "\n") }
}

extension Schema {
    /// The setting whose key is the least number of edits away, where that is few.
    public static func similar(to key: String) -> String? {
        let given = Array(key.utf8.prefix(80))
        let best = settings.map { (key: $0.key, distance: distance(given, Array($0.key.utf8))) }
            .min { $0.distance < $1.distance }
        guard let best, best.distance <= max(2, given.count / 4) else { return nil }
        return best.key
    }

    /// Levenshtein's edit distance.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (index, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, other) in right.enumerated() {
                let replaced = diagonal + (byte == other ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, row[column] + 1, row[column + 1] + 1)
            }
        }
        return row[right.count]
    }
}
