/// Randomness that is passed into a core, so that a core has no source of its own.
///
/// Production passes a cryptographically secure generator; tests and replays pass a seeded one.
public struct RandomSource: RandomNumberGenerator, Sendable {
    private let generate: @Sendable () -> UInt64

    /// - Parameter generate: returns 64 uniformly random bits; called on the thread that owns the core.
    public init(_ generate: @escaping @Sendable () -> UInt64) {
        self.generate = generate
    }

    public mutating func next() -> UInt64 { generate() }

    /// `count` uniformly random bytes.
    public mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) }
    }
}
