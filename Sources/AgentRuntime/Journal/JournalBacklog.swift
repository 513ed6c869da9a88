import NIOCore
import Session

/// Entries that wait for the disk, in their order. Sans-IO.
///
/// However long the disk takes, they are not many: a later state takes the place of an earlier one of its kind, and of
/// what is left only so many stay. The rest is given up, what no restart needs first, and its number is written.
struct JournalBacklog: Sendable {
    struct Item: Sendable {
        var entry: JournalEntry
        var done: @Sendable (JournalError?) -> Void = { _ in }
    }

    private let most: Int
    private var items: [UInt64: Item] = [:]
    /// Numbers of `items` by weight, oldest first; those that are gone are passed over.
    private var orders: [CircularBuffer<UInt64>] = [[], [], []]
    private var last: [JournalEntry.State: UInt64] = [:]
    private var nextNumber: UInt64 = 0
    /// Of those given up, what no entry tells of yet, and when the last one was.
    private var untold = (count: 0, at: Int64(0))
    /// How many were given up.
    private(set) var lost = 0

    init(most: Int) { self.most = most }

    var count: Int { items.count }
    /// What is held to keep the order, for tests.
    var numbers: Int { orders.reduce(0) { $0 + $1.count } }
    var isEmpty: Bool { items.isEmpty && untold.count == 0 }

    mutating func add(_ item: Item) {
        if let state = item.entry.state, let earlier = last[state] { remove(earlier) }
        let weight = item.entry.weight
        if items.count >= most {
            guard let victim = (0...weight).compactMap({ oldest(of: $0) }).first else { return lose(item.entry) }
            if let item = items[victim] { lose(item.entry) }
            remove(victim)
        }
        items[nextNumber] = item
        orders[weight].append(nextNumber)
        if let state = item.entry.state { last[state] = nextNumber }
        nextNumber &+= 1
        if orders[weight].count > 2 * items.count + 64 {
            orders[weight] = CircularBuffer(orders[weight].filter { items[$0] != nil })
        }
    }

    /// The number of those given up, once, to stand where they would.
    mutating func takeLoss() -> JournalEntry? {
        guard untold.count > 0 else { return nil }
        defer { untold.count = 0 }
        return JournalEntry(at: untold.at, event: .lost(entries: untold.count))
    }

    mutating func popFirst() -> Item? {
        guard let number = oldest() else { return nil }
        defer { remove(number) }
        return items[number]
    }

    private mutating func oldest() -> UInt64? { orders.indices.compactMap { oldest(of: $0) }.min() }

    private mutating func oldest(of weight: Int) -> UInt64? {
        while let number = orders[weight].first {
            if items[number] != nil { return number }
            orders[weight].removeFirst()
        }
        return nil
    }

    private mutating func lose(_ entry: JournalEntry) {
        lost += 1
        untold = (untold.count + 1, entry.at)
    }

    private mutating func remove(_ number: UInt64) {
        guard let item = items.removeValue(forKey: number) else { return }
        if let state = item.entry.state, last[state] == number { last[state] = nil }
    }
}

extension JournalBacklog {
    /// What is to be written first; it stays until `removeFirst`.
    var first: JournalEntry? {
        mutating get {
            if untold.count > 0 { return JournalEntry(at: untold.at, event: .lost(entries: untold.count)) }
            return oldest().flatMap { items[$0]?.entry }
        }
    }

    /// It was written.
    mutating func removeFirst() {
        if takeLoss() == nil { _ = popFirst() }
    }
}
