import Coach
import SansIO
import Wire

extension FuzzTarget {
    /// Changes of documents as a hostile editor sends them: taken whole or refused whole, and the same as editing one
    /// long string.
    ///
    /// A message is a kind, then for a whole text its revision (a byte, 0 for none) and the text, and for edits two bytes
    /// each of line, column, further lines and end column, and a text that reaches to the next zero byte.
    static let code = FuzzTarget(
        name: "code",
        recordings: { _ in
            [
                MessageSequence.join([
                    whole(1, "def solve(items):\n    return max(items)\n"),
                    edits([(2, 12, 0, 15, "min"), (1, 1, 0, 1, "# 😀\r\n"), (2, 1, 1, 1, "")]),
                    edits([(3, 1, 0, 1, "é\ré\n\n")]), whole(0, "a\r\nb\rc"), edits([(1, 2, 2, 1, "😀")]),
                ]),
                MessageSequence.join([
                    whole(3, String(repeating: "\n", count: 5_000)), edits([(2_500, 1, 1_000, 1, "x")]),
                    whole(9, String(repeating: "😀é", count: 900)), edits([(1, 1_300, 0, 2_000, "\n")]),
                    edits([(1, 1_301, 0, 1_301, "y"), (2, 1, 0, 600, "")]),
                ]),
            ]
        }, largestInput: 24_000,
        run: { input in
            var editor = FuzzedEditor()
            for message in MessageSequence.split(input).prefix(64) { try editor.receive(Array(message)) }
        })

    private static func whole(_ revision: UInt8, _ text: String) -> [UInt8] { [0, revision] + Array(text.utf8) }

    private static func edits(_ edits: [(Int, Int, Int, Int, String)]) -> [UInt8] {
        edits.reduce(into: [1]) { bytes, edit in
            for number in [edit.0, edit.1, edit.2, edit.3] {
                bytes += [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
            }
            bytes += Array(edit.4.utf8) + [0]
        }
    }
}

/// A client's document, and the same kept as one long text.
private struct FuzzedEditor {
    private static let limits = Workspace.Limits(
        documentBytes: 16_384, documentLines: 6_000, editedLinesPerChange: 9_000)
    private var workspace = Workspace(limits: limits)
    private var text: String?
    private var revision = 0

    mutating func receive(_ message: [UInt8]) throws {
        guard let kind = message.first else { return }
        if kind & 1 == 0 { replace(message.dropFirst()) } else { edit(message.dropFirst()) }
        let document = workspace.document(path: "a", of: "ann")
        guard document?.text.utf8.elementsEqual((text ?? "").utf8) ?? (text == nil) else {
            throw FuzzFailure("the document is not what its edits lead to")
        }
        guard let document, let text else { return }
        revision = document.revision
        let lines = Lines.split(text)
        guard document.content.lineCount == lines.count, document.content.byteCount == text.utf8.count,
            document.content.lines(in: 1...lines.count) == lines,
            document.editedLines.map({ $0.clamped(to: 1...lines.count) == $0 }) ?? true
        else { throw FuzzFailure("the counts of the document are not those of its text") }
    }

    private mutating func replace(_ message: ArraySlice<UInt8>) {
        let given = message.first.flatMap { $0 == 0 ? nil : $0 == 255 ? Int.max : Int($0) }
        let new = String(decoding: message.dropFirst(), as: UTF8.self)
        do throws(WorkspaceError) {
            try workspace.replace(
                path: "a", language: "", revision: given, text: new, from: "ann", at: .zero)
            text = Lines.split(new).joined(separator: "\n")
        } catch {}
    }

    private mutating func edit(_ message: ArraySlice<UInt8>) {
        var rest = message
        var edits: [TextEdit] = []
        while rest.count >= 8 {
            let numbers = rest.prefix(8).map(Int.init)
            func number(_ at: Int) -> Int { numbers[2 * at] << 8 | numbers[2 * at + 1] }
            let written = rest.dropFirst(8).prefix { $0 != 0 }
            edits.append(
                TextEdit(
                    startLine: number(0), startColumn: number(1), endLine: number(0) + number(2), endColumn: number(3),
                    text: String(decoding: written, as: UTF8.self)))
            rest = rest.dropFirst(9 + written.count)
        }
        do throws(WorkspaceError) {
            try workspace.edit(
                path: "a", base: revision, revision: revision == .max ? .max : revision + 1, edits: edits, from: "ann",
                at: .zero)
            text = edits.reduce(text) { text, edit in text.flatMap { Self.apply(edit, to: $0) } }
        } catch {}
    }

    /// Over UTF-16 offsets of the whole text; nil where the range is not in it.
    private static func apply(_ edit: TextEdit, to text: String) -> String? {
        let units = Array(text.utf16)
        let starts = [0] + units.indices.filter { units[$0] == 10 }.map { $0 + 1 }
        func offset(_ line: Int, _ column: Int) -> Int? {
            guard line >= 1, line <= starts.count, column >= 1 else { return nil }
            let place = starts[line - 1] + column - 1
            return place <= (line < starts.count ? starts[line] - 1 : units.count) ? place : nil
        }
        guard let start = offset(edit.startLine, edit.startColumn), let end = offset(edit.endLine, edit.endColumn)
        else { return nil }
        return String(decoding: units[..<start], as: UTF16.self)
            + Lines.split(edit.text).joined(separator: "\n") + String(decoding: units[end...], as: UTF16.self)
    }
}
