import SansIO

/// `jask.run.result`, candidate → agent: how a run made by the client ended. Untrusted.
public struct RunResultMessage: Sendable, Hashable, Codable {
    /// Tests a run can have.
    public static let mostTests = 1_000_000
    /// Bytes of UTF-8 of the error output.
    public static let errorLimit = 65_536

    public var type = Topic.runResult
    public var version = WireCoding.version
    public var passed: Int
    public var failed: Int
    /// The end of what the run wrote to its error output.
    public var stderr: String?

    public init(passed: Int, failed: Int, stderr: String? = nil) {
        self.passed = passed
        self.failed = failed
        self.stderr = stderr
    }

    public func encoded() -> [UInt8] { WireCoding.encode(self) }

    public init(decoding bytes: [UInt8]) throws(WireError) {
        self = try WireCoding.decode(RunResultMessage.self, topic: Topic.runResult, from: bytes)
        for (name, count) in [("passed", passed), ("failed", failed)] where !(0...Self.mostTests).contains(count) {
            throw WireError(.outOfRange, "'\(name)' is \(count), allowed are 0…\(Self.mostTests)")
        }
        if let stderr, stderr.utf8.count > Self.errorLimit {
            throw WireError(.tooLarge, "'stderr' has more than \(Self.errorLimit) bytes")
        }
    }
}
