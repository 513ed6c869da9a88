/// What a core has to say, in order. All of it is taken before long, so the room is used from its start again each time
/// that it is empty, without the bookkeeping of a ring.
public struct OutputQueue<Output> {
    /// Room beyond this is given back.
    @usableFromInline static var mostRoom: Int { 1024 }
    @usableFromInline static var leastRoom: Int { 4 }

    /// Which places of the room are taken.
    @usableFromInline
    struct Taken {
        @usableFromInline var first = 0
        @usableFromInline var end = 0
        @usableFromInline let capacity: Int

        @inlinable
        init(capacity: Int) { self.capacity = capacity }
    }

    /// Outputs are moved in and out of it: whoever hands out thousands a second must not pay for emptying places.
    @usableFromInline
    final class Room: ManagedBuffer<Taken, Output> {
        @inlinable
        deinit {
            withUnsafeMutablePointers { taken, outputs in
                _ = (outputs + taken.pointee.first).deinitialize(count: taken.pointee.end - taken.pointee.first)
            }
        }
    }

    @usableFromInline var room: ManagedBuffer<Taken, Output>?

    @inlinable
    public init() {}

    @inlinable
    public var count: Int {
        room.map { $0.withUnsafeMutablePointerToHeader { $0.pointee.end - $0.pointee.first } } ?? 0
    }

    @inlinable
    public var isEmpty: Bool { count == 0 }

    /// Places that there are, taken or not.
    var capacity: Int { room?.header.capacity ?? 0 }

    @inlinable
    public mutating func append(_ output: consuming Output) {
        if !isKnownUniquelyReferenced(&room) || isFull { makePlace() }
        guard let (taken, outputs) = room?.withUnsafeMutablePointers({ ($0, $1) }) else { return }
        // The room is ours alone, and stays as long as we do.
        (outputs + taken.pointee.end).initialize(to: output)
        taken.pointee.end += 1
    }

    @inlinable
    var isFull: Bool {
        room?.withUnsafeMutablePointerToHeader { $0.pointee.end == $0.pointee.capacity } ?? true
    }

    /// Takes the oldest; `nil` if there is none.
    @inlinable
    public mutating func popFirst() -> Output? {
        guard room != nil else { return nil }
        if !isKnownUniquelyReferenced(&room) { move(capacity: max(Self.leastRoom, count)) }
        guard let (taken, outputs) = room?.withUnsafeMutablePointers({ ($0, $1) }) else { return nil }
        let first = taken.pointee.first
        guard first < taken.pointee.end else {
            (taken.pointee.first, taken.pointee.end) = (0, 0)
            if taken.pointee.capacity > Self.mostRoom { room = nil }
            return nil
        }
        taken.pointee.first = first + 1
        return (outputs + first).move()
    }

    /// Makes sure of a room of our own with a place at its end. A queue of which never all is taken gets the places
    /// before its first back.
    @usableFromInline
    mutating func makePlace() {
        let slides =
            room?.withUnsafeMutablePointerToHeader { $0.pointee.first > $0.pointee.capacity / 2 } ?? false
        guard slides, isKnownUniquelyReferenced(&room) else { return move(capacity: max(Self.leastRoom, count * 2)) }
        room?.withUnsafeMutablePointers { taken, outputs in
            let waiting = taken.pointee.end - taken.pointee.first
            outputs.moveInitialize(from: outputs + taken.pointee.first, count: waiting)
            (taken.pointee.first, taken.pointee.end) = (0, waiting)
        }
    }

    /// Moves what waits to the start of another room, or copies it where the room is shared.
    @usableFromInline
    mutating func move(capacity: Int) {
        let waiting = count
        let capacity = max(capacity, waiting)
        let fresh = Room.create(minimumCapacity: capacity) { _ in Taken(capacity: capacity) }
        let isShared = !isKnownUniquelyReferenced(&room)
        room?.withUnsafeMutablePointers { old, outputs in
            fresh.withUnsafeMutablePointers { new, places in
                let first = outputs + old.pointee.first
                if isShared {
                    places.initialize(from: first, count: waiting)
                } else {
                    places.moveInitialize(from: first, count: waiting)
                    (old.pointee.first, old.pointee.end) = (0, 0)
                }
                new.pointee.end = waiting
            }
        }
        room = fresh
    }
}

extension OutputQueue: @unchecked Sendable where Output: Sendable {}
