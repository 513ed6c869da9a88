import Foundation
import SansIO
import Synchronization

/// A room as the server's calls name it.
struct RoomKey: Sendable, Hashable, Codable {
    var name: RoomName
    var sid: String

    /// The identity of its assistant.
    var assistant: Identity { Identity(AgentInstance.identity(ofRoom: sid)) }
}

/// What a worker tells of itself with each answer to a probe, as an attribute of the assistant that was asked: one read
/// says of all of its rooms that they are covered, so that nobody has to look into each of them.
struct WorkerDigest: Sendable, Hashable {
    /// Whether the worker looks after rooms of others too, and for whose dispatches.
    var looks = false
    var agentName = ""
    /// Whether it would take another room.
    var hasRoom = false
    /// Sids of the rooms where it has an assistant, or is about to.
    var rooms: Set<String> = []
    /// Whether `rooms` are all of them.
    var isComplete = true
    /// Some rooms in which it can be asked.
    var seats: [RoomKey] = []
    /// Instances that it found dead lately.
    var dead: Set<String> = []
    /// Instances that it knows alive, and where each can be asked.
    var peers: [String: RoomKey] = [:]

    /// LiveKit servers take 64,000 bytes of attributes for a participant by default.
    static let mostBytes = 60_000
    static let mostRooms = 2000
    static let mostSeats = 4
    static let mostInstances = 64
    /// A room with a longer name is no seat.
    static let longestName = 256
}

extension WorkerDigest: Codable {
    private enum CodingKeys: String, CodingKey {
        case version = "v"
        case agentName = "agent"
        case hasRoom = "free"
        case isComplete = "all"
        case looks, rooms, seats, dead, peers
    }

    init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: CodingKeys.self)
        guard try object.decode(Int.self, forKey: .version) == 1 else {
            throw DecodingError.dataCorruptedError(forKey: .version, in: object, debugDescription: "not version 1")
        }
        looks = try object.decode(Bool.self, forKey: .looks)
        agentName = try object.decode(String.self, forKey: .agentName)
        hasRoom = try object.decode(Bool.self, forKey: .hasRoom)
        isComplete = try object.decode(Bool.self, forKey: .isComplete)
        rooms = Set(try object.decode([String].self, forKey: .rooms).prefix(Self.mostRooms))
        seats = Array(try object.decode([RoomKey].self, forKey: .seats).prefix(Self.mostSeats))
        dead = Set(try object.decode([String].self, forKey: .dead).prefix(Self.mostInstances))
        let all = try object.decode([String: RoomKey].self, forKey: .peers)
        peers = Dictionary(uniqueKeysWithValues: all.sorted { $0.key < $1.key }.prefix(Self.mostInstances).map { $0 })
    }

    func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: CodingKeys.self)
        try object.encode(1, forKey: .version)
        try object.encode(looks, forKey: .looks)
        try object.encode(agentName, forKey: .agentName)
        try object.encode(hasRoom, forKey: .hasRoom)
        try object.encode(isComplete && rooms.count <= Self.mostRooms, forKey: .isComplete)
        try object.encode(Array(rooms.sorted().prefix(Self.mostRooms)), forKey: .rooms)
        try object.encode(
            Array(seats.filter { $0.name.text.utf8.count <= Self.longestName }.prefix(Self.mostSeats)), forKey: .seats)
        try object.encode(Array(dead.sorted().prefix(Self.mostInstances)), forKey: .dead)
        let short = peers.filter { $0.value.name.text.utf8.count <= Self.longestName }.sorted { $0.key < $1.key }
        try object.encode(
            Dictionary(uniqueKeysWithValues: short.prefix(Self.mostInstances).map { $0 }), forKey: .peers)
    }

    /// `nil` for what is no digest, or too long for one.
    init?(text: String) {
        guard text.utf8.count <= Self.mostBytes,
            let digest = try? JSONDecoder().decode(WorkerDigest.self, from: Data(text.utf8))
        else { return nil }
        self = digest
    }

    /// At most `mostBytes`: where all would be more, the peers are left out, then rooms.
    var text: String {
        var digest = self
        while true {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let data = (try? encoder.encode(digest)) ?? Data()
            if data.count <= Self.mostBytes { return String(decoding: data, as: UTF8.self) }
            if digest.peers.isEmpty {
                digest.isComplete = false
                digest.rooms = Set(digest.rooms.sorted().prefix(digest.rooms.count / 2))
            }
            digest.peers = [:]
        }
    }
}

/// Where a process's sessions find what its worker tells of itself. Safe to use from any thread.
final class WorkerBoard: Sendable {
    private struct State {
        var digest = WorkerDigest()
        /// `nil` once the digest has changed.
        var text: String?
        var onForetold: (@Sendable (_ dead: String, _ rooms: [String]) -> Void)?
    }

    private let state = Mutex(State())

    func update(_ change: (inout WorkerDigest) -> Void) {
        state.withLock { state in
            let before = state.digest
            change(&state.digest)
            if state.digest != before { state.text = nil }
        }
    }

    var digest: WorkerDigest { state.withLock { $0.digest } }

    /// Told a dead worker, and the sids of those of its rooms that another one has dispatched anew.
    var onForetold: (@Sendable (_ dead: String, _ rooms: [String]) -> Void)? {
        get { state.withLock { $0.onForetold } }
        set { state.withLock { $0.onForetold = newValue } }
    }

    /// What one packet may tell: as much as one of ours does.
    static let mostBytesForetold = 15_000
    static let longestSID = 64

    /// The dead worker and the sids, with a space between any two.
    static func word(of dead: String, rooms: [String]) -> String { ([dead] + rooms).joined(separator: " ") }

    /// - Parameter text: by `word(of:rooms:)`.
    func foretell(_ text: String) {
        guard text.utf8.count <= Self.mostBytesForetold else { return }
        let words = text.split(separator: " ").filter { $0.utf8.count <= Self.longestSID }.map(String.init)
        if words.count > 1 { onForetold?(words[0], Array(words.dropFirst())) }
    }

    /// The digest's text.
    var text: String {
        state.withLock { state in
            if let text = state.text { return text }
            let text = state.digest.text
            state.text = text
            return text
        }
    }
}
