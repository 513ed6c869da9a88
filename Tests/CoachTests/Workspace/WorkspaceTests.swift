import SansIO
import Simulation
import Testing
import Wire

@testable import Coach

/// Expects that a change is refused for a reason.
private func expectRefusal(
    _ reason: WorkspaceError.Reason, sourceLocation: SourceLocation = #_sourceLocation, of change: () throws -> Void
) {
    let error = #expect(throws: WorkspaceError.self, sourceLocation: sourceLocation, performing: change)
    #expect(error?.reason == reason, sourceLocation: sourceLocation)
}

@Suite struct WorkspaceTests {
    private let now = Instant.zero

    private func workspace(_ text: String, revision: Int = 1) throws -> Workspace {
        var workspace = Workspace()
        try workspace.replace(
            path: "a.py", language: "python", revision: revision, text: text, from: "ann", at: now)
        return workspace
    }

    @Test func aWholeFileIsKeptWithItsRevisionAndTime() throws {
        var workspace = Workspace()
        let at = now + .seconds(3)
        try workspace.replace(path: "a.py", language: "python", revision: 7, text: "x\r\ny\rz", from: "ann", at: at)
        let document = try #require(workspace.currentDocument(of: "ann"))
        #expect(document.text == "x\ny\nz")
        #expect(document.revision == 7)
        #expect(document.editedLines == 1...3 || document.editedLines == nil)
        #expect(workspace.lastEdit(of: "ann") == at)
        #expect(workspace.currentDocument(of: "bob") == nil)
    }

    @Test func aNewTextTellsWhichLinesChanged() throws {
        var workspace = try workspace("a\nb\nc\nd")
        try workspace.replace(
            path: "a.py", language: "python", revision: 2, text: "a\nB\nb2\nc\nd", from: "ann", at: now)
        #expect(workspace.currentDocument(of: "ann")?.editedLines == 2...3)
        try workspace.replace(path: "a.py", language: "python", revision: 3, text: "a\nc\nd", from: "ann", at: now)
        #expect(workspace.currentDocument(of: "ann")?.editedLines == 2...2)
        try workspace.replace(path: "a.py", language: "python", revision: 4, text: "a", from: "ann", at: now)
        #expect(workspace.currentDocument(of: "ann")?.editedLines == 1...1)
    }

    @Test func theSameTextAgainIsNoEdit() throws {
        var workspace = try workspace("a\nb")
        let changed = try workspace.replace(
            path: "a.py", language: "python", revision: 2, text: "a\nb", from: "ann", at: now + .seconds(9))
        #expect(!changed)
        #expect(workspace.lastEdit(of: "ann") == now)
        #expect(workspace.currentDocument(of: "ann")?.revision == 2)
    }

    @Test func aStaleRevisionChangesNothing() throws {
        var workspace = try workspace("new", revision: 5)
        for revision in [5, 4, -1] {
            expectRefusal(.staleRevision(given: revision)) {
                try workspace.replace(
                    path: "a.py", language: "python", revision: revision, text: "old", from: "ann", at: now)
            }
        }
        #expect(workspace.currentDocument(of: "ann")?.text == "new")
    }

    @Test func afterARestartTheFirstWholeTextCountsWhateverItsRevision() throws {
        var workspace = try workspace("old", revision: 50)
        workspace.restartRevisions(of: "ann")
        #expect(workspace.currentDocument(of: "ann")?.text == "old")
        // Edits of the new client build on what is not here: it is told to send the whole file.
        let edit = TextEdit(startLine: 1, startColumn: 1, endLine: 1, endColumn: 1, text: "x")
        expectRefusal(.unknownBase(given: 1)) {
            try workspace.edit(path: "a.py", base: 1, revision: 2, edits: [edit], from: "ann", at: now)
        }
        try workspace.replace(path: "a.py", language: "python", revision: 1, text: "new", from: "ann", at: now)
        #expect(workspace.currentDocument(of: "ann")?.revision == 1)
        expectRefusal(.staleRevision(given: 1)) {
            try workspace.replace(path: "a.py", language: "python", revision: 1, text: "stale", from: "ann", at: now)
        }
    }

    @Test func aClientThatGoesOnCountingAfterARestartIsBelieved() throws {
        var workspace = try workspace("a", revision: 50)
        workspace.restartRevisions(of: "ann")
        let edit = TextEdit(startLine: 1, startColumn: 2, endLine: 1, endColumn: 2, text: "b")
        try workspace.edit(path: "a.py", base: 50, revision: 51, edits: [edit], from: "ann", at: now)
        #expect(workspace.currentDocument(of: "ann")?.text == "ab")
        expectRefusal(.staleRevision(given: 2)) {
            try workspace.replace(path: "a.py", language: "python", revision: 2, text: "old", from: "ann", at: now)
        }
    }

    @Test func withoutARevisionOneIsCounted() throws {
        var workspace = try workspace("a", revision: 5)
        try workspace.replace(path: "a.py", language: "python", revision: nil, text: "b", from: "ann", at: now)
        #expect(workspace.currentDocument(of: "ann")?.revision == 6)
    }

    @Test func countingStopsAtTheLargestRevision() throws {
        var workspace = try workspace("a", revision: .max)
        try workspace.replace(path: "a.py", language: "python", revision: nil, text: "b", from: "ann", at: now)
        #expect(workspace.currentDocument(of: "ann")?.revision == .max)
        #expect(workspace.currentDocument(of: "ann")?.text == "b")
    }

    @Test func theLargestRevisionDoesNotShutTheDocumentForGood() throws {
        var workspace = try workspace("a", revision: .max - 1)
        let edit = TextEdit(startLine: 1, startColumn: 2, endLine: 1, endColumn: 2, text: "b")
        try workspace.edit(path: "a.py", base: .max - 1, revision: .max, edits: [edit], from: "ann", at: now)
        // Nothing is above it: edits are refused with the way out, and a whole text is that way.
        let error = #expect(throws: WorkspaceError.self) {
            try workspace.edit(path: "a.py", base: .max, revision: .max, edits: [edit], from: "ann", at: now)
        }
        #expect(error?.resend == .wholeText && error?.revision == .max)
        try workspace.replace(path: "a.py", language: "python", revision: 1, text: "c", from: "ann", at: now)
        try workspace.edit(path: "a.py", base: 1, revision: 2, edits: [edit], from: "ann", at: now)
        #expect(workspace.currentDocument(of: "ann")?.text == "cb")
        expectRefusal(.staleRevision(given: 2)) {
            try workspace.replace(path: "a.py", language: "python", revision: 2, text: "old", from: "ann", at: now)
        }
    }

    @Test func pathsAndSendersAreToldApartByTheirBytes() throws {
        var workspace = Workspace()
        for (sender, path) in [
            ("ann\u{E9}", "caf\u{E9}"), ("anne\u{301}", "cafe\u{301}"), ("ann\u{E9}", "cafe\u{301}"),
        ] {
            try workspace.replace(
                path: DocumentPath(path), language: "", revision: 1, text: "\(sender) \(path)", from: Identity(sender),
                at: now)
        }
        #expect(workspace.document(path: "caf\u{E9}", of: "anne\u{301}") == nil)
        let kept = try #require(workspace.document(path: "caf\u{E9}", of: "ann\u{E9}")).text
        #expect(kept.utf8.elementsEqual("ann\u{E9} caf\u{E9}".utf8))
    }

    @Test func documentsOfTwoSendersAreApart() throws {
        var workspace = try workspace("ann's")
        try workspace.replace(path: "a.py", language: "python", revision: 1, text: "bob's", from: "bob", at: now)
        #expect(workspace.currentDocument(of: "ann")?.text == "ann's")
        workspace.forget(sender: "ann")
        #expect(workspace.currentDocument(of: "ann") == nil)
        #expect(workspace.currentDocument(of: "bob")?.text == "bob's")
    }

    @Test func sizesAreBounded() throws {
        var workspace = Workspace(limits: .init(documentBytes: 10, documentsPerSender: 2, senders: 1, nameBytes: 4))
        expectRefusal(.tooLarge(limit: 10)) {
            try workspace.replace(path: "a", language: "", revision: 1, text: "éééééé", from: "ann", at: now)
        }
        expectRefusal(.nameTooLong(limit: 4)) {
            try workspace.replace(path: "abcde", language: "", revision: 1, text: "", from: "ann", at: now)
        }
        expectRefusal(.pathEmpty) {
            try workspace.replace(path: "", language: "", revision: 1, text: "", from: "ann", at: now)
        }
        #expect(workspace.currentDocument(of: "ann") == nil)
        for (index, path) in (["a", "b", "c"] as [DocumentPath]).enumerated() {
            try workspace.replace(
                path: path, language: "", revision: 1, text: "0123456789", from: "ann", at: now + .seconds(index))
        }
        #expect(
            (["a", "b", "c"] as [DocumentPath]).filter { workspace.document(path: $0, of: "ann") != nil } == ["b", "c"])
        expectRefusal(.tooMany(.senders, limit: 1)) {
            try workspace.replace(path: "a", language: "", revision: 1, text: "", from: "bob", at: now)
        }
    }
}

@Suite struct RangedEditTests {
    private let now = Instant.zero

    private func edited(_ text: String, _ edits: [TextEdit]) throws -> SourceDocument {
        var workspace = Workspace()
        try workspace.replace(path: "a", language: "", revision: 1, text: text, from: "ann", at: now)
        try workspace.edit(path: "a", base: 1, revision: 2, edits: edits, from: "ann", at: now + .seconds(1))
        return try #require(workspace.currentDocument(of: "ann"))
    }

    private func edit(_ startLine: Int, _ startColumn: Int, _ endLine: Int, _ endColumn: Int, _ text: String)
        -> TextEdit
    {
        TextEdit(startLine: startLine, startColumn: startColumn, endLine: endLine, endColumn: endColumn, text: text)
    }

    @Test(arguments: [
        ("insert in a line", "abc", [1, 2, 1, 2], "X", "aXbc", 1...1),
        ("append", "abc", [1, 4, 1, 4], "\nd", "abc\nd", 1...2),
        ("replace over lines", "ab\ncd\nef", [1, 2, 3, 2], "-", "a-f", 1...1),
        ("delete a line end", "ab\ncd", [1, 3, 2, 1], "", "abcd", 1...1),
        ("UTF-16 columns", "a😀b", [1, 4, 1, 5], "B", "a😀B", 1...1),
        ("CR LF in the inserted text", "ab", [1, 2, 1, 2], "\r\n", "a\nb", 1...2),
        ("an empty file", "", [1, 1, 1, 1], "x", "x", 1...1),
    ])
    func anEditChangesItsRange(
        name: String, before: String, at range: [Int], text: String, after: String, lines: ClosedRange<Int>
    ) throws {
        let document = try edited(before, [edit(range[0], range[1], range[2], range[3], text)])
        #expect(document.text == after, "\(name)")
        #expect(document.editedLines == lines, "\(name)")
        #expect(document.revision == 2)
    }

    @Test func eachEditSeesTheOneBefore() throws {
        let document = try edited("a", [edit(1, 2, 1, 2, "b\nc"), edit(2, 2, 2, 2, "d")])
        #expect(document.text == "ab\ncd")
    }

    @Test(arguments: [
        [0, 1, 1, 1], [1, 0, 1, 1], [1, 1, 3, 1], [1, 1, 1, 99], [2, 1, 1, 1], [1, 3, 1, 2], [1, 3, 1, 3],
        [.min, .min, .max, .max], [1, .max, 1, .max],
    ])
    func aRangeOutsideTheDocumentChangesNothing(range: [Int]) throws {
        var workspace = Workspace()
        // Column 3 of the first line is inside a surrogate pair.
        try workspace.replace(path: "a", language: "", revision: 1, text: "a😀b\nc", from: "ann", at: now)
        let edits = [edit(1, 1, 1, 1, "kept?"), edit(range[0], range[1], range[2], range[3], "x")]
        // The first edit moves what follows on its line, so the bad one is given alone too.
        expectRefusal(.invalidRange(edit: 0)) {
            try workspace.edit(path: "a", base: 1, revision: 2, edits: [edits[1]], from: "ann", at: now)
        }
        #expect(workspace.currentDocument(of: "ann")?.text == "a😀b\nc")
        #expect(workspace.currentDocument(of: "ann")?.revision == 1)
    }

    @Test func aLaterBadEditUndoesTheEarlierOnes() throws {
        var workspace = Workspace()
        try workspace.replace(path: "a", language: "", revision: 1, text: "abc", from: "ann", at: now)
        expectRefusal(.invalidRange(edit: 1)) {
            try workspace.edit(
                path: "a", base: 1, revision: 2, edits: [edit(1, 1, 1, 2, ""), edit(9, 1, 9, 1, "")], from: "ann",
                at: now)
        }
        #expect(workspace.currentDocument(of: "ann")?.text == "abc")
    }

    @Test func editsNeedTheVersionTheyBuildOn() throws {
        var workspace = Workspace()
        expectRefusal(.unknownBase(given: 1)) {
            try workspace.edit(path: "a", base: 1, revision: 2, edits: [], from: "ann", at: now)
        }
        try workspace.replace(path: "a", language: "", revision: 3, text: "abc", from: "ann", at: now)
        expectRefusal(.unknownBase(given: 4)) {
            try workspace.edit(path: "a", base: 4, revision: 5, edits: [], from: "ann", at: now)
        }
        expectRefusal(.staleRevision(given: 3)) {
            try workspace.edit(path: "a", base: 2, revision: 3, edits: [], from: "ann", at: now)
        }
    }

    @Test func aRefusalSaysWhichFileWhatIsHereAndWhatToSend() throws {
        var workspace = Workspace(limits: .init(documentBytes: 8, editsPerChange: 1, nameBytes: 16))
        try workspace.replace(path: "a", language: "", revision: 7, text: "abc", from: "ann", at: now)
        func refusal(
            path: DocumentPath = "a", base: Int = 7, revision: Int = 8, _ edits: [TextEdit] = []
        ) -> WorkspaceError? {
            #expect(throws: WorkspaceError.self) {
                try workspace.edit(path: path, base: base, revision: revision, edits: edits, from: "ann", at: now)
            }
        }
        for (error, resend) in [
            (refusal(base: 6), .wholeText), (refusal(revision: 7), .wholeText),
            (refusal([edit(9, 1, 9, 1, "")]), .wholeText),
            (refusal(Array(repeating: edit(1, 1, 1, 1, ""), count: 2)), .wholeText),
            (refusal([edit(1, 1, 1, 1, "123456")]), .nothing),
        ] as [(WorkspaceError?, WorkspaceError.Resend)] {
            #expect(error?.path == "a" && error?.revision == 7)
            #expect(error?.resend == resend)
            #expect(error?.description.hasSuffix("send the whole file") == (resend == .wholeText))
        }
        let unknown = refusal(path: "b")
        #expect(unknown?.path == "b" && unknown?.revision == nil && unknown?.resend == .wholeText)
        let long = #expect(throws: WorkspaceError.self) {
            let path = DocumentPath(String(repeating: "😀", count: 5))
            try workspace.replace(path: path, language: "", revision: 1, text: "", from: "ann", at: now)
        }
        #expect(long?.path == "😀😀😀😀" && long?.resend == .nothing)
    }

    @Test func editsCannotGrowADocumentBeyondItsLimit() throws {
        var workspace = Workspace(limits: .init(documentBytes: 8, editsPerChange: 2))
        try workspace.replace(path: "a", language: "", revision: 1, text: "1234\n67", from: "ann", at: now)
        expectRefusal(.tooLarge(limit: 8)) {
            try workspace.edit(path: "a", base: 1, revision: 2, edits: [edit(1, 1, 1, 1, "é")], from: "ann", at: now)
        }
        expectRefusal(.tooMany(.edits, limit: 2)) {
            try workspace.edit(
                path: "a", base: 1, revision: 2, edits: Array(repeating: edit(1, 1, 1, 1, ""), count: 3), from: "ann",
                at: now)
        }
        try workspace.edit(path: "a", base: 1, revision: 2, edits: [edit(1, 1, 2, 1, "12345\n")], from: "ann", at: now)
        #expect(workspace.currentDocument(of: "ann")?.text == "12345\n67")
    }

    @Test func linesAreBounded() throws {
        var workspace = Workspace()
        // A megabyte of line ends.
        let text = String(repeating: "\n", count: 1 << 20)
        expectRefusal(.tooMany(.lines, limit: 50_000)) {
            try workspace.replace(path: "a", language: "", revision: 1, text: text, from: "ann", at: now)
        }
        try workspace.replace(
            path: "a", language: "", revision: 1, text: String(repeating: "\n", count: 49_999), from: "ann", at: now)
        expectRefusal(.tooMany(.lines, limit: 50_000)) {
            try workspace.edit(path: "a", base: 1, revision: 2, edits: [edit(7, 1, 7, 1, "\n")], from: "ann", at: now)
        }
        #expect(workspace.currentDocument(of: "ann")?.content.lineCount == 50_000)
    }

    @Test func theLinesThatOneChangeEditsAreBounded() throws {
        var workspace = Workspace(limits: .init(editedLinesPerChange: 10))
        try workspace.replace(path: "a", language: "", revision: 1, text: "a\nb\nc\nd", from: "ann", at: now)
        // Four lines for three, and then three for one.
        let edits = [edit(1, 1, 4, 2, "x\ny\nz"), edit(1, 1, 3, 1, "w")]
        expectRefusal(.tooMany(.editedLines, limit: 10)) {
            try workspace.edit(path: "a", base: 1, revision: 2, edits: edits, from: "ann", at: now)
        }
        #expect(workspace.currentDocument(of: "ann")?.text == "a\nb\nc\nd")
        try workspace.edit(path: "a", base: 1, revision: 2, edits: [edits[0]], from: "ann", at: now)
        #expect(workspace.currentDocument(of: "ann")?.text == "x\ny\nz")
    }

    @Test func randomEditsAgreeWithEditingTheWholeText() throws {
        var random = RandomSource.seeded(11)
        var taken = 0
        for round in 0..<60 {
            var workspace = Workspace(limits: .init(documentBytes: 60))
            var model = "one two\nthree 😀 four\n\nfive"
            var revision = 1
            try workspace.replace(path: "a", language: "", revision: 1, text: model, from: "ann", at: now)
            for _ in 0..<15 {
                let line = Int.random(in: 0...5, using: &random)
                let column = Int.random(in: 0...9, using: &random)
                let text = ["", "x\nyz", "\n", "é\n\nlonger", "😀😀😀"][Int.random(in: 0..<5, using: &random)]
                let change = edit(
                    line, column, line + Int.random(in: 0...1, using: &random),
                    Int.random(in: 0...9, using: &random), text)
                let expected = Self.apply(change, to: model).flatMap { $0.utf8.count <= 60 ? $0 : nil }
                do {
                    try workspace.edit(
                        path: "a", base: revision, revision: revision + 1, edits: [change], from: "ann", at: now)
                    revision += 1
                    taken += 1
                    model = try #require(expected, "seed 11, round \(round): \(change)")
                } catch is WorkspaceError {
                    #expect(expected == nil, "seed 11, round \(round): \(change)")
                }
                #expect(workspace.currentDocument(of: "ann")?.text == model, "seed 11, round \(round)")
            }
        }
        #expect(taken > 100 && taken < 800)
    }

    /// The same rule written another way: over UTF-16 offsets of the whole text.
    private static func apply(_ edit: TextEdit, to text: String) -> String? {
        let units = Array(text.utf16)
        func offset(_ line: Int, _ column: Int) -> Int? {
            var starts = [0]
            for (index, unit) in units.enumerated() where unit == 10 { starts.append(index + 1) }
            guard line >= 1, line <= starts.count, column >= 1 else { return nil }
            let end = line < starts.count ? starts[line] - 1 : units.count
            let place = starts[line - 1] + column - 1
            guard place <= end else { return nil }
            return place < units.count && UTF16.isTrailSurrogate(units[place]) ? nil : place
        }
        guard let start = offset(edit.startLine, edit.startColumn), let end = offset(edit.endLine, edit.endColumn),
            start <= end
        else { return nil }
        return String(decoding: units[..<start], as: UTF16.self) + edit.text
            + String(decoding: units[end...], as: UTF16.self)
    }
}

@Suite struct LinesTests {
    @Test(arguments: [
        ("", [""]), ("a", ["a"]), ("a\n", ["a", ""]), ("a\r\nb\rc\nd", ["a", "b", "c", "d"]),
        ("\r\r\n\n", ["", "", "", ""]),
    ])
    func everyKindOfLineEndCounts(text: String, lines: [String]) {
        #expect(Lines.split(text) == lines)
        #expect(Lines.count(text) == lines.count)
    }

    private func fill(
        _ workspace: inout Workspace, _ sender: Identity, _ path: DocumentPath, _ bytes: Int, at seconds: Int64
    ) throws {
        try workspace.replace(
            path: path, language: "", revision: nil, text: String(repeating: "x", count: bytes), from: sender,
            at: Instant.zero + .seconds(seconds))
    }

    private func kept(_ workspace: Workspace, _ sender: Identity) -> [Int] {
        (0..<8).filter { workspace.document(path: DocumentPath("\($0)"), of: sender) != nil }
    }

    @Test("a room's documents are bounded together: who has the most loses the oldest")
    func aRoomIsBounded() throws {
        var workspace = Workspace(limits: .init(roomBytes: 1000))
        for number in 0..<8 { try fill(&workspace, "eve", DocumentPath("\(number)"), 120, at: Int64(number)) }
        #expect(kept(workspace, "eve") == Array(0..<8))
        try fill(&workspace, "ada", "0", 100, at: 20)
        #expect(kept(workspace, "eve") == Array(1..<8) && kept(workspace, "ada") == [0])
        try fill(&workspace, "eve", "1", 130, at: 21)
        try fill(&workspace, "ivo", "0", 300, at: 22)
        #expect(kept(workspace, "eve") == [1, 5, 6, 7], "the one that was changed last is not the oldest")
        #expect(kept(workspace, "ivo") == [0] && kept(workspace, "ada") == [0])
        try fill(&workspace, "ivo", "1", 390, at: 23)
        #expect(kept(workspace, "ivo") == [1], "what was just sent stays, and takes nothing from who has less")
        #expect(kept(workspace, "ada") == [0] && workspace.currentDocument(of: "ada")?.path == "0")
    }

    @Test("who loses the file that they edit is asked for the whole of it, and nobody is left behind empty")
    func theLostOneIsAskedFor() throws {
        var workspace = Workspace(limits: .init(roomBytes: 1000))
        try fill(&workspace, "eve", "0", 900, at: 0)
        try fill(&workspace, "ada", "0", 200, at: 1)
        #expect(workspace.authors == ["ada"] && workspace.currentDocument(of: "eve") == nil)
        expectRefusal(.unknownBase(given: 1)) {
            try workspace.edit(path: "0", base: 1, revision: 2, edits: [], from: "eve", at: .zero)
        }
        try fill(&workspace, "zoe", "0", 5000, at: 2)
        #expect(workspace.authors == ["zoe"], "one that is larger than all there is room for stays alone")
    }

    @Test("however many send as much as they may, the default bound of a room holds")
    func theDefaultHolds() throws {
        var workspace = Workspace()
        let text = String(repeating: "y", count: 1 << 20)
        for sender in 0..<10 {
            for path in 0..<4 {
                try workspace.replace(
                    path: DocumentPath("\(path)"), language: "", revision: nil, text: text,
                    from: Identity("p\(sender)"), at: Instant.zero + .seconds(Int64(path)))
            }
        }
        let total = workspace.authors.reduce(0) { sum, author in
            (0..<8).reduce(sum) {
                $0 + (workspace.document(path: DocumentPath("\($1)"), of: author)?.content.byteCount ?? 0)
            }
        }
        #expect(total == 16 << 20 && workspace.authors.count == 10, "it is shared")
    }
}
