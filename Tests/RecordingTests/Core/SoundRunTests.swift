import SansIO
import Testing

@testable import Recording

@Suite struct SoundRunTests {
    private func at(_ milliseconds: Int64) -> Instant { .zero + .milliseconds(milliseconds) }

    @Test("the first block begins where the file says, however late")
    func lateBeginning() {
        var run = SoundRun()
        #expect(run.place(count: 1_600, at: at(2_500)) == .init(start: at(2_500)))
        #expect(run.end == at(2_600))
    }

    @Test("blocks whose times are rounded follow each other without a gap")
    func rounding() {
        var run = SoundRun()
        _ = run.place(count: 1_600, at: at(0))
        for (number, shift) in [3, -4, 39, -40].enumerated() {
            let start = at(Int64(100 * (number + 1)))
            #expect(run.place(count: 1_600, at: start + .milliseconds(shift)) == .init(start: start))
        }
    }

    @Test("a hole of up to two seconds is silence, a longer one is not known")
    func holes() {
        var run = SoundRun()
        _ = run.place(count: 1_600, at: at(0))
        #expect(run.place(count: 1_600, at: at(2_100)) == .init(silence: 32_000, start: at(100)))
        #expect(run.end == at(2_200))
        #expect(run.place(count: 1_600, at: at(4_201)) == .init(absentSince: at(2_200), start: at(4_201)))
        #expect(run.end == at(4_301))
    }

    @Test("what came already is left out, once")
    func overlap() {
        var run = SoundRun()
        _ = run.place(count: 16_000, at: at(0))
        #expect(run.place(count: 3_200, at: at(900)) == .init(dropped: 1_600, start: at(1_000)))
        #expect(run.end == at(1_100))
        #expect(run.place(count: 1_600, at: at(0)) == .init(dropped: 1_600, start: at(1_100)))
        #expect(run.end == at(1_100))
    }
}
