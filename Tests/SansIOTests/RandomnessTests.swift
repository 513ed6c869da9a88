import SansIO
import Testing

@Suite struct SplitMix64Tests {
    @Test(
        "the first numbers of a seed are those of the published algorithm",
        arguments: [
            (0, [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F, 0xF88B_B8A8_724C_81EC]),
            (1_234_567, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]),
        ] as [(UInt64, [UInt64])])
    func firstNumbers(seed: UInt64, numbers: [UInt64]) {
        var generator = SplitMix64(seed: seed)
        #expect(numbers.map { _ in generator.next() } == numbers)
    }

    /// The step is added before a number is made, so the largest seed but the step begins with the numbers of seed 0.
    @Test func aSeedThatWrapsGoesOnAsTheOneItWrapsTo() {
        var wrapping = SplitMix64(seed: 0 &- 0x9E37_79B9_7F4A_7C15)
        _ = wrapping.next()
        var other = SplitMix64(seed: 0)
        #expect((0..<4).map { _ in wrapping.next() } == (0..<4).map { _ in other.next() })
    }
}

@Suite struct RandomSourceTests {
    @Test func theNumbersAreThoseOfTheClosure() {
        var source = RandomSource { 42 }
        #expect(source.next() == 42)
        #expect(UInt8.random(in: .min ... .max, using: &source) == 42)
    }

    @Test func asManyBytesComeAsAreAskedForAndEveryValueOccurs() {
        var source = seeded(9)
        #expect(source.bytes(0).isEmpty)
        #expect(source.bytes(3).count == 3)
        #expect(Set(source.bytes(8_192)).count == 256)
    }

    @Test func copiesOfASourceDrawFromTheSameNumbers() {
        var source = seeded(9)
        var copy = source
        var alone = SplitMix64(seed: 9)
        #expect([source.next(), copy.next()] == [alone.next(), alone.next()])
    }

    private func seeded(_ seed: UInt64) -> RandomSource {
        final class Box: @unchecked Sendable {
            var generator: SplitMix64; init(_ seed: UInt64) { generator = .init(seed: seed) }
        }
        let box = Box(seed)
        return RandomSource { box.generator.next() }
    }
}
