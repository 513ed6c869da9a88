import Foundation
import VirtualCandidate

extension Benchmark {
    /// From a candidate's track being published to its first decoded sound, room and job new, beside LiveKit Agents'.
    static let firstAudio = Benchmark(name: "first-audio") {
        let agents = try AgentsPeer.find()
        guard FileManager.default.isExecutableFile(atPath: WorkerProcess.executable) else {
            throw Skipped(reason: "\(WorkerProcess.executable) is not built: swift build -c release --product jask")
        }
        let stage = try await Stage.start(on: try await MediaServer.start(mayBeReal: true))
        // One after the other: a room's job goes to one of the workers there are.
        let theirs = try await measure(stage, prefix: "theirs") { hearing in
            try agents.start(stage.server, hearing: hearing)
        }
        let ours = try await measure(stage, prefix: "ours") { hearing in
            try WorkerProcess(server: stage.server, hearing: hearing)
        }
        await stage.server.stop()
        let on = "on \(stage.server.name)"
        return [
            Measurement(
                what: "track published → first sound, LiveKit Agents \(on)", value: theirs.median, unit: "ms",
                comparison: spread(theirs)),
            Measurement(
                what: "track published → first sound, Jask \(on)", value: ours.median, unit: "ms",
                comparison: spread(ours)),
            Measurement(
                what: "Jask's median, of LiveKit Agents'", value: ours.median / theirs.median, unit: "×",
                bar: .atMost(0.5)),
            Measurement(
                what: "Jask's slowest, of LiveKit Agents' median", value: (ours.max() ?? 0) / theirs.median, unit: "×",
                bar: .atMost(0.5)),
        ]
    }

    private static func spread(_ times: [Double]) -> String {
        times.sorted().map { "\(Int($0))" }.joined(separator: " ")
    }

    /// Milliseconds in each of some new rooms, one after the other.
    private static func measure(
        _ stage: Stage, prefix: String,
        start: (AsyncStream<ContinuousClock.Instant>.Continuation) throws -> any Listener
    ) async throws -> [Double] {
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
        var times: [Double] = []
        var sounds = heard.makeAsyncIterator()
        for round in 0..<9 {
            let opened = ContinuousClock.now
            let (published, publishing) = AsyncStream.makeStream(of: ContinuousClock.Instant.self)
            let candidate = try stage.speaker(room: "\(prefix)-\(round)") { event in
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
            // Whatever was heard in the room before is of no interest any more.
            var sound = await sounds.next()
            while let heard = sound, heard < opened { sound = await sounds.next() }
            guard let began, let sound else {
                playing.cancel()
                throw Failed(reason: "\(prefix): no sound was heard in room \(round) (\(listener.lastWords))")
            }
            let took = began.duration(to: sound) / .milliseconds(1)
            late.cancel()
            playing.cancel()
            _ = await playing.result
            // The first room warms caches up, theirs and ours.
            if round > 0 { times.append(took) }
            // Whoever prepares processes in advance is given time to.
            try await Task.sleep(for: .seconds(2))
        }
        return times
    }
}
