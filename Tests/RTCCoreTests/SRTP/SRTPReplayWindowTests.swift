import SansIO
import Testing

@testable import RTCCore

@Suite struct SRTPReplayWindowTests {
    /// Against a set that forgets nothing.
    @Test(arguments: UInt64(0)..<10)
    func theWindowAgreesWithASetOfAllThatWasSeen(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var window = SRTPReplayWindow()
        var seen: Set<UInt64> = []
        var highest: UInt64 = 0
        for step in 0..<5000 {
            let reach = [3, 70, 1030, 3000].randomElement(using: &random) ?? 3
            let low = highest > UInt64(reach) ? highest - UInt64(reach) : 0
            let index = UInt64.random(in: low...highest + UInt64(reach), using: &random)
            let isAdmitted = !seen.contains(index) && (seen.isEmpty || index > highest || highest - index < 1024)
            #expect(window.admits(index) == isAdmitted, "seed \(seed), step \(step), index \(index)")
            guard isAdmitted else { continue }
            window.insert(index)
            seen.insert(index)
            highest = max(highest, index)
        }
    }

    /// The estimate is the index with that sequence number that is nearest to the highest.
    @Test func theEstimateIsTheNearestIndex() {
        var random = SplitMix64(seed: 1)
        for _ in 0..<5000 {
            let highest = UInt64.random(in: 0..<300_000, using: &random)
            let sequence = UInt16.random(in: 0...65535, using: &random)
            var window = SRTPReplayWindow()
            window.insert(highest)
            let candidates = (0..<6).map { UInt64($0) << 16 | UInt64(sequence) }
            let distance = { (index: UInt64) in index > highest ? index - highest : highest - index }
            let nearest = candidates.map(distance).min()
            let estimate = window.estimatedIndex(of: sequence)
            #expect(distance(estimate) == nearest, "highest \(highest), sequence \(sequence)")
            #expect(UInt16(truncatingIfNeeded: estimate) == sequence)
        }
    }
}
