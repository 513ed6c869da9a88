extension SourceText {
    // MARK: Places

    /// Where a position of an editor is: a 1-based line and a 1-based column in UTF-16 code units.
    /// - Returns: nil outside the text, beyond the line's end and inside a surrogate pair.
    func place(line: Int, column: Int) -> Place? {
        guard column >= 1, var place = start(ofLine: line) else { return nil }
        var rest = column - 1
        while true {
            let chunk = chunks[place.chunk]
            if place.offset == 0, chunk.counts.lineEnds == 0, chunk.counts.units <= rest {
                // All of the chunk lies before the place.
                rest -= chunk.counts.units
                place.offset = chunk.bytes.count
            } else if !Self.advance(&place.offset, by: &rest, in: chunk.bytes) {
                return nil
            }
            if rest == 0 { return place }
            guard place.chunk + 1 < chunks.count else { return nil }
            place = Place(chunk: place.chunk + 1, offset: 0)
        }
    }

    /// Goes ahead by UTF-16 units within a line, up to the end of the bytes.
    /// - Returns: false where the line ends before that, or a scalar is cut.
    private static func advance(_ offset: inout Int, by rest: inout Int, in bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            while rest > 0, offset < bytes.count {
                let byte = bytes[offset]
                let units = UTF8Bytes.units(startedBy: byte)
                guard byte != UTF8Bytes.lineEnd, units <= rest else { return false }
                rest -= units
                repeat { offset += 1 } while offset < bytes.count && UTF8Bytes.isContinuation(bytes[offset])
            }
            return true
        }
    }

    /// Where a 1-based line begins; nil outside the text.
    private func start(ofLine line: Int) -> Place? {
        guard line >= 1, line <= lineCount else { return nil }
        var ends = line - 1
        var index = 0
        while chunks[index].counts.lineEnds < ends {
            ends -= chunks[index].counts.lineEnds
            index += 1
        }
        let offset = chunks[index].bytes.withUnsafeBufferPointer { bytes in
            var offset = 0
            while ends > 0 {
                if bytes[offset] == UTF8Bytes.lineEnd { ends -= 1 }
                offset += 1
            }
            return offset
        }
        return Place(chunk: index, offset: offset)
    }

    // MARK: Reading

    /// A 1-based line without its end; nil outside the text.
    public func line(_ number: Int) -> String? {
        (1...lineCount).contains(number) ? lines(in: number...number).first : nil
    }

    /// The lines of a 1-based range without their ends, as far as there are such lines.
    public func lines(in range: ClosedRange<Int>) -> [String] {
        guard range.overlaps(1...lineCount) else { return [] }
        let range = range.clamped(to: 1...lineCount)
        guard var place = start(ofLine: range.lowerBound) else { return [] }
        var lines: [String] = []
        // The part of a line that stands in the chunks before.
        var begun: [UInt8] = []
        while lines.count < range.count, place.chunk < chunks.count {
            let rest = chunks[place.chunk].bytes[place.offset...]
            guard let end = rest.firstIndex(of: UTF8Bytes.lineEnd) else {
                begun += rest
                place = Place(chunk: place.chunk + 1, offset: 0)
                continue
            }
            lines.append(String(decoding: begun.isEmpty ? rest[..<end] : begun + rest[..<end], as: UTF8.self))
            begun.removeAll()
            place.offset = end + 1
        }
        if lines.count < range.count { lines.append(String(decoding: begun, as: UTF8.self)) }
        return lines
    }

    /// Lines that are read at a time in a search.
    private static let page = 64

    /// The number of the first line in a range that a predicate holds for.
    func firstLine(in range: ClosedRange<Int>, where predicate: (String) -> Bool) -> Int? {
        var start = max(1, range.lowerBound)
        let end = min(range.upperBound, lineCount)
        while start <= end {
            let last = min(end, start + Self.page - 1)
            if let index = lines(in: start...last).firstIndex(where: predicate) { return start + index }
            start = last + 1
        }
        return nil
    }

    /// The number of the last line in a range that a predicate holds for.
    func lastLine(in range: ClosedRange<Int>, where predicate: (String) -> Bool) -> Int? {
        let start = max(1, range.lowerBound)
        var end = min(range.upperBound, lineCount)
        while end >= start {
            let first = max(start, end - Self.page + 1)
            if let index = lines(in: first...end).lastIndex(where: predicate) { return first + index }
            end = first - 1
        }
        return nil
    }

    /// The last line that is more than white space; nil where all is blank.
    var lastWrittenLine: Int? {
        lastLine(in: 1...lineCount) { !$0.allSatisfy(\.isWhitespace) }
    }
}
