/// Lines of a text, by the line ends that editors write: `\n`, `\r\n` and `\r`.
public enum Lines {
    /// The lines without their ends; at least one, and one more than there are ends.
    public static func split(_ text: String) -> [String] {
        var lines: [String] = []
        let bytes = text.utf8
        var start = bytes.startIndex
        var index = start
        while index < bytes.endIndex {
            let byte = bytes[index]
            let next = bytes.index(after: index)
            guard byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") else {
                index = next
                continue
            }
            lines.append(String(text[start..<index]))
            let isPair = byte == UInt8(ascii: "\r") && next < bytes.endIndex && bytes[next] == UInt8(ascii: "\n")
            index = isPair ? bytes.index(after: next) : next
            start = index
        }
        lines.append(String(text[start...]))
        return lines
    }

    /// How many lines `split` makes.
    public static func count(_ text: String) -> Int {
        var count = 1
        var afterReturn = false
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\r") || (byte == UInt8(ascii: "\n") && !afterReturn) { count += 1 }
            afterReturn = byte == UInt8(ascii: "\r")
        }
        return count
    }

    /// The place of a 1-based column in UTF-16 code units; nil beyond the end and inside a surrogate pair.
    static func index(ofColumn column: Int, in line: String) -> String.Index? {
        let units = line.utf16
        guard column >= 1,
            let index = units.index(units.startIndex, offsetBy: column - 1, limitedBy: units.endIndex)
        else { return nil }
        return index.samePosition(in: line.unicodeScalars)
    }
}
