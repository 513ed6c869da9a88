/// Lines of a text, by the line ends that editors write: `\n`, `\r\n` and `\r`.
public enum Lines {
    /// The lines without their ends; at least one, and one more than there are ends.
    public static func split(_ text: String) -> [String] {
        UTF8Bytes.normalised(text).split(separator: UTF8Bytes.lineEnd, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// How many lines `split` makes.
    public static func count(_ text: String) -> Int {
        var text = text
        return text.withUTF8 { bytes in
            var count = 1
            var afterReturn = false
            for byte in bytes {
                let isReturn = byte == UInt8(ascii: "\r")
                if isReturn || (byte == UTF8Bytes.lineEnd && !afterReturn) { count += 1 }
                afterReturn = isReturn
            }
            return count
        }
    }
}
