import Foundation
import FuzzTargets
import Testing

@Suite struct FuzzRegressionTests {
    /// Made-up inputs a target.
    static let rounds = ProcessInfo.processInfo.environment["JASK_LONG_TESTS"] == "1" ? 20_000 : 200

    @Test("inputs that fuzzing found once do no harm", arguments: FuzzTarget.all.map(\.name))
    func regressions(name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        for input in Regressions.inputs(of: target) {
            #expect(throws: Never.self, "\(name)/\(input.name)") { try target.run(input.bytes) }
        }
    }

    @Test("a short run of every target over the fixtures", arguments: FuzzTarget.all.map(\.name))
    func shortRun(name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let seeds = target.seeds(SeedStore(usesCaptures: false))
        try #require(!seeds.isEmpty, "the fixtures have no recording for \(name)")
        for seed in seeds.prefix(50) + target.inventions { #expect(throws: Never.self) { try target.run(seed) } }
        var mutator = Mutator(seeds: seeds, largest: target.largestInput, seed: 1)
        for _ in 0..<Self.rounds {
            let input = mutator.next()
            #expect(throws: Never.self, "\(name): \(input)") { try target.run(input) }
        }
    }
}
