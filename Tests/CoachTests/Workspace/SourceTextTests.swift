import SansIO
import Simulation
import Testing
import Wire

@testable import Coach

@Suite struct SourceTextTests {
    /// A megabyte, as one sender may send it.
    static let megabyte = 1 << 20

    @Test(arguments: [
        "", "a", "\n", "a\nb", "a\r\nb\rc\n", "\r\r\n\n", "é\n😀", String(repeating: "x", count: 10_000),
        String(repeating: "😀é\r\n", count: 3_000),
    ])
    func aTextIsKeptWithItsCounts(text: String) {
        let lines = Lines.split(text)
        let kept = SourceText(text)
        #expect(kept.string == lines.joined(separator: "\n"))
        #expect(kept.lineCount == lines.count && kept.byteCount == kept.string.utf8.count)
        #expect(kept.lines(in: 1...max(1, lines.count)) == lines)
        #expect(kept.line(lines.count) == lines.last && kept.line(lines.count + 1) == nil && kept.line(0) == nil)
        #expect(kept.lines(in: -5...0) == [] && kept.lines(in: -5...1) == [lines[0]])
        #expect(kept.isWhole)
    }

    @Test func equalityIsByBytesWhateverTheChunks() {
        var edited = SourceText(String(repeating: "abc\n", count: 3_000))
        let (start, end) = (edited.place(line: 700, column: 1), edited.place(line: 701, column: 1))
        if let start, let end {
            edited.replace(from: start, to: end, with: [])
            edited.replace(from: start, to: start, with: Array("abc\n".utf8))
        }
        let whole = SourceText(String(repeating: "abc\n", count: 3_000))
        #expect(edited == whole && edited.hashValue == whole.hashValue)
        #expect(SourceText("\u{E9}") != SourceText("e\u{301}"))
    }

    @Test func anEditLeavesAlmostAllOfALongTextAsItIs() throws {
        var text = SourceText(String(repeating: "\n", count: Self.megabyte))
        for line in stride(from: 1, through: Self.megabyte, by: Self.megabyte / 50) {
            let before = text
            let place = try #require(text.place(line: line, column: 1))
            text.replace(from: place, to: place, with: Array("x\ny".utf8))
            let kept = Set(before.chunks.map(\.address)).intersection(text.chunks.map(\.address)).count
            #expect(before.chunks.count - kept <= 2, "line \(line)")
        }
        #expect(text.chunks.count <= Self.megabyte / SourceText.smallest)
    }

    @Test func manySmallDeletionsLeaveNoManySmallChunks() throws {
        var text = SourceText(String(repeating: "0123456\n", count: 6_000))
        for round in 0..<6_000 where round % 8 != 0 {
            let line = 1 + round / 8
            guard let start = text.place(line: line, column: 1), let end = text.place(line: line + 1, column: 1) else {
                break
            }
            text.replace(from: start, to: end, with: [])
        }
        #expect(text.isWhole)
        #expect(text.lineCount == 6_001 - 5_250)
    }

    @Test func theLastWrittenLineIsFoundFromTheEnd() {
        #expect(SourceText(" \n\t\n").lastWrittenLine == nil)
        let text = SourceText("a\nb" + String(repeating: "\n", count: 300))
        #expect(text.lastWrittenLine == 2)
        #expect(text.firstLine(in: 2...500) { $0.isEmpty } == 3)
        #expect(text.lastLine(in: -3...2) { $0 == "a" } == 1)
        #expect(text.firstLine(in: 400...500) { _ in true } == nil)
    }
}

/// The new document and a plain array of lines, under the same random edits and whole texts.
@Suite struct DocumentDifferentialTests {
    private static let pieces = [
        "", "x", "\n", "\r\n", "\r", "def f():\n    return 1\n", "é", "e\u{301}", "😀", "\u{1F468}\u{200D}\u{1F469}",
        "\t",
        "日本語", String(repeating: "long ", count: 400), String(repeating: "\n", count: 900),
        String(repeating: "😀", count: 1_500),
    ]

    private static func text(_ random: inout RandomSource) -> String {
        (0..<Int.random(in: 0...6, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
    }

    /// Near the document's ends, its middle and its pairs more often than elsewhere; at times outside.
    private static func edit(_ reference: ReferenceDocument, _ random: inout RandomSource) -> TextEdit {
        func position(from first: Int) -> (line: Int, column: Int) {
            let line = Int.random(in: max(0, first)...max(first, reference.lines.count) + 1, using: &random)
            let units = reference.lines.indices.contains(line - 1) ? reference.lines[line - 1].utf16.count : 3
            return (
                line, Int.random(in: (Int.random(in: 0..<20, using: &random) == 0 ? 0 : 1)...units + 1, using: &random)
            )
        }
        let start = position(from: 1)
        var end = Bool.random(using: &random) ? start : position(from: start.line)
        if Int.random(in: 0..<4, using: &random) > 0 { end.line = min(end.line, start.line + 3) }
        return TextEdit(
            startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column,
            text: text(&random))
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func aDocumentAgreesWithAnArrayOfLines(seed: UInt64) {
        var random = RandomSource.seeded(seed)
        var taken = 0
        var text = Self.text(&random)
        var reference = ReferenceDocument(lines: Lines.split(text))
        var document = Workspace.Document(language: "", revision: 1, text: SourceText(text), editedAt: .zero)
        for round in 0..<150 {
            if Int.random(in: 0..<25, using: &random) == 0 {
                // A whole new text: the old one with something changed in it, or another.
                let old = (reference, document)
                var next = reference
                if Bool.random(using: &random) {
                    _ = next.apply(Self.edit(reference, &random))
                    text = next.text
                } else {
                    text = Self.text(&random)
                }
                reference = ReferenceDocument(lines: Lines.split(text))
                reference.noteChange(from: old.0)
                document = Workspace.Document(language: "", revision: 1, text: SourceText(text), editedAt: .zero)
                let changed = document.noteChange(from: old.1)
                #expect(
                    changed == (reference.text.utf8.elementsEqual(old.0.text.utf8) == false), "seed \(seed), \(round)")
            } else {
                let edit = Self.edit(reference, &random)
                let isTaken = reference.apply(edit)
                taken += isTaken ? 1 : 0
                #expect((document.apply(edit) != nil) == isTaken, "seed \(seed), round \(round): \(edit)")
            }
            #expect(document.text.string.utf8.elementsEqual(reference.text.utf8), "seed \(seed), round \(round)")
            #expect(document.editedLines == reference.editedLines, "seed \(seed), round \(round)")
            #expect(document.text.lineCount == reference.lines.count, "seed \(seed), round \(round)")
            if round % 10 == 0 { #expect(document.text.isWhole, "seed \(seed), round \(round)") }
        }
        #expect(taken > 60, "seed \(seed)")
    }
}

/// What a document does, in the simplest way.
private struct ReferenceDocument {
    var lines: [String]
    var editedLines: ClosedRange<Int>?

    var text: String { lines.joined(separator: "\n") }

    mutating func noteChange(from old: ReferenceDocument) {
        func same(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }
        guard !lines.elementsEqual(old.lines, by: same) else {
            editedLines = old.editedLines
            return
        }
        let shorter = min(lines.count, old.lines.count)
        var start = 0
        while start < shorter, same(lines[start], old.lines[start]) { start += 1 }
        var tail = 0
        while tail < shorter - start, same(lines[lines.count - 1 - tail], old.lines[old.lines.count - 1 - tail]) {
            tail += 1
        }
        let first = min(start + 1, lines.count)
        editedLines = first...max(first, lines.count - tail)
    }

    mutating func apply(_ edit: TextEdit) -> Bool {
        guard edit.startLine >= 1, edit.endLine >= edit.startLine, edit.endLine <= lines.count,
            edit.startLine < edit.endLine || edit.endColumn >= edit.startColumn,
            let head = Self.index(ofColumn: edit.startColumn, in: lines[edit.startLine - 1]),
            let tail = Self.index(ofColumn: edit.endColumn, in: lines[edit.endLine - 1])
        else { return false }
        let replaced = (edit.startLine - 1)..<edit.endLine
        var inserted = Lines.split(edit.text)
        inserted[0] = lines[replaced.lowerBound][..<head] + inserted[0]
        inserted[inserted.count - 1] += lines[replaced.upperBound - 1][tail...]
        lines.replaceSubrange(replaced, with: inserted)
        editedLines = edit.startLine...(edit.startLine + inserted.count - 1)
        return true
    }

    private static func index(ofColumn column: Int, in line: String) -> String.Index? {
        let units = line.utf16
        guard column >= 1,
            let index = units.index(units.startIndex, offsetBy: column - 1, limitedBy: units.endIndex)
        else { return nil }
        return index.samePosition(in: line.unicodeScalars)
    }
}

extension SourceText.Chunk {
    /// Where its bytes lie: the same for a chunk that is shared.
    fileprivate var address: UnsafeRawPointer? { bytes.withUnsafeBytes(\.baseAddress) }
}

extension SourceText {
    /// Whether the chunks are neither too small nor too large and hold whole scalars, and the counts are true.
    fileprivate var isWhole: Bool {
        var sum = Counts()
        for chunk in chunks {
            sum += chunk.counts
            guard let text = String(validating: chunk.bytes, as: UTF8.self),
                chunk.counts.units == text.utf16.count, chunk.counts.bytes == chunk.bytes.count,
                chunk.bytes.count <= Self.largest, chunks.count == 1 || chunk.bytes.count >= Self.smallest
            else { return false }
        }
        return sum == counts && !chunks.isEmpty
    }
}
