import Foundation
import SansIO
import Synchronization

extension Benchmark {
    /// What a room with a microphone and a camera costs our worker and LiveKit Agents, which do the same job one after the
    /// other on the same server. Worker, server and candidates are processes of their own.
    static let cameras = Benchmark(name: "cameras") {
        let agents = Result { try AgentsPeer.find() }
        guard FileManager.default.isExecutableFile(atPath: WorkerProcess.executable) else {
            throw Skipped(reason: "\(WorkerProcess.executable) is not built: swift build -c release --product jask")
        }
        let server = try await MediaServer.start(mayBeReal: true)
        var theirs: RoomCost?
        if case .success(let agents) = agents {
            theirs = try await RoomCost.measure(on: server, prefix: "theirs") { try agents.start(server, hearing: $0) }
        }
        let ours = try await RoomCost.measure(on: server, prefix: "ours") { _ in
            try WorkerProcess(server: server, settings: ["JASK_SEARCH_PICTURE_RATE": "4"])
        }
        await server.stop()
        guard let theirs else { return RoomCost.lines(ours, on: server.name, without: agents) }
        return RoomCost.lines(ours, theirs, on: server.name)
    }
}

/// A share of a core.
private struct Share {
    var value = 0.0
    /// How long the machine took for the same work meanwhile, in microseconds.
    var speed: Double?

    /// Of a room, above what there is without any.
    func aRoom(of rooms: Int, above idle: Share) -> Share {
        // Without rooms a slow machine takes longer too.
        let scale = speed.flatMap { own in idle.speed.map { own / $0 } } ?? 1
        return Share(value: (value - idle.value * scale) / Double(rooms), speed: speed)
    }

    /// How many times more slowly the machine worked than while another was measured.
    func slowness(beside other: Share) -> Double { speed.flatMap { own in other.speed.map { own / $0 } } ?? 1 }
}

/// What a room costs one worker.
private struct RoomCost {
    static let rooms = 3

    /// Shares of a core without any room, of them all.
    var idle = Share()
    /// Megabytes without any room.
    var base = 0.0
    /// Shares of a core a room, the camera off.
    var voice = Share()
    var parts: [Film.Part: Share] = [:]
    /// Megabytes of one room with a camera and of all, above what there is without any, and how many those are.
    var oneRoom = 0.0
    var allRooms = 0.0
    var load = 0.0

    static func measure(
        on server: MediaServer, prefix: String,
        start: (AsyncStream<ContinuousClock.Instant>.Continuation) throws -> any Listener
    ) async throws -> RoomCost {
        let (_, hearing) = AsyncStream.makeStream(of: ContinuousClock.Instant.self)
        let listener = try start(hearing)
        defer { listener.stop() }
        let tooLate = ContinuousClock.now + .seconds(90)
        while !listener.isReady {
            guard ContinuousClock.now < tooLate else {
                throw Failed(reason: "\(prefix): not ready (\(listener.lastWords))")
            }
            try await Task.sleep(for: .milliseconds(200))
        }

        var cost = RoomCost()
        try await Task.sleep(for: .seconds(8))
        cost.base = listener.processes.megabytes
        cost.idle = try await share(of: listener)
        try await cost.measureVoices(of: listener, on: server, prefix: "\(prefix)-voice")
        try await cost.measureOneRoom(of: listener, on: server, prefix: "\(prefix)-one")
        try await cost.measureCameras(of: listener, on: server, prefix: "\(prefix)-camera")
        cost.load = machineLoad
        return cost
    }

    /// Of a core, over the time that is measured.
    private static func share(of listener: any Listener) async throws -> Share {
        let (began, before) = (ContinuousClock.now, listener.processes.cpuSeconds)
        let speed = try await SpeedMeter.microseconds(over: Film.measured)
        let seconds = (ContinuousClock.now - began).inSeconds
        return Share(value: listener.processes.cpuSeconds(since: before) / seconds, speed: speed)
    }

    private mutating func measureVoices(of listener: any Listener, on server: MediaServer, prefix: String) async throws
    {
        let news = NewsOfRooms()
        let candidates = try CandidatesProcess(
            Self.rooms, on: server, prefix: prefix, showing: .voices, lasting: .seconds(80), onNews: news.take)
        defer { candidates.stop() }
        _ = try await news.all(.microphone, of: Self.rooms, within: .seconds(15), candidates)
        try await Task.sleep(for: .seconds(12))
        voice = try await Self.share(of: listener).aRoom(of: Self.rooms, above: idle)
    }

    private mutating func measureOneRoom(of listener: any Listener, on server: MediaServer, prefix: String) async throws
    {
        // The rooms before have ended, and whoever prepares processes in advance has done so.
        try await Task.sleep(for: .seconds(8))
        let news = NewsOfRooms()
        let candidates = try CandidatesProcess(
            1, on: server, prefix: prefix, showing: .hands, lasting: .seconds(60), onNews: news.take)
        _ = try await news.all(.camera, of: 1, within: .seconds(15), candidates)
        try await Task.sleep(for: .seconds(22))
        oneRoom = listener.processes.megabytes - base
        candidates.stop()
        try await Task.sleep(for: .seconds(8))
    }

    private mutating func measureCameras(of listener: any Listener, on server: MediaServer, prefix: String) async throws
    {
        let news = NewsOfRooms()
        let candidates = try CandidatesProcess(
            Self.rooms, on: server, prefix: prefix, showing: .cameras, lasting: Film.length, onNews: news.take)
        defer { candidates.stop() }
        let began = try await news.all(.camera, of: Self.rooms, within: .seconds(15), candidates)
        for part in Film.Part.allCases {
            try await Task.sleep(until: began + part.start + Film.settling)
            parts[part] = try await Self.share(of: listener).aRoom(of: Self.rooms, above: idle)
        }
        allRooms = listener.processes.megabytes - base
        // Whoever saw nothing did not do the job.
        _ = try await news.all(.raisedHand, of: Self.rooms, within: .seconds(1), candidates)
    }

    /// Megabytes that each further room adds.
    private var aRoom: Double { (allRooms - oneRoom) / Double(Self.rooms - 1) }

    private static let bars: [Film.Part: Double] = [.nobody: 1 / 20, .still: 1 / 20, .moving: 1 / 10, .handUp: 1 / 8]

    static func lines(_ ours: RoomCost, _ theirs: RoomCost, on server: String) -> [Measurement] {
        func line(_ what: String, _ own: Share, _ other: Share, bar: Double? = nil) -> Measurement {
            let slowness = own.slowness(beside: other)
            let ratio = own.value / other.value / slowness
            return Measurement(
                what: "CPU, \(what), of LiveKit Agents'", value: ratio, unit: "×",
                comparison:
                    "1/\(number(1 / ratio)): \(number(own.value * 100)) of \(number(other.value * 100)) % of a core,"
                    + " the machine \(number(slowness)) × as slow",
                bar: bar.map { .atMost($0) })
        }
        return [
            Measurement(
                what: "rooms at a time, on \(server)", value: Double(rooms), unit: "",
                comparison: "load \(number(theirs.load)) at LiveKit Agents' end, \(number(ours.load)) at ours"),
            line("no room", ours.idle, theirs.idle),
            line("a room with its camera off", ours.voice, theirs.voice),
        ]
            + Film.Part.allCases.map {
                line($0.words, ours.parts[$0] ?? Share(), theirs.parts[$0] ?? Share(), bar: bars[$0])
            } + [
                Measurement(
                    what: "memory without rooms, of LiveKit Agents'", value: ours.base / theirs.base, unit: "×",
                    comparison: "\(number(ours.base)) of \(number(theirs.base)) MB"),
                Measurement(
                    what: "memory that the first camera adds, of LiveKit Agents'", value: ours.oneRoom / theirs.oneRoom,
                    unit: "×", comparison: "\(number(ours.oneRoom)) of \(number(theirs.oneRoom)) MB: models too"),
                Measurement(
                    what: "memory that each further room adds, of LiveKit Agents'", value: ours.aRoom / theirs.aRoom,
                    unit: "×", comparison: "\(number(ours.aRoom)) of \(number(theirs.aRoom)) MB", bar: .atMost(1.0 / 20)
                ),
            ]
    }

    /// Where there is nobody to be measured beside.
    static func lines(_ ours: RoomCost, on server: String, without agents: Result<AgentsPeer, any Error>)
        -> [Measurement]
    {
        var reason = ""
        if case .failure(let error) = agents { reason = (error as? Skipped)?.reason ?? "\(error)" }
        func line(_ what: String, _ share: Share) -> Measurement {
            Measurement(what: "CPU, \(what)", value: share.value * 100, unit: "% of a core")
        }
        return [
            Measurement(
                what: "rooms at a time, on \(server)", value: Double(rooms), unit: "",
                comparison: "not beside LiveKit Agents: \(reason)"),
            line("no room", ours.idle), line("a room with its camera off", ours.voice),
        ] + Film.Part.allCases.map { line($0.words, ours.parts[$0] ?? Share()) } + [
            Measurement(what: "memory without rooms", value: ours.base, unit: "MB"),
            Measurement(what: "memory that the first camera adds, models too", value: ours.oneRoom, unit: "MB"),
            Measurement(what: "memory that each further room adds", value: ours.aRoom, unit: "MB", bar: .atMost(10)),
        ]
    }
}

/// What was told of rooms so far.
final class NewsOfRooms: Sendable {
    private let rooms = Mutex<[CandidatesProcess.News: Set<String>]>([:])

    func take(_ news: CandidatesProcess.News, _ room: String) {
        rooms.withLock { _ = $0[news, default: []].insert(room) }
    }

    /// Waits until so many rooms have it.
    /// - Returns: when the last one had it, to 50 ms.
    func all(
        _ news: CandidatesProcess.News, of count: Int, within limit: Duration, _ candidates: CandidatesProcess
    ) async throws -> ContinuousClock.Instant {
        let tooLate = ContinuousClock.now + limit
        while true {
            let there = rooms.withLock { $0[news]?.count ?? 0 }
            if there >= count { return .now }
            guard ContinuousClock.now < tooLate else {
                throw Failed(reason: "\(news.rawValue) of only \(there) of \(count) rooms (\(candidates.lastWords))")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
