import LiveKit
import SansIO
import Testing
import Wire

@testable import AgentRuntime

@Suite struct LogAllowanceTests {
    @Test("who brings lines about without end has some at once, then one a minute, with how many were left out")
    func bounded() {
        var allowance = LogAllowance()
        var lines: [String] = []
        for second in 0..<600 as Range<Int64> {
            for _ in 0..<10 {
                let line = allowance.line("a camera", of: "eve", at: Instant(nanoseconds: second * 1_000_000_000))
                if let line { lines.append(line) }
            }
        }
        #expect(lines.count == 12 + 9, "\(lines.count)")
        #expect(lines.prefix(12).allSatisfy { $0 == "a camera" })
        // 588 and 600: sixty seconds of ten, less the twelve.
        #expect(lines[12] == "a camera (588 lines of them were left out before)")
        #expect(lines.last == "a camera (599 lines of them were left out before)")
        let other = allowance.line("a camera", of: "ann", at: Instant(nanoseconds: 599_000_000_000))
        #expect(other == "a camera")
    }

    @Test("of any number of participants so many are told apart, and the others are one")
    func many() {
        var allowance = LogAllowance()
        var lines = 0
        for number in 0..<10_000 {
            for _ in 0..<2 {
                if allowance.line("x", of: Identity("eve-\(number)"), at: .zero) != nil { lines += 1 }
            }
        }
        #expect(lines == 256 * 2 + 12)
        // Whose allowance is full again makes room.
        let later = allowance.line("x", of: "ann", at: .zero + .seconds(3_600))
        #expect(later == "x")
    }
}
