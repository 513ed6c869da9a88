import Foundation
import SansIO

/// Server, worker and who floods in processes of their own; this one is somebody in another room on the worker's only
/// event loop. Prints a line a kind: its name, then milliseconds at p99 of the other room's answer, of `/live`, and of the
/// server without the worker.
struct Trial {
    var jask: String
    var seconds: Double
    var kinds: [Flood]

    func run(_ say: @escaping @Sendable (String) -> Void) async throws {
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
        let server = try Child(own, ["serve"])
        let url = try await server.word(after: "url ")
        let folder = FileManager.default.temporaryDirectory.path + "/jask-flood-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let worker = try Child(
            jask, ["start", "--url", url, "--api-key", "devkey", "--api-secret", "secret"],
            environment: ["JASK_WORKER_LOOPS": "1", "JASK_HEALTH_PORT": "0", "JASK_STATE_DIRECTORY": folder])
        let health = try await worker.word(after: "health and metrics on ")
        guard let live = URL(string: health)?.appendingPathComponent("live") else { throw Child.Failure(what: health) }
        let other = OtherRoom(url: url, live: live)
        let probing = Task { try await other.run() }
        defer { probing.cancel() }
        guard try await other.hasBegun(within: 20) else {
            throw Child.Failure(what: "the assistant did not answer:\n\(worker.text.suffix(4000))")
        }
        // Beyond what happens once: the first notice, caches.
        try await Task.sleep(for: .seconds(1))
        let calm = ContinuousClock.now
        try await Task.sleep(for: .seconds(seconds))
        say("calm \(other.figures(from: calm, to: .now))")
        for kind in kinds {
            let ports = kind == .datagrams ? worker.ports.map(String.init) : []
            let flood = try Child(
                own, ["flood", url, "flooded-\(kind.rawValue)", kind.rawValue, "\(seconds)"] + ports)
            _ = try await flood.word(after: "begun")
            let start = ContinuousClock.now
            let count = try await flood.word(after: "ended after ", within: 4 * seconds + 10)
            say("\(kind.rawValue) \(other.figures(from: start, to: .now)) \(count)")
            flood.kill()
            guard worker.isRunning else { throw Child.Failure(what: "the worker died:\n\(worker.text.suffix(4000))") }
            // What is still on its way belongs to no other kind.
            try await Task.sleep(for: .milliseconds(300))
        }
        worker.kill()
        server.kill()
    }
}
