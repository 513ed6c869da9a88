/// What is kept of people who left, so that leaving and coming back changes nothing. Of `limit` of them at most: nobody
/// grows it by coming under ever new names. What says nothing any more goes first, then who left first.
public struct LeftBehind<Value: Sendable>: Sendable {
    private let limit: Int
    private var values: [Identity: Value] = [:]
    /// Oldest first; those who came back are still in it until it is gone over.
    private var order: [Identity] = []

    /// - Parameter limit: at least 1.
    public init(limit: Int = 256) { self.limit = max(1, limit) }

    public var count: Int { values.count }

    /// - Parameter isOver: whether a value says nothing any more.
    public mutating func keep(_ value: Value, of identity: Identity, where isOver: (Value) -> Bool) {
        if isOver(value) {
            values[identity] = nil
            return
        }
        if values[identity] == nil {
            if order.count >= limit { purge(where: isOver) }
            order.append(identity)
        }
        values[identity] = value
    }

    /// What was kept of somebody who is back.
    public mutating func take(_ identity: Identity) -> Value? {
        guard let value = values.removeValue(forKey: identity) else { return nil }
        order.removeAll { $0 == identity }
        return value
    }

    private mutating func purge(where isOver: (Value) -> Bool) {
        values = values.filter { !isOver($0.value) }
        order.removeAll { values[$0] == nil }
        guard order.count >= limit else { return }
        values[order.removeFirst()] = nil
    }
}
