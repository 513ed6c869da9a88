import SansIO
import Simulation
import Testing

@testable import DevServer

@Suite struct StreamRewriterTests {
    private let start = Instant(nanoseconds: 0)

    @Test("numbers go on without a gap over wraps, changes of source and pauses; time by the clock")
    func continuity() throws {
        var rewriter = StreamRewriter(firstNumber: 100, firstTime: 5000)
        for step in 0..<4 {
            let place = rewriter.rewrite(
                number: 65534 + Int64(step), time: UInt32(step) &* 960, ssrc: 1, clockRate: 48000,
                at: start + .milliseconds(20 * step))
            #expect(place?.number == 100 + UInt16(step))
            #expect(place?.time == 5001 + UInt32(step) * 960)
        }
        // Another source, two seconds after the last packet.
        let other = rewriter.rewrite(
            number: 7, time: 900_000, ssrc: 2, clockRate: 48000, at: start + .milliseconds(2060))
        #expect(other == StreamRewriter.Place(number: 104, time: 103_881))
        rewriter.interrupt()
        let resumed = rewriter.rewrite(
            number: 5000, time: 950_000, ssrc: 2, clockRate: 48000, at: start + .milliseconds(3060))
        let time: UInt32 = 5001 + 3 * 960 + 96_000 + 48_000
        #expect(resumed == StreamRewriter.Place(number: 105, time: time))
        // The source begins its numbers anew.
        let anew = rewriter.rewrite(
            number: 90_000, time: 5, ssrc: 2, clockRate: 48000, at: start + .milliseconds(3080))
        #expect(anew?.number == 106)
    }

    @Test("packets that were overtaken keep their places, and those from before a change of source have none")
    func reordering() {
        var rewriter = StreamRewriter(firstNumber: 1, firstTime: 0)
        let numbers = [10, 12, 11, 13, 9].map { number in
            rewriter.rewrite(number: number, time: 0, ssrc: 1, clockRate: 90000, at: start)?.number
        }
        #expect(numbers == [1, 3, 2, 4, nil])
    }

    @Test("what is left out closes up, unless what follows has its place already: over orders drawn at random")
    func leavingOut() throws {
        for seed in UInt64(0)..<200 {
            var random = SplitMix64(seed: seed)
            var rewriter = StreamRewriter(firstNumber: 500, firstTime: 0)
            // Windows of three are shuffled; a third of all packets is left out.
            var order: [Int64] = []
            for window in 1..<100 { order += (0..<3).map { Int64(window * 3 + $0) }.shuffled(using: &random) }
            let left = Set((6..<300).filter { _ in Int.random(in: 0..<3, using: &random) == 0 })
            var taken: [UInt16: Int64] = [:]
            for number in [Int64(2)] + order {
                let place =
                    left.contains(Int(number))
                    ? rewriter.leaveOut(number: number, time: 0, ssrc: 1)
                    : rewriter.rewrite(number: number, time: 0, ssrc: 1, clockRate: 90000, at: start)
                if let place { #expect(taken.updateValue(number, forKey: place.number) == nil, "seed \(seed)") }
            }
            let places = taken.keys.sorted()
            // No hole: nothing that a receiver would ask for.
            #expect(places == Array(500..<500 + UInt16(places.count)), "seed \(seed)")
            #expect(places.compactMap { taken[$0] } == taken.values.sorted(), "seed \(seed)")
        }
    }
}
