/// A set that forgets its oldest members.
struct BoundedSet<Element: Hashable & Sendable>: Sendable {
    private var members: Set<Element> = []
    private var order: [Element] = []
    private var oldest = 0

    func contains(_ element: Element) -> Bool { members.contains(element) }

    /// Adds a member and forgets the oldest above `limit`.
    mutating func insert(_ element: Element, limit: Int) {
        guard members.insert(element).inserted else { return }
        order.append(element)
        while members.count > limit, oldest < order.count {
            members.remove(order[oldest])
            oldest += 1
        }
        if oldest > 64, oldest > order.count / 2 {
            order.removeFirst(oldest)
            oldest = 0
        }
    }
}
