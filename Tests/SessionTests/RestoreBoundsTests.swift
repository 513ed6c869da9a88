import Coach
import SansIO
import Testing
import Wire

@testable import Session

/// A journal is a file, and a clock may show anything: whatever numbers they have, a session begins, and its rules hold.
@Suite("A session taken over from a journal with numbers at the bounds of their types")
struct RestoreBoundsTests {
    private static let times: [Int64] = [
        .min, .min + 1, -9_223_372_036_855, -9_223_372_036_854, -62_167_219_200_001, -1, 0, 1, 1_795_341_600_000,
        9_223_372_036_854, 9_223_372_036_855, 253_402_300_799_999, 253_402_300_800_000, .max - 1, .max,
    ]
    private static let tiers: [Int] = [.min, -1, 0, 1, 2, 4, 5, .max - 1, .max]
    /// Between the clock's origin and 1970.
    private static let offsets: [Duration] = [
        .zero, .seconds(1_795_341_600), .seconds(-1_795_341_600), .nanoseconds(Int64.max), .nanoseconds(Int64.min),
        .seconds(Int64.max), .seconds(Int64.min),
    ]

    private static func entry(_ random: inout SplitMix64) -> JournalEntry {
        func time() -> Int64 {
            Bool.random(using: &random)
                ? times.randomElement(using: &random) ?? 0 : Int64.random(in: .min ... .max, using: &random)
        }
        func person() -> Identity { ["ada", "ivo"].randomElement(using: &random) ?? "ada" }
        let tier = tiers.randomElement(using: &random) ?? 0
        let hint = "h\(Int.random(in: 0..<4, using: &random))"
        let event: JournalEntry.Event =
            switch Int.random(in: 0..<9, using: &random) {
            case 0: .began(room: "RM_1", name: "room")
            case 1: .silent(identity: person(), since: time())
            case 2: .tierLimit(Bool.random(using: &random) ? tier : nil, by: "ivo")
            case 3: .asked(request: "r", trigger: "long_pause", tier: tier)
            case 4: .sent(hint: hint)
            case 5: .spoke(identity: person())
            case 6: .noticed(identity: person(), sid: "PA_ada")
            default:
                .intended(
                    .init(
                        id: hint, tier: tier, source: "claude", trigger: "long_pause", to: [person()], text: "f",
                        expires: time()))
            }
        return JournalEntry(at: time(), event: event)
    }

    @Test("the session goes on within its rules", arguments: 0..<300 as Range<UInt64>)
    func goesOn(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let count = Int.random(in: 1...20, using: &random)
        let journal = (0..<count).map { _ in Self.entry(&random) }
        let offset = Self.offsets.randomElement(using: &random) ?? .zero
        var stage = Stage(settings: ["policy.budget": "50"], seed: seed, journal: journal, wallOffset: offset)
        stage.joinBoth()
        stage.speak("ada")
        // Whatever the journal says, nothing of it lies ahead: a minute on, its cooldown is over.
        stage.pass(.seconds(61))
        stage.longPause()
        let mayHint = stage.core.hints.policy.ceiling >= 1
        #expect(stage.asks.isEmpty == !mayHint, "\(stage.waiting()) \(stage.dropped())")
        guard mayHint else { return }
        stage.answer("One.")
        stage.pass(.seconds(61))
        stage.longPause()
        #expect(stage.asks.count == 2)
        let ceiling = stage.core.hints.policy.ceiling
        #expect(stage.asks.allSatisfy { (1...max(ceiling, 1)).contains($0.request.tier) })
        #expect(stage.hints().count == 1)
        // What is written down now can be taken up again.
        var next = Stage(settings: [:], seed: seed, journal: journal + stage.journal, wallOffset: offset)
        next.joinBoth()
        next.pass(.seconds(61))
    }

    @Test("a clock that is put to any time leaves cooldown and silence as they were", arguments: offsets)
    func anyClock(offset: Duration) {
        var stage = Stage()
        stage.joinBoth()
        stage.speak("ada")
        stage.longPause()
        stage.answer("One.")
        stage.give(.wallClock(offset: offset))
        stage.pass(.seconds(59))
        stage.longPause()
        #expect(stage.waiting() == ["cooldown"])
        stage.pass(.seconds(2))
        #expect(stage.asks.count == 2)
    }
}
