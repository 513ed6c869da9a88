/// What a core has to say, in order. All of it is taken before long, so the room is used from its start again each time
/// that it is empty, without the bookkeeping of a ring.
public struct OutputQueue<Output> {
    /// Room beyond this is given back.
    @usableFromInline static var mostRoom: Int { 1024 }

    @usableFromInline var room: ContiguousArray<Output?> = []
    @usableFromInline var first = 0
    @usableFromInline var end = 0

    @inlinable
    public init() {}

    @inlinable
    public var count: Int { end - first }

    @inlinable
    public mutating func append(_ output: consuming Output) {
        if end < room.count {
            room[end] = output
        } else {
            if first > room.count / 2 { compact() }
            room.append(output)
        }
        end += 1
    }

    /// Takes the oldest; `nil` if there is none.
    @inlinable
    public mutating func popFirst() -> Output? {
        guard first < end else {
            (first, end) = (0, 0)
            if room.count > Self.mostRoom { room = [] }
            return nil
        }
        defer { first += 1 }
        return room[first].take()
    }

    /// Gives up the room before the first, for a queue of which never all is taken.
    @inlinable
    mutating func compact() {
        room.removeFirst(first)
        end -= first
        first = 0
    }
}

extension OutputQueue: Sendable where Output: Sendable {}
