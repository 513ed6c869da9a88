import Foundation

/// What this process takes of the machine's memory.
enum Memory {
    static var resident: Int {
        let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4_096 : 0
    }

    /// How much it grows by something that is done up to twelve times, in the time in which it grew least: tests beside this
    /// one take memory and give it back, and what leaks grows every time.
    /// - Parameter bound: below which it need not be tried again.
    static func growth(bound: Int, _ body: (Int) throws -> Void) rethrows -> Int {
        var growth = Int.max
        for round in 0..<12 where growth >= bound {
            let before = resident
            try body(round)
            growth = min(growth, resident - before)
        }
        return growth
    }

    /// A sanitizer keeps what was freed, and finds leaks itself.
    static var tellsOfLeaks: Bool { ProcessInfo.processInfo.environment["JASK_SANITIZE"] == nil }
}
