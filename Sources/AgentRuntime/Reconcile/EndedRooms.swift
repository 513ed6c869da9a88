import Dispatch
import LiveKit
import RTCNetwork
import SansIO
import Session

/// Drives an `EndedWatch` with the server's list of rooms and the state folder.
actor EndedRooms {
    private let api: ServerAPI
    private let stateDirectory: String
    private let interval: Duration
    /// Nanoseconds since 1970.
    private let wallClock: @Sendable () -> Int64
    private let onCall: @Sendable (String) -> Void
    private var watch = EndedWatch()
    private var hasRead = false
    private var task: Task<Void, Never>?

    /// - Parameter interval: from one list to the next. What stands in the state folder is at most as old.
    init(
        api: ServerAPI, stateDirectory: String, interval: Duration = .seconds(15),
        wallClock: @escaping @Sendable () -> Int64, onCall: @escaping @Sendable (String) -> Void
    ) {
        self.api = api
        self.stateDirectory = stateDirectory
        self.interval = interval
        self.wallClock = wallClock
        self.onCall = onCall
    }

    func registered() {
        watch.registered()
        task?.cancel()
        task = Task { await run() }
    }

    func unregistered() {
        watch.unregistered()
        task?.cancel()
    }

    /// An interviewer ended the assistant of this room, which is still there.
    func add(_ room: RoomKey) { watch.add(room, isSeen: true) }

    /// A room is about to be served: what it finds of an earlier one is up to date.
    func offered(_ room: RoomKey) async { await take(watch.offered(room)) }

    private func run() async {
        await readFolder()
        while !Task.isCancelled {
            await look()
            try? await Task.sleep(for: interval)
        }
    }

    private func look() async {
        let names = watch.names
        guard !names.isEmpty else { return }
        onCall("ListRooms")
        guard let listed = try? await api.listRooms(names: names), !Task.isCancelled else {
            return
        }
        await take(watch.receive(Set(listed.map { RoomKey(name: $0.name, sid: $0.sid) }), askedFor: names))
    }

    /// What an earlier process knew.
    private func readFolder() async {
        guard !hasRead else { return }
        hasRead = true
        let folder = stateDirectory
        let day = Int64(86_400_000)
        let since = wallClock() / 1_000_000 - day
        let keys = await Self.onDisk { RoomIndex.ended(stateDirectory: folder, since: since) }
        for key in keys { watch.add(RoomKey(name: key.name, sid: key.sid), isSeen: false) }
    }

    /// The disk may take its time.
    private static func onDisk<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { done in
            DispatchQueue.global(qos: .utility).async { done.resume(returning: body()) }
        }
    }

    private func take(_ verdicts: [EndedWatch.Verdict]) async {
        guard !verdicts.isEmpty else { return }
        let folder = stateDirectory
        let now = wallClock() / 1_000_000
        await Self.onDisk {
            for verdict in verdicts {
                switch verdict {
                case .isThere(let key): RoomIndex(stateDirectory: folder, room: key.facts).isAlive(at: now)
                case .wasClosed(let key):
                    let writer = JournalWriter(path: Journal.path(stateDirectory: folder, roomSID: key.sid))
                    writer.append(JournalEntry(at: now, event: .closed))
                    writer.close()
                }
            }
        }
    }
}

extension RoomKey {
    fileprivate var facts: RoomFacts { RoomFacts(sid: sid, name: name) }
}
