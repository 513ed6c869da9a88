import Foundation
import SansIO
import Simulation
import Testing

@testable import Wire

@Suite("Times and ids on the wire")
struct IdentifierTests {
    @Test(
        "a time is written as Foundation writes it",
        arguments: [
            0, 1, 999, 1000, 1_795_341_600_125, 951_782_400_000, 951_868_799_999, 1_709_164_800_000, 4_102_444_800_000,
            -1, -86_400_000, -8_000_000_000_001, 253_402_300_799_999,
        ] as [Int64])
    func writes(milliseconds: Int64) throws {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.calendar = Calendar(identifier: .gregorian)
        formatter.dateFormat = "yyyy-MM-dd'T'HH:mm:ss"
        let seconds = (Double(milliseconds) / 1000).rounded(.down)
        let thousandths = milliseconds - Int64(seconds) * 1000
        let expected = formatter.string(from: Date(timeIntervalSince1970: seconds))
        let time = Timestamp(milliseconds: milliseconds)
        #expect(time.description.hasPrefix(expected))
        #expect(
            time.description.hasSuffix(".\(String(repeating: "0", count: 3 - "\(thousandths)".count))\(thousandths)Z"))
        #expect(Timestamp(time.description) == time)
    }

    @Test("days of 800 years comes back, and follows the one before")
    func everyDay() {
        var last = Timestamp(milliseconds: -13_000_000_000_000)
        for day in stride(from: 1, through: 365 * 800, by: 5) {
            let time = Timestamp(milliseconds: -13_000_000_000_000 + Int64(day) * 86_400_000)
            guard Timestamp(time.description) == time,
                time.description > last.description
            else { return #expect(Bool(false), "\(time)") }
            last = time
        }
    }

    @Test(
        "offsets and fractions are read",
        arguments: [
            ("2026-11-22T10:00:00Z", 1_795_341_600_000), ("2026-11-22T12:00:00+02:00", 1_795_341_600_000),
            ("2026-11-22t04:30:00.5-05:30", 1_795_341_600_500), ("2026-11-22T10:00:00.123456789Z", 1_795_341_600_123),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000),
        ] as [(String, Int64)])
    func reads(text: String, milliseconds: Int64) {
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test(
        "what is no time is refused",
        arguments: [
            "", "2026", "2026-11-22 10:00:00Z", "2026-11-22T10:00:00", "2026-13-22T10:00:00Z", "2025-02-29T00:00:00Z",
            "2026-11-22T24:00:00Z", "2026-11-22T10:60:00Z", "2026-11-22T10:00:00.Z", "2026-11-22T10:00:00+2:00",
            "2026-11-22T10:00:00ZZ", "-026-11-22T10:00:00Z", "2026-00-10T10:00:00Z", "2026-11-00T10:00:00Z",
            "２０２６-11-22T10:00:00Z",
        ])
    func refuses(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test("ids sort by time, differ within a millisecond, and come back")
    func ulids() {
        var random = RandomSource.seeded(7)
        var ids: [ULID] = []
        for step in 0..<1000 {
            ids.append(ULID(at: Timestamp(milliseconds: 1_795_341_600_000 + Int64(step)), random: &random))
        }
        #expect(ids == ids.sorted() && Set(ids).count == 1000)
        let same = (0..<1000).map { _ in ULID(at: Timestamp(milliseconds: 5), random: &random) }
        #expect(Set(same).count == 1000)
        for id in ids + same { #expect(ULID(id.description) == id) }
        // The specification's own example of a time part.
        let time = ULID(at: Timestamp(milliseconds: 1_469_918_176_385), random: &random)
        #expect(time.description.hasPrefix("01ARYZ6S41"))
    }

    @Test(
        "what is no id is refused",
        arguments: [
            "", "01ARYZ6S41TSV4RRFFQ69G5FA", "01ARYZ6S41TSV4RRFFQ69G5FAVX", "81ARYZ6S41TSV4RRFFQ69G5FAV",
            "01ARYZ6S41TSV4RRFFQ69G5FAI", "01aryz6s41tsv4rrffq69g5fav",
        ])
    func noIDs(text: String) {
        #expect(ULID(text) == nil)
    }
}
