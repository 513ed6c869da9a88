import SansIO
import Testing

@testable import Coach

@Suite struct RehearsedCoachTests {
    private let coach = RehearsedCoach()

    private func request(_ kind: String, tier: Int, code: String? = nil, earlier: [HintSummary] = []) -> HintRequest {
        HintRequest(
            trigger: TriggerFacts(kind: kind, confidence: 1), tier: tier,
            document: code.map { SourceDocument(path: "a.py", language: "python", revision: 3, text: $0) },
            earlier: earlier)
    }

    @Test func everyCellHasSixNudgesThatKeepTheRules() {
        var all: Set<String> = []
        for occasion in Nudges.Occasion.allCases {
            for tier in 1...2 {
                for withCode in [true, false] {
                    let cell = Nudges.cell(occasion, tier: tier, withCode: withCode)
                    #expect(cell.count >= 6)
                    for nudge in cell {
                        #expect(all.insert(RehearsedCoach.key(of: nudge)).inserted, "twice: \(nudge)")
                        #expect(nudge.split(separator: " ").count <= 30, "\(nudge)")
                        #expect(nudge.contains(Nudges.place) == withCode, "\(nudge)")
                        #expect(nudge.hasSuffix(tier == 1 ? "." : "?"), "\(nudge)")
                        #expect(!nudge.contains("`") && !nudge.lowercased().contains("good"), "\(nudge)")
                    }
                }
            }
        }
    }

    @Test(arguments: ["long_pause", "request", "raised_hand", "something_new"], [1, 2])
    func nothingIsSaidTwiceAndItEnds(kind: String, tier: Int) {
        var earlier: [HintSummary] = []
        while let hint = coach.hint(for: request(kind, tier: tier, code: "x = 1", earlier: earlier)) {
            #expect(hint.source == .rehearsed && hint.tier == tier)
            #expect(!hint.text.contains("{"))
            #expect(!earlier.contains { RehearsedCoach.key(of: $0.text) == RehearsedCoach.key(of: hint.text) })
            earlier.append(HintSummary(tier: tier, text: hint.text))
            guard earlier.count < 100 else { break }
        }
        #expect(earlier.count == 28)
    }

    @Test func theSameNudgeAtAnotherLineIsTheSame() {
        var code = "a = 1"
        var keys: Set<String> = []
        var earlier: [HintSummary] = []
        for _ in 0..<7 {
            guard let hint = coach.hint(for: request("long_pause", tier: 1, code: code, earlier: earlier)) else {
                break
            }
            #expect(keys.insert(RehearsedCoach.key(of: hint.text)).inserted)
            earlier.append(HintSummary(tier: 1, text: hint.text))
            code += "\nb = 2"
        }
        #expect(keys.count == 7)
    }

    @Test func theSameRequestGivesTheSameHintAndVariationMovesIt() {
        var request = request("long_pause", tier: 2)
        #expect(coach.hint(for: request) == coach.hint(for: request))
        var texts: Set<String> = []
        for variation in [0, 1, 2, 3, 4, 5, 6, .min, .max, -1] {
            request.variation = variation
            texts.insert(coach.hint(for: request)?.text ?? "none")
        }
        #expect(texts.count == 7)
    }

    @Test(
        arguments: [
            ("x = 1\n\n# comment\n\n", "python", "a.py", nil, 1...1),
            ("int f() {\n  g();\n}\n", "c", "a.c", nil, 2...2),
            ("a();\n// b", "", "x.ts", nil, 1...1), ("-- q\nselect 1", "sql", "q", nil, 2...2),
            ("a\nb\nc\nd", "python", "a.py", 2...3, 2...3), ("a\n\n# c\nd", "python", "a.py", 2...3, 4...4),
            ("1\n2\n3\n4\n5\n6\n7\n8\n9", "python", "a.py", 1...9, 5...9), ("a\nb", "python", "a.py", 7...9, 2...2),
            ("#include <x>\nint a;\n/* end */\n", "c++", "a.cc", nil, 2...2),
        ] as [(String, String, String, ClosedRange<Int>?, ClosedRange<Int>)])
    func theAnchorIsWhereCodeWasWrittenLast(
        text: String, language: String, path: String, edited: ClosedRange<Int>?, lines: ClosedRange<Int>
    ) {
        let document = SourceDocument(
            path: DocumentPath(path), language: language, revision: 1, text: text, editedLines: edited)
        #expect(AnchorFinder.anchor(in: document).map { $0.startLine...$0.endLine } == lines)
    }

    @Test(arguments: ["", "\n\n", "# only\n  # comment", "}\n);"])
    func withoutCodeThereIsNoAnchor(text: String) {
        let request = request("long_pause", tier: 1, code: text)
        #expect(coach.hint(for: request)?.anchor == nil)
        #expect(coach.hint(for: request)?.text.contains("line") == false)
    }
}
