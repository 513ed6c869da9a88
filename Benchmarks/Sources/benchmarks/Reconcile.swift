import Foundation

extension Benchmark {
    /// What looking after all rooms takes: 20 workers and 5,000 rooms in virtual time. The simulation is a test's, with
    /// access to the runtime's own parts, so it is the built tests that play it; the machine's speed does not enter.
    static let reconcile = Benchmark(name: "reconcile") {
        let output = try ReconcileTest.run()
        guard let calls = output.numbers(of: /20 workers and 5000 rooms: (\d+) calls a second, at most (\d+)/).first
        else { throw Failed(reason: "the test printed no figures: \(output.text.suffix(300))") }
        let deaths = output.lines(with: /killed (.+): covered after at most (\d+) ms, (\d+) calls a second/)
        guard deaths.count >= 3 else { throw Failed(reason: "the test killed only \(deaths.count) times") }
        return [
            Measurement(
                what: "calls a second, 20 workers, 5,000 rooms (simulated)", value: calls[0], unit: "",
                comparison: "over 20 s in which a room ends and one begins each second", bar: .atMost(200)),
            Measurement(what: "the busiest second of those", value: calls[1], unit: "", bar: .atMost(200)),
        ]
            + deaths.map { death in
                Measurement(
                    what: "killed \(death.what): all rooms covered after", value: death.milliseconds / 1000, unit: "s",
                    comparison: "\(Int(death.calls)) calls a second over the busiest ten seconds", bar: .atMost(3))
            }
    }
}

/// `ReconcileScaleTests`, as built by `swift build --build-tests`.
private struct ReconcileTest {
    let text: String

    static func run() throws -> ReconcileTest {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        guard
            FileManager.default.fileExists(
                atPath: package.appendingPathComponent(".build/debug/jaskPackageTests.xctest").path)
        else { throw Skipped(reason: "the tests, which have the simulation, are not built: swift build --build-tests") }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "swift", "test", "--skip-build", "--package-path", package.path, "--filter",
            "^AgentRuntimeTests.ReconcileScaleTests/many",
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let text = String(decoding: data, as: UTF8.self)
        guard process.terminationStatus == 0 else { throw Failed(reason: "the test failed: \(text.suffix(600))") }
        return ReconcileTest(text: text)
    }

    func numbers(of pattern: Regex<(Substring, Substring, Substring)>) -> [[Double]] {
        text.matches(of: pattern).map { [Double($0.1) ?? 0, Double($0.2) ?? 0] }
    }

    func lines(
        with pattern: Regex<(Substring, Substring, Substring, Substring)>
    ) -> [(what: String, milliseconds: Double, calls: Double)] {
        text.matches(of: pattern).map { (String($0.1), Double($0.2) ?? 0, Double($0.3) ?? 0) }
    }
}
