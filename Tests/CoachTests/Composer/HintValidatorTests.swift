import Testing
import Wire

@testable import Coach

@Suite struct HintValidatorTests {
    private func request(tier: Int = 1, lines: Int? = 5, earlier: [String] = []) -> HintRequest {
        let text = (1...max(lines ?? 1, 1)).map { "line \($0)" }.joined(separator: "\n")
        return HintRequest(
            trigger: TriggerFacts(kind: TriggerFacts.longPause, confidence: 0.8), tier: tier,
            document: lines.map { _ in SourceDocument(path: "a.py", language: "python", revision: 4, text: text) },
            earlier: earlier.map { HintSummary(tier: 1, text: $0) })
    }

    private func check(
        _ json: String, _ request: HintRequest, tool: Bool = true
    ) throws(HintRejection) -> HintValidator.Checked {
        try HintValidator(request: request).check(toolInputs: tool ? [json] : [], texts: tool ? [] : [json])
    }

    @Test func aGoodHintIsTakenWithItsAnchor() throws {
        let checked = try check(
            #"{"tier":1,"text":" Look at the loop. ","anchor_path":"a.py","anchor_start_line":2,"anchor_end_line":3}"#,
            request())
        let anchor = Anchor(path: "a.py", revision: 4, startLine: 2, endLine: 3)
        #expect(checked.hint == Hint(tier: 1, text: "Look at the loop.", anchor: anchor, source: .claude))
        #expect(checked.anchorCorrection == nil)
    }

    @Test func jsonInTextIsTakenToo() throws {
        let checked = try check("Here:\n```json\n{\"tier\": 1.0, \"text\": \"Look.\"}\n```", request(), tool: false)
        #expect(checked.hint.text == "Look.")
        #expect(checked.hint.anchor == nil)
    }

    @Test(arguments: [
        (#"{"tier":1,"text":"a","anchor_start_line":6}"#, AnchorCorrection.outOfRange, nil),
        (#"{"tier":1,"text":"a","anchor_path":"a.py","anchor_start_line":0,"anchor_end_line":3}"#, .outOfRange, nil),
        (#"{"tier":1,"text":"a","anchor_start_line":-9223372036854775808}"#, .outOfRange, nil),
        (#"{"tier":1,"text":"a","anchor_start_line":4,"anchor_end_line":9}"#, .clamped, 4...5),
        (#"{"tier":1,"text":"a","anchor_start_line":4,"anchor_end_line":2}"#, .clamped, 4...4),
        (#"{"tier":1,"text":"a","anchor_path":"b.py","anchor_start_line":1}"#, .unknownPath, nil),
        (#"{"tier":1,"text":"a","anchor_path":7,"anchor_start_line":1}"#, .unknownPath, nil),
        (#"{"tier":1,"text":"a","anchor_path":"a.py"}"#, .incomplete, nil),
        (#"{"tier":1,"text":"a","anchor_start_line":"2"}"#, .incomplete, nil),
        (#"{"tier":1,"text":"a","anchor_start_line":1e300}"#, .incomplete, nil),
    ])
    func aWrongAnchorIsCorrectedAndTheHintStands(json: String, correction: AnchorCorrection, lines: ClosedRange<Int>?)
        throws
    {
        let checked = try check(json, request())
        #expect(checked.anchorCorrection == correction)
        #expect(checked.hint.anchor.map { $0.startLine...$0.endLine } == lines)
    }

    /// The form demands all members: empty and zero say that there is no place.
    @Test(arguments: [("", 0, 0), ("a.py", 0, 0)])
    func noPlaceIsNoCorrection(path: String, start: Int, end: Int) throws {
        let checked = try check(
            #"{"anchor_end_line":\#(end),"anchor_path":"\#(path)","anchor_start_line":\#(start),"text":"a","tier":1}"#,
            request())
        #expect(checked.hint.anchor == nil && checked.anchorCorrection == nil)
    }

    @Test func aPlaceWithoutAnEndIsOneLine() throws {
        let checked = try check(
            #"{"anchor_end_line":0,"anchor_path":"a.py","anchor_start_line":2,"text":"a","tier":1}"#, request())
        #expect(checked.hint.anchor?.endLine == 2 && checked.anchorCorrection == nil)
    }

    @Test func withoutADocumentThereIsNoAnchor() throws {
        let checked = try check(#"{"tier":1,"text":"a","anchor_start_line":1}"#, request(lines: nil))
        #expect(checked.hint.anchor == nil)
        #expect(checked.anchorCorrection == .noDocument)
        let plain = try check(
            #"{"tier":1,"text":"a","anchor_path":null,"anchor_start_line":null}"#, request(lines: nil))
        #expect(plain.anchorCorrection == nil)
    }

    @Test(arguments: [
        ("", HintRejection.noObject), ("[]", .noObject), ("{", .noObject), (#"{"text":"a"}"#, .missing(field: "tier")),
        (#"{"tier":1}"#, .missing(field: "text")), (#"{"tier":"1","text":"a"}"#, .wrongType(field: "tier")),
        (#"{"tier":1.5,"text":"a"}"#, .wrongType(field: "tier")),
        (#"{"tier":1,"text":["a"]}"#, .wrongType(field: "text")),
        (#"{"tier":2,"text":"a"}"#, .wrongTier(asked: 1, given: 2)), (#"{"tier":1,"text":" \n "}"#, .empty),
        (#"{"tier":1,"text":"Try\n```\nx = 1\n```"}"#, .codeBlock),
        (#"{"tier":1,"text":"LOOK at line 7 again!"}"#, .repeated),
    ])
    func whatBreaksARuleIsWithheld(json: String, rejection: HintRejection) {
        #expect(throws: rejection) { try check(json, request(earlier: ["Look at line 3 again."])) }
    }

    @Test func sixtyWordsAreTheLimit() throws {
        let words = { (count: Int) in Array(repeating: "word", count: count).joined(separator: " ") }
        #expect(try check(#"{"tier":1,"text":"\#(words(60))"}"#, request()).hint.text == words(60))
        #expect(throws: HintRejection.tooLong(words: 61, limit: 60)) {
            try check(#"{"tier":1,"text":"\#(words(61))"}"#, request())
        }
        let unspaced = String(repeating: "字", count: 721)
        #expect(throws: HintRejection.tooLong(words: 1, limit: 60)) {
            try check(#"{"tier":1,"text":"\#(unspaced)"}"#, request())
        }
    }

    @Test func aHintThatWasSaidBeforeARestartIsARepetitionThoughItsTextIsGone() throws {
        var request = request()
        request.said = [Fingerprint.ofHint("Look at line 4!")]
        #expect(throws: HintRejection.repeated) { try check(#"{"tier":1,"text":"look at lines 5 to 6"}"#, request) }
        #expect(try check(#"{"tier":1,"text":"look at the loop"}"#, request).hint.text == "look at the loop")
    }

    @Test(arguments: ["a\u{202E}b", "a\u{200B}b", "a\u{E0041}b", "a\u{0}b", "\u{2066}a"])
    func aHintWithHiddenCharactersIsWithheld(text: String) throws {
        #expect(throws: HintRejection.hiddenCharacters) { try check(try json(text), request()) }
    }

    /// What joins letters and chooses a picture's form is part of the writing.
    @Test(arguments: ["می\u{200C}خواهم", "क्\u{200D}ष", "Look ⚠\u{FE0F}", "One.\tTwo.\nThree."])
    func aHintIsNeverRewritten(text: String) throws {
        #expect(try check(try json(text), request()).hint.text == text)
    }

    private func json(_ text: String) throws -> String {
        String(decoding: JSONValue.object(["tier": 1, "text": .string(text)]).serialised(), as: UTF8.self)
    }
}
