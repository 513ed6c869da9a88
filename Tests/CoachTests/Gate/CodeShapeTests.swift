import Testing
import Wire

@testable import Coach

@Suite struct CodeShapeTests {
    private static let code = """
        def second(a):
            b = sorted(a)
            left_index = 0
            while left_index <= len(a) - 1:
                left_index += 1
            return b[1]
        """

    private func check(_ text: String, tier: Int = 1) throws(HintRejection) -> Hint {
        let request = HintRequest(
            trigger: TriggerFacts(kind: TriggerFacts.longPause, confidence: 0.8), tier: tier,
            problem: "Find the second largest number of nums.",
            document: SourceDocument(path: "a.py", language: "python", revision: 4, text: Self.code))
        let json = String(
            decoding: JSONValue.object(["tier": .integer(tier), "text": .string(text)]).serialised(), as: UTF8.self)
        return try HintValidator(request: request).check(toolInputs: [json]).hint
    }

    @Test(arguments: [
        "Replace line 2 with: seen = {}; for each number, store it.", "Try seen={} first.",
        "Write b = sorted(set(a)) in line 2.", "total = total + count is what you want.", "Use `largest = -1` there.",
        "Add x += 1 to the loop.", "Make it return a[-2] at the end.", "You should return None there.",
        "Try sorted(set(a)) instead.", "Check (i + 1) there.", "Look at nums[i-1] too.", "Take a[1:] there.",
        "The loop is for n in nums: and then a check.", "Stop when count == 2 holds.", "Use def largest(nums) first.",
        "n > m || m == 0 is missing.", "Call swap(nums, i, j); after it.", "x -> x * 2 does it.",
        "Keep max_value, next_value and old_value apart.", "First let count := 0 be there.",
        "Think of if (n % 2) first.", "Add else: after it.", "lambda x: x is a key.",
    ])
    func `code in a hint is withheld`(text: String) {
        #expect(throws: HintRejection.codeShape) { try check(text) }
        #expect(throws: HintRejection.codeShape) { try check(text, tier: 2) }
    }

    @Test(arguments: [
        "Which value does the loop see in its last round?", "What is b[1] when the list has one element?",
        "Look at `left_index <= len(a) - 1` in line 4: when does it stop?", "Look at line 2, b = sorted(a), once more.",
        "What comes out for [3, 3, 1], and for []?", "Look at the <= in line 4.", "Is the = in line 2 what you mean?",
        "Compare `left_index` with the length after each round.", "Read lines 3-5 (the loop) aloud.",
        "What should the function return when all values are the same?", "Follow the value(s) of a by hand.",
        "Try the smallest input - one or two numbers - and note each step.", "What if n is 0, or -1, or 50% of it?",
        "Does left_index always grow? Write down left_index and b for the input [1, 2].",
        "Lies Zeile 4 noch einmal: Wann endet die Schleife?", "What is sorted(a) for \"ab\"?",
        "Have a look at second() and what it is given; its input/output is in the well-known example.",
        "What *exactly* does the word 'second' mean here (e.g. with equal numbers)?",
        "Is 2 < 3 true here, i.e. in order?",
        "For each number: what do you know about the ones before it?",
    ])
    func `a hint in words stays, also where it quotes the candidate's own code`(text: String) throws {
        #expect(try check(text).text == text)
    }

    @Test func `no written nudge looks like code`() throws {
        for occasion in Nudges.Occasion.allCases {
            for tier in 1...2 {
                for nudge in Nudges.cell(occasion, tier: tier, withCode: true)
                    + Nudges.cell(occasion, tier: tier, withCode: false)
                {
                    let text = nudge.split(separator: Nudges.place, omittingEmptySubsequences: false)
                        .joined(separator: "lines 4 to 6")
                    #expect(try check(text, tier: tier).text == text)
                }
            }
        }
    }
}
