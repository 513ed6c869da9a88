import SansIO
import Synchronization

extension RandomSource {
    /// A repeatable source for tests and replays; never for secrets.
    public static func seeded(_ seed: UInt64) -> RandomSource {
        let state = Shared(seed: seed)
        return RandomSource { state.generator.withLock { $0.next() } }
    }

    private final class Shared: Sendable {
        let generator: Mutex<SplitMix64>

        init(seed: UInt64) { generator = Mutex(SplitMix64(seed: seed)) }
    }
}
