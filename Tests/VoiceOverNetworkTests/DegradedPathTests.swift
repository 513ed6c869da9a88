import Foundation
import SansIO
import Testing

/// What the evaluation rests on: that the path harms the sound as it says, and leaves it in its place.
@Suite struct DegradedPathTests {
    @Test func overAPerfectPathTheSoundIsInItsPlace() throws {
        let said = try Clip.samples()
        let heard = try DegradedPath().heard(said, seed: 1)
        #expect(heard.samples.count == said.count)
        #expect(heard.lost == 0 && heard.statistics.lost == 0)
        #expect(Alignment.lag(of: heard.samples, behind: said, within: 200).magnitude <= 2)
        #expect(heard.kinds[.concealed, default: 0] == 0)
    }

    @Test("over a bad path packets are lost, most of them repaired, and nothing slides", arguments: [1, 2] as [UInt64])
    func overABadPathTheSoundIsInItsPlace(seed: UInt64) throws {
        let said = try Clip.samples()
        let heard = try DegradedPath.bad.heard(said, seed: seed)
        #expect(heard.lost > heard.sent / 40, "seed \(seed): \(heard.lost) of \(heard.sent)")
        #expect(heard.statistics.recoveredByRedundancy > heard.lost / 2, "seed \(seed): \(heard.statistics)")
        // The end alone, where a slip anywhere before it would show.
        let tail = (said.count * 3 / 4)...
        let lag = Alignment.lag(of: Array(heard.samples[tail]), behind: Array(said[tail]), within: 400)
        #expect(lag.magnitude <= 2, "seed \(seed)")
    }

    @Test func silenceIsNotSent() throws {
        let said = try Clip.samples()
        let heard = try DegradedPath().heard(said + [Int16](repeating: 0, count: 160_000), seed: 1)
        #expect(heard.kinds[.discontinuous, default: 0] > 120_000)
        #expect(heard.sent < (said.count + 60_000) / DegradedPath.frame)
    }
}

/// The synthetic clip of the repository.
enum Clip {
    static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/speech.wav")

    /// 16 kHz, mono, after a header of 44 bytes.
    static func samples() throws -> [Int16] {
        let data = try Data(contentsOf: file).dropFirst(44)
        return data.withUnsafeBytes { bytes in
            (0..<(bytes.count / 2)).map {
                Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 2, as: Int16.self))
            }
        }
    }
}

enum Alignment {
    /// By how many samples one sound comes after another that it resembles: where their product is largest.
    static func lag(of late: [Int16], behind early: [Int16], within limit: Int) -> Int {
        // Every seventh sample of the loudest second tells as much as all of them.
        let window = min(16_000, early.count - 2 * limit)
        let energy = stride(from: limit, to: early.count - limit - window + 1, by: 1_600).max { one, other in
            loudness(early, one, window) < loudness(early, other, window)
        }
        guard let start = energy else { return .max }
        return (-limit...limit).max {
            product(late, early, start, window, $0) < product(late, early, start, window, $1)
        }
            ?? .max
    }

    private static func loudness(_ samples: [Int16], _ start: Int, _ count: Int) -> Int {
        stride(from: start, to: start + count, by: 7).reduce(0) { $0 + Int(samples[$1].magnitude) }
    }

    private static func product(_ late: [Int16], _ early: [Int16], _ start: Int, _ count: Int, _ lag: Int) -> Int {
        stride(from: start, to: start + count, by: 7).reduce(0) { $0 + Int(late[$1 + lag]) * Int(early[$1]) }
    }
}
