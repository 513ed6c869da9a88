/// A window of elements keyed by consecutive 64-bit TSNs, some of which may be absent.
///
/// Everything but growth is O(1); growth doubles.
struct TSNRing<Element> {
    private var slots: [Element?] = []
    private var head = 0
    /// How many TSNs the window spans.
    private(set) var count = 0
    /// The first TSN of the window.
    private(set) var first: Int64

    init(first: Int64) {
        self.first = first
    }

    /// The TSN behind the window.
    var end: Int64 { first &+ Int64(count) }

    var isEmpty: Bool { count == 0 }

    func contains(_ tsn: Int64) -> Bool { tsn >= first && tsn < end }

    /// The element at a TSN; `nil` where there is none, or outside of the window.
    subscript(tsn: Int64) -> Element? {
        contains(tsn) ? slots[slot(tsn)] : nil
    }

    /// Changes the element at a TSN in place.
    ///
    /// - Returns: what `body` returns; `nil` where there is no element.
    mutating func update<Result>(_ tsn: Int64, _ body: (inout Element) -> Result) -> Result? {
        guard contains(tsn) else { return nil }
        return Self.modify(&slots[slot(tsn)], body)
    }

    private static func modify<Result>(_ element: inout Element?, _ body: (inout Element) -> Result) -> Result? {
        guard var taken = element.take() else { return nil }
        defer { element = taken }
        return body(&taken)
    }

    /// Puts an element at the end of the window.
    mutating func append(_ element: Element) {
        insert(element, at: end)
    }

    /// Puts an element at a TSN not before the window, which is widened up to it.
    mutating func insert(_ element: Element, at tsn: Int64) {
        guard tsn >= first else { return }
        let offset = Int(tsn - first)
        if offset >= count {
            reserve(offset + 1)
            count = offset + 1
        }
        slots[slot(tsn)] = element
    }

    /// Takes out the element at a TSN; the window stays as it is.
    mutating func remove(_ tsn: Int64) -> Element? {
        guard contains(tsn) else { return nil }
        var taken: Element?
        swap(&taken, &slots[slot(tsn)])
        return taken
    }

    /// Takes the first TSN off the window, with its element if there is one.
    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        var taken: Element?
        swap(&taken, &slots[head])
        head = (head + 1) & (slots.count - 1)
        first += 1
        count -= 1
        return taken
    }

    /// Takes absent TSNs up to and including `tsn` off the front; an empty window moves behind `tsn`.
    mutating func trim(through tsn: Int64) {
        while count > 0, first <= tsn, slots[head] == nil {
            head = (head + 1) & (slots.count - 1)
            first += 1
            count -= 1
        }
        if count == 0, first <= tsn { first = tsn + 1 }
    }

    private func slot(_ tsn: Int64) -> Int {
        (head + Int(tsn - first)) & (slots.count - 1)
    }

    private mutating func reserve(_ needed: Int) {
        guard needed > slots.count else { return }
        var capacity = max(slots.count, 16)
        while capacity < needed { capacity *= 2 }
        var grown = [Element?](repeating: nil, count: capacity)
        for offset in 0..<count { swap(&grown[offset], &slots[(head + offset) & (slots.count - 1)]) }
        slots = grown
        head = 0
    }
}

extension TSNRing: Sendable where Element: Sendable {}
