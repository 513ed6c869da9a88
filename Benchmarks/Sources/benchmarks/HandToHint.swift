import Foundation
import RenderedCandidate
import SansIO
import VirtualCandidate

extension Benchmark {
    /// From a hand in its place before the camera to the hint at the candidate, in new rooms one after the other.
    static let handToHint = Benchmark(name: "hand-to-hint") {
        guard FileManager.default.isExecutableFile(atPath: WorkerProcess.executable) else {
            throw Skipped(reason: "\(WorkerProcess.executable) is not built: swift build -c release --product jask")
        }
        let server = try await MediaServer.start(mayBeReal: true)
        let stage = try await Stage.start(on: server)
        let worker = try WorkerProcess(server: server)
        defer { worker.stop() }
        try await Task.sleep(for: .seconds(3))
        var times: [Double] = []
        for round in 0..<rounds {
            if let time = try await raise(on: stage, room: "hand-\(round)") { times.append(time) }
        }
        await server.stop()
        let sorted = times.sorted()
        guard let slowest = sorted.last else { throw Failed(reason: "no hint came for any of \(rounds) raised hands") }
        return [
            Measurement(
                what: "hints for raised hands, on \(server.name)", value: Double(times.count), unit: "of \(rounds)",
                bar: .atLeast(Double(rounds))),
            Measurement(
                what: "hand up → hint, median", value: times.median, unit: "ms",
                comparison: sorted.map { "\(Int($0))" }.joined(separator: " ") + "; the dwell alone is 800"),
            Measurement(what: "hand up → hint, slowest", value: slowest, unit: "ms", bar: .atMost(1_200)),
        ]
    }

    private static let rounds = 10

    /// - Returns: milliseconds, or nil where no hint for it came within 6 s.
    private static func raise(on stage: Stage, room: String) async throws -> Double? {
        let (events, told) = AsyncStream.makeStream(of: (isUp: Bool, at: ContinuousClock.Instant).self)
        let film = try SharedFilm(
            CameraScript([.init(.raiseHand, at: .seconds(5), hold: .seconds(5))], duration: .seconds(12)), width: 640,
            height: 360)
        let candidate = try stage.watched(room: room, film: film, limit: .seconds(12)) { event in
            switch event {
            case .camera(let news) where news.isBeginning: told.yield((true, .now))
            case .packet("jask.hint", _, let text) where text.contains("raised_hand"): told.yield((false, .now))
            case .left: told.finish()
            default: break
            }
        }
        let playing = Task { _ = try? await candidate.run() }
        defer { playing.cancel() }
        var up: ContinuousClock.Instant?
        for await event in events {
            if event.isUp { up = event.at } else if let up { return up.duration(to: event.at) / .milliseconds(1) }
        }
        return nil
    }
}
