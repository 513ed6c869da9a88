extension SourceText: Hashable {
    public static func == (left: SourceText, right: SourceText) -> Bool {
        left.counts == right.counts && left.commonStart(with: right) == left.byteCount
    }

    /// The counts alone: the same bytes may lie in other chunks.
    public func hash(into hasher: inout Hasher) { hasher.combine(counts) }

    /// The lines (1-based, inclusive) in which the text differs from an older one, from their common start and end; one
    /// line where lines went away.
    /// - Returns: nil where it does not differ.
    func changedLines(since old: SourceText) -> ClosedRange<Int>? {
        let start = commonStart(with: old)
        guard start < byteCount || start < old.byteCount else { return nil }
        let (before, oldBefore) = (byte(start), old.byte(start))
        var equalAtStart = lineEnds(before: start)
        // One text ends where the other goes on with a new line: the line before is the same in both.
        if before ?? oldBefore == UTF8Bytes.lineEnd, before == nil || oldBefore == nil { equalAtStart += 1 }
        let end = commonEnd(with: old)
        let (after, oldAfter) = (byte(byteCount - end - 1), old.byte(old.byteCount - end - 1))
        var equalAtEnd = counts.lineEnds - lineEnds(before: byteCount - end)
        if after ?? oldAfter == UTF8Bytes.lineEnd, after == nil || oldAfter == nil { equalAtEnd += 1 }
        equalAtEnd = min(equalAtEnd, min(lineCount, old.lineCount) - equalAtStart)
        let first = min(equalAtStart + 1, lineCount)
        return first...max(first, lineCount - equalAtEnd)
    }

    /// The byte at an offset; nil outside the text.
    private func byte(_ offset: Int) -> UInt8? {
        guard (0..<byteCount).contains(offset) else { return nil }
        var rest = offset
        var index = 0
        while rest >= chunks[index].bytes.count {
            rest -= chunks[index].bytes.count
            index += 1
        }
        return chunks[index].bytes[rest]
    }

    private func lineEnds(before offset: Int) -> Int {
        var rest = offset
        var count = 0
        for chunk in chunks {
            guard rest >= chunk.bytes.count else { return count + UTF8Bytes.lineEnds(in: chunk.bytes[..<rest]) }
            rest -= chunk.bytes.count
            count += chunk.counts.lineEnds
        }
        return count
    }

    /// How many bytes at the start are the same.
    private func commonStart(with other: SourceText) -> Int {
        var (mine, its) = (Place(chunk: 0, offset: 0), Place(chunk: 0, offset: 0))
        var common = 0
        while mine.chunk < chunks.count, its.chunk < other.chunks.count {
            let left = chunks[mine.chunk].bytes[mine.offset...]
            let right = other.chunks[its.chunk].bytes[its.offset...]
            let length = min(left.count, right.count)
            let same = Self.commonStart(left.prefix(length), right.prefix(length))
            common += same
            guard same == length else { break }
            mine = length == left.count ? Place(chunk: mine.chunk + 1, offset: 0) : mine.advanced(by: length)
            its = length == right.count ? Place(chunk: its.chunk + 1, offset: 0) : its.advanced(by: length)
        }
        return common
    }

    /// How many bytes at the end are the same.
    private func commonEnd(with other: SourceText) -> Int {
        var (mine, its) = (chunks.count - 1, other.chunks.count - 1)
        var (left, right) = (chunks[mine].bytes[...], other.chunks[its].bytes[...])
        var common = 0
        while true {
            let length = min(left.count, right.count)
            let same = Self.commonEnd(left.suffix(length), right.suffix(length))
            common += same
            guard same == length else { return common }
            left.removeLast(length)
            right.removeLast(length)
            if left.isEmpty {
                guard mine > 0 else { return common }
                mine -= 1
                left = chunks[mine].bytes[...]
            }
            if right.isEmpty {
                guard its > 0 else { return common }
                its -= 1
                right = other.chunks[its].bytes[...]
            }
        }
    }

    /// Of two pieces of the same length.
    private static func commonStart(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Int {
        left.withUnsafeBytes { left in
            right.withUnsafeBytes { right in
                var at = 0
                while at + 8 <= left.count {
                    let mine = left.loadUnaligned(fromByteOffset: at, as: UInt64.self)
                    guard mine == right.loadUnaligned(fromByteOffset: at, as: UInt64.self) else { break }
                    at += 8
                }
                while at < left.count, left[at] == right[at] { at += 1 }
                return at
            }
        }
    }

    /// Of two pieces of the same length.
    private static func commonEnd(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Int {
        left.withUnsafeBytes { left in
            right.withUnsafeBytes { right in
                var at = left.count
                while at >= 8 {
                    let mine = left.loadUnaligned(fromByteOffset: at - 8, as: UInt64.self)
                    guard mine == right.loadUnaligned(fromByteOffset: at - 8, as: UInt64.self) else { break }
                    at -= 8
                }
                while at > 0, left[at - 1] == right[at - 1] { at -= 1 }
                return left.count - at
            }
        }
    }
}

extension SourceText.Place {
    fileprivate func advanced(by bytes: Int) -> Self { Self(chunk: chunk, offset: offset + bytes) }
}
