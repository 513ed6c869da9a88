/// What is kept a source, found by its SSRC: a few dozen entries in a row, of which mostly the last one used is meant.
///
/// Entries are changed in place by position; a dictionary's entries cannot be without an allocation each time.
struct SourceTable<Value> {
    private(set) var sources: ContiguousArray<UInt32> = []
    /// In the order of `sources`; entries are changed here, but neither added nor removed.
    var values: ContiguousArray<Value> = []
    private var lastUsed = 0

    var count: Int { sources.count }

    /// Where a source is; valid until an entry is removed.
    @inline(__always)
    mutating func position(of ssrc: UInt32) -> Int? {
        if lastUsed < sources.count, sources[lastUsed] == ssrc { return lastUsed }
        guard let found = sources.firstIndex(of: ssrc) else { return nil }
        lastUsed = found
        return found
    }

    /// Reads of an entry without copying all of it.
    func read<Result>(_ position: Int, _ body: (borrowing Value) -> Result) -> Result {
        values.withUnsafeBufferPointer { body($0[position]) }
    }

    /// Adds a source that is not there yet.
    mutating func insert(_ value: Value, for ssrc: UInt32) -> Int {
        sources.append(ssrc)
        values.append(value)
        lastUsed = sources.count - 1
        return lastUsed
    }

    /// - Returns: whether it was there.
    @discardableResult
    mutating func remove(_ ssrc: UInt32) -> Bool {
        guard let position = sources.firstIndex(of: ssrc) else { return false }
        sources.remove(at: position)
        values.remove(at: position)
        return true
    }
}
