import SansIO
import Settings
import Simulation

@testable import AgentRuntime

/// One worker's reconciling in virtual time, with the server's answers made up by the test.
struct Desk {
    var core: ReconcileCore
    var now = Instant(nanoseconds: 1_000_000_000_000)
    /// Nanoseconds since 1970 at `now`.
    var wallClock: Int64 { now.nanoseconds + 1_700_000_000_000_000_000 }
    var views: [RoomView] = []
    var ages: [String: Duration] = [:]
    /// When each room was made, and how many the server last counted in it, where it counts every 5 s only.
    var counted: [String: (madeAt: Instant, people: Int)] = [:]
    var examined: [RoomName] = []
    var dismissed: [String] = []
    var foretold: [[String]] = []
    /// Rooms that their worker does not name.
    var forgotten: Set<String> = []
    /// Whether the others' answers name their rooms.
    var isTelling = true
    /// Whether they tell of each other.
    var isIntroducing = false
    var own: Set<String> = []
    var hasRoom = true
    var dispatches: [RoomView.Dispatch] = []
    var looks = 0
    var created: [(room: RoomName, metadata: String, at: Instant)] = []
    var removed: [Identity] = []
    var questions: [(room: RoomName, text: String, at: Instant)] = []
    var checks = 0
    var dispatchLists = 0
    /// Rooms whose assistant answers questions.
    var answering: Set<RoomName> = []

    init(seed: UInt64 = 1, _ change: (inout ReconcileCore.Configuration) -> Void = { _ in }) {
        var configuration = ReconcileCore.Configuration()
        change(&configuration)
        core = ReconcileCore(configuration: configuration, random: .seeded(seed))
    }

    mutating func start() {
        learn()
        core.start(at: now)
        drain()
    }

    mutating func run(_ seconds: Double) {
        let end = now + .nanoseconds(Int64(seconds * 1e9))
        while let due = core.deadline, due <= end {
            now = max(now, due)
            learn()
            core.timeout(at: now)
            drain()
        }
        now = end
    }

    /// What the process knows, and the machine by its locks.
    mutating func learn() {
        core.update(own: own, hasRoom: hasRoom)
        var local: [String: Bool] = [:]
        for assistant in views.flatMap(\.assistants) where assistant.liveness != .unknown {
            if let instance = assistant.instance { local[instance] = assistant.liveness == .alive }
        }
        core.know(local, at: now)
    }

    mutating func drain() {
        learn()
        while let output = core.pollOutput() {
            switch output {
            case .listRooms(let names):
                looks += 1
                let listed = views.filter { names.isEmpty || names.contains($0.name) }
                core.receive(listed.map(summary), at: now)
            case .examine(let room):
                examined.append(room.name)
                guard let view = views.first(where: { $0.key == room }) else { return }
                core.receive(view, at: now)
            case .listDispatches(let room):
                dispatchLists += 1
                core.receive(dispatches: dispatches, of: room, wallClock: wallClock, at: now)
            case .createDispatch(let room, let metadata): created.append((room.name, metadata, now))
            case .remove(_, let identity): removed.append(identity)
            case .probe(_, let seat, let question):
                questions.append((seat.name, question, now))
                guard answering.contains(seat.name), let index = views.firstIndex(where: { $0.key == seat }) else {
                    break
                }
                views[index].assistants[0].answered = question
            case .read(let instance, let seat):
                checks += 1
                guard let assistant = views.first(where: { $0.key == seat })?.assistants.first else {
                    core.failed(output, .gone, at: now)
                    break
                }
                core.receive(
                    PeerWatch.Reading(
                        instance: assistant.instance, answer: assistant.answered, digest: digest(of: instance)),
                    of: instance, in: seat, at: now)
            case .foretell(_, _, let rooms): foretold.append(rooms)
            case .dismissed(let room): dismissed.append(room.sid)
            }
        }
    }

    private func summary(of view: RoomView) -> RoomSummary {
        guard let counted = counted[view.sid] else {
            return RoomSummary(key: view.key, age: ages[view.sid] ?? .seconds(60), people: view.people)
        }
        return RoomSummary(key: view.key, age: now - counted.madeAt, people: counted.people)
    }

    /// What an instance tells: all rooms in which it is the assistant.
    func digest(of instance: String) -> WorkerDigest? {
        guard isTelling else { return nil }
        let rooms = views.filter { $0.heir?.instance == instance && !forgotten.contains($0.sid) }
        var digest = WorkerDigest()
        digest.looks = true
        digest.rooms = Set(rooms.map(\.sid))
        digest.seats = Array(rooms.map(\.key).prefix(4))
        for view in views where isIntroducing {
            if let other = view.heir?.instance, other != instance { digest.peers[other] = view.key }
        }
        return digest
    }

    mutating func addRoom(age: Duration = .seconds(60), assistant: RoomView.Liveness? = nil) {
        let heir = assistant.map {
            RoomView.Assistant(
                identity: "jask-RM_1", sid: "PA_1", instance: "other", liveness: $0,
                joinedAt: wallClock - 50_000_000_000)
        }
        ages["RM_1"] = age
        views = [RoomView(name: "r", sid: "RM_1", people: 1, assistants: heir.map { [$0] } ?? [])]
    }

    /// More rooms with an assistant of the same worker, which runs elsewhere.
    mutating func addNeighbours(_ count: Int) {
        for number in 2..<(2 + count) {
            let heir = RoomView.Assistant(
                identity: "jask-RM_\(number)", sid: "PA_\(number)", instance: "other", liveness: .unknown,
                joinedAt: wallClock - 50_000_000_000)
            views.append(RoomView(name: "r\(number)", sid: "RM_\(number)", people: 1, assistants: [heir]))
        }
    }

    /// Rooms of workers elsewhere, so many for each of these instances.
    mutating func addRooms(_ count: Int, ofEach instances: [String]) {
        for instance in instances {
            for number in 0..<count {
                let sid = "RM_\(instance)_\(number)"
                let heir = RoomView.Assistant(
                    identity: RoomKey(name: "r", sid: sid).assistant, sid: "PA_\(sid)", instance: instance,
                    liveness: .unknown, joinedAt: wallClock - 50_000_000_000)
                views.append(RoomView(name: RoomName(sid), sid: sid, people: 1, assistants: [heir]))
            }
        }
    }

    mutating func promise(_ metadata: String = "m", secondsAgo: Double = 60, agent: String = "") {
        dispatches.append(
            RoomView.Dispatch(
                id: "AD_\(dispatches.count)", agentName: agent, metadata: metadata,
                createdAt: wallClock - Int64(secondsAgo * 1e9)))
    }
}
