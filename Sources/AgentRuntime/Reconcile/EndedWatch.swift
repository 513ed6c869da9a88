import SansIO

/// How the rooms end whose assistant an interviewer has ended: it has left and is not told itself.
///
/// While such a room is listed, its `end` is as good as new. A room that was listed since this worker registered, and
/// twice is not any more, was closed by the server: its name is free for something else. One that was not seen since went with the
/// server, for all anybody knows, and may come back under another sid.
struct EndedWatch: Sendable {
    enum Verdict: Sendable, Hashable {
        case isThere(RoomKey)
        case wasClosed(RoomKey)
    }

    private struct Room {
        var key: RoomKey
        /// Whether it was listed since this worker registered.
        var isSeen: Bool
        /// Whether it was not there at the last look: who has lost the server may not know it yet.
        var isMissed = false
    }

    /// By sid.
    private var rooms: [String: Room] = [:]
    private var order: [String] = []
    private var isRegistered = false

    /// More are not watched: the oldest is forgotten, so that its `end` may hold too short, or in a room of its name.
    static let mostRooms = 1000

    /// What is to be listed, by name.
    var names: [RoomName] { isRegistered ? Set(rooms.values.map { $0.key.name }).sorted() : [] }

    /// - Parameter isSeen: whether the room was there just now.
    mutating func add(_ key: RoomKey, isSeen: Bool) {
        guard !key.sid.isEmpty, rooms[key.sid] == nil else { return }
        rooms[key.sid] = Room(key: key, isSeen: isSeen && isRegistered)
        order.append(key.sid)
        if order.count > Self.mostRooms { rooms[order.removeFirst()] = nil }
    }

    mutating func registered() {
        isRegistered = true
        rooms = rooms.mapValues { Room(key: $0.key, isSeen: false) }
    }

    mutating func unregistered() { isRegistered = false }

    /// - Parameters:
    ///   - listed: the rooms that the server has under the names that were asked for.
    ///   - names: those names.
    mutating func receive(_ listed: Set<RoomKey>, askedFor names: [RoomName]) -> [Verdict] {
        guard isRegistered else { return [] }
        let names = Set(names)
        var verdicts: [Verdict] = []
        for sid in order {
            guard let room = rooms[sid], names.contains(room.key.name) else { continue }
            if listed.contains(room.key) {
                rooms[sid] = Room(key: room.key, isSeen: true)
                verdicts.append(.isThere(room.key))
            } else if room.isSeen, !room.isMissed {
                rooms[sid]?.isMissed = true
            } else {
                if room.isSeen { verdicts.append(.wasClosed(room.key)) }
                forget(sid)
            }
        }
        return verdicts
    }

    /// A room is offered: those of its name are no more.
    mutating func offered(_ key: RoomKey) -> [Verdict] {
        guard isRegistered else { return [] }
        var verdicts: [Verdict] = []
        for sid in order where sid != key.sid {
            guard let room = rooms[sid], room.key.name == key.name else { continue }
            if room.isSeen { verdicts.append(.wasClosed(room.key)) }
            forget(sid)
        }
        return verdicts
    }

    private mutating func forget(_ sid: String) {
        rooms[sid] = nil
        order.removeAll { $0 == sid }
    }
}
