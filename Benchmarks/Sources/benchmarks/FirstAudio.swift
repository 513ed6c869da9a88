import Foundation
import LiveKit
import SansIO
import Synchronization
import VirtualCandidate

extension Benchmark {
    /// From a candidate's track being published to its first decoded sound, beside LiveKit Agents': in rooms that are new,
    /// whose job is new with them, and in rooms where the agent is already.
    ///
    /// A real livekit-server gives a job out 200 ms after the room is made, whoever the worker is: it waits that long for
    /// better offers than the first (psrpc's `DefaultAffinityShortCircuit`). What follows is the agent's: it is counted
    /// from the server's word that the job is assigned.
    static let firstAudio = Benchmark(name: "first-audio") {
        let agents = try AgentsPeer.find()
        guard FileManager.default.isExecutableFile(atPath: WorkerProcess.executable) else {
            throw Skipped(reason: "\(WorkerProcess.executable) is not built: swift build -c release --product jask")
        }
        let assigned = AssignedJobs()
        let stage = try await Stage.start(on: try await MediaServer.start(mayBeReal: true, onLine: assigned.read))
        // One after the other: a room's job goes to one of the workers there are.
        let theirs = try await measure(stage, assigned, prefix: "theirs") { hearing in
            try agents.start(stage.server, hearing: hearing)
        }
        let ours = try await measure(stage, assigned, prefix: "ours") { hearing in
            try WorkerProcess(server: stage.server, hearing: hearing)
        }
        await stage.server.stop()
        let isReal = stage.server.isReal
        let new = "in a new room on \(stage.server.name): track published → first sound"
        return rows(new, theirs.inNewRoom, ours.inNewRoom, hasBar: !isReal)
            + (isReal ? rows("… of it, job assigned → first sound", theirs.fromJob, ours.fromJob, hasBar: true) : [])
            + rows("where the agent is already: the same", theirs.whereItIs, ours.whereItIs, hasBar: true)
    }

    /// Milliseconds in each of some rooms.
    private struct Times {
        var inNewRoom: [Double] = []
        /// Where the server says when it assigned the job, which was after the track was published.
        var fromJob: [Double] = []
        var whereItIs: [Double] = []
    }

    private static func rows(_ what: String, _ theirs: [Double], _ ours: [Double], hasBar: Bool) -> [Measurement] {
        let bar: Measurement.Bar? = hasBar ? .atMost(0.5) : nil
        return [
            Measurement(what: "\(what), LiveKit Agents", value: theirs.median, unit: "ms", comparison: spread(theirs)),
            Measurement(what: "… Jask", value: ours.median, unit: "ms", comparison: spread(ours)),
            Measurement(what: "… median, of their median", value: ours.median / theirs.median, unit: "×", bar: bar),
            Measurement(
                what: "… slowest, of their median", value: (ours.max() ?? 0) / theirs.median, unit: "×", bar: bar),
        ]
    }

    private static func spread(_ times: [Double]) -> String {
        times.sorted().map { "\(Int($0))" }.joined(separator: " ")
    }

    /// How long after joining the microphone is published where the agent is to be there before.
    private static let laterBy = Duration.milliseconds(1500)

    /// In some rooms of each kind, one after the other.
    private static func measure(
        _ stage: Stage, _ assigned: AssignedJobs, prefix: String,
        start: (AsyncStream<ContinuousClock.Instant>.Continuation) throws -> any Listener
    ) async throws -> Times {
        let (heard, hearing) = AsyncStream.makeStream(of: ContinuousClock.Instant.self)
        let listener = try start(hearing)
        defer { listener.stop() }
        // A room whose candidate comes before there is a worker gets none.
        let tooLate = ContinuousClock.now + .seconds(90)
        while !listener.isReady {
            guard ContinuousClock.now < tooLate else {
                throw Failed(reason: "\(prefix): not ready (\(listener.lastWords))")
            }
            try await Task.sleep(for: .milliseconds(200))
        }
        try await Task.sleep(for: .seconds(3))
        var times = Times()
        var sounds = heard.makeAsyncIterator()
        for round in 0..<18 {
            let (room, isLater) = ("\(prefix)-\(round)", !round.isMultiple(of: 2))
            guard
                let (published, sound) = try await visit(
                    stage, room, after: isLater ? laterBy : .zero, &sounds, hearing)
            else { throw Failed(reason: "\(prefix): no sound was heard in room \(round) (\(listener.lastWords))") }
            // The first rooms warm caches up, theirs and ours.
            guard round > 1 else { continue }
            let took = published.duration(to: sound) / .milliseconds(1)
            if isLater { times.whereItIs.append(took) } else { times.inNewRoom.append(took) }
            guard !isLater, stage.server.isReal else { continue }
            guard let job = assigned.time(of: room) else {
                throw Failed(reason: "\(prefix): the server did not say when it assigned the job of \(room)")
            }
            times.fromJob.append(max(job, published).duration(to: sound) / .milliseconds(1))
        }
        return times
    }

    /// A room whose agent comes only now says nothing of rooms where it is already.
    private static func requireAgent(in room: String, on server: MediaServer) async throws {
        let api = ServerAPI(server: try ServerURL(server.url), key: server.key)
        let others = try await api.listParticipants(room: RoomName(room)).filter { $0.identity != "candidate" }
        guard others.isEmpty else { return }
        throw Failed(reason: "no agent was in \(room) \(laterBy) after the candidate: the machine is too busy for this")
    }

    /// - Returns: when the track was published and when it was heard, or `nil` where it was not.
    private static func visit(
        _ stage: Stage, _ room: String, after delay: Duration,
        _ sounds: inout AsyncStream<ContinuousClock.Instant>.Iterator,
        _ hearing: AsyncStream<ContinuousClock.Instant>.Continuation
    ) async throws -> (published: ContinuousClock.Instant, heard: ContinuousClock.Instant)? {
        let opened = ContinuousClock.now
        let (published, publishing) = AsyncStream.makeStream(of: ContinuousClock.Instant.self)
        let candidate = try stage.speaker(room: room, after: delay) { event in
            if case .microphonePublished = event { publishing.yield(.now) }
        }
        let playing = Task {
            defer { publishing.finish() }
            _ = try await candidate.run()
        }
        let late = Task {
            try await Task.sleep(for: .seconds(15))
            hearing.finish()
        }
        let began = await published.first { _ in true }
        if delay > .zero { try await requireAgent(in: room, on: stage.server) }
        // Whatever was heard in the room before is of no interest any more.
        var sound = await sounds.next()
        while let heard = sound, heard < opened { sound = await sounds.next() }
        late.cancel()
        playing.cancel()
        _ = await playing.result
        // Whoever prepares processes in advance is given time to.
        try await Task.sleep(for: .seconds(2))
        guard let began, let sound else { return nil }
        return (began, sound)
    }
}

/// When a real livekit-server assigned each room's job, by what it writes.
private final class AssignedJobs: Sendable {
    private let times = Mutex<[String: ContinuousClock.Instant]>([:])

    @Sendable func read(_ line: String) {
        guard line.contains("assigned job to worker"), let name = line.firstMatch(of: /"room": *"([^"]*)"/)?.1 else {
            return
        }
        let now = ContinuousClock.now
        times.withLock { $0[String(name)] = $0[String(name)] ?? now }
    }

    func time(of room: String) -> ContinuousClock.Instant? { times.withLock { $0[room] } }
}
