import AgentRuntime
import Foundation
import Settings

extension Benchmark {
    /// From a trigger to the hint packet, the coach's own time left out, with 20 rooms that trigger together.
    static let triggerToWire = Benchmark(name: "trigger-to-wire") {
        let rooms = 20
        let stage = try await Stage.start()
        let tally = HintTally()
        var layer = Configuration.Layer()
        let settings = [
            ("livekit.url", stage.server.url), ("livekit.api_key", "devkey"), ("livekit.api_secret", "secret"),
            ("policy.quiet_start", "0 s"), ("pause.shortest_long", "4 s"), ("pause.initial_long", "4 s"),
            ("health.enabled", "false"), ("claude.api_key", ""),
            ("state.directory", FileManager.default.temporaryDirectory.appendingPathComponent("jask-bench").path),
        ]
        for (key, text) in settings where !text.isEmpty {
            try layer.set(key, to: text, origin: .commandLine(option: "of the benchmark"))
        }
        let runtime = try await JaskRuntime.start(
            configuration: Configuration().adding(layer),
            observers: JaskRuntime.Observers(timeline: { event, room in tally.take(event, in: room) }))
        let lost = await withTaskGroup(of: String?.self) { group in
            for index in 0..<rooms {
                group.addTask {
                    do {
                        _ = try await stage.candidate(room: "wire-\(index)", hints: 1, limit: .seconds(40)).run()
                        return nil
                    } catch {
                        return "\(error)"
                    }
                }
            }
            return await group.reduce(into: [String]()) { all, error in all += error.map { [$0] } ?? [] }
        }
        await runtime.stop()
        await stage.server.stop()
        let shares = tally.shares
        // The bar is for an idle machine: with threads waiting for a core it would measure the others.
        let isBusy = machineLoad > Double(ProcessInfo.processInfo.activeProcessorCount)
        let load = isBusy ? "load \(number(machineLoad)): the bar of 15 ms is for an idle machine" : ""
        guard shares.count >= 18 else {
            let candidates = lost.first.map { "; \(lost.count) candidates were lost: \($0)" } ?? ""
            throw Failed(
                reason: "only \(shares.count) of \(rooms) hints came; \(tally.explanation(rooms: rooms))\(candidates)")
        }
        return [
            Measurement(what: "trigger → packet, median of \(shares.count) hints", value: shares.median, unit: "ms"),
            Measurement(
                what: "trigger → packet, p99 (the largest)", value: shares.last ?? 0, unit: "ms",
                comparison: shares.count < rooms ? tally.explanation(rooms: rooms) : load,
                bar: isBusy ? nil : .atMost(15)),
        ]
    }
}
