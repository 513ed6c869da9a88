import Foundation
import Testing

extension Spine {
    /// Somebody sends without end in one room; another room on the same event loop, and `/live`, are to notice nothing.
    @Suite struct FloodTests {
        /// Milliseconds at p99.
        private struct Figures: CustomStringConvertible {
            var kind: Substring
            var answer: Double
            var live: Double
            /// The other room's own round trip through the server, which is no worker's doing.
            var server: Double

            init?(_ line: String) {
                let fields = line.split(separator: " ")
                guard fields.count >= 4, let answer = Double(fields[1]), let live = Double(fields[2]),
                    let server = Double(fields[3])
                else { return nil }
                (kind, self.answer, self.live, self.server) = (fields[0], answer, live, server)
            }

            var description: String {
                "\(kind): answer \(answer) ms, /live \(live) ms, server alone \(server) ms (p99)"
            }
        }

        /// From here on, in ms, the development server cannot keep up on this machine, and what waits for it twice waits for
        /// any time.
        private static let mostOfServer = 300.0

        @Test(
            "whatever one participant floods a room with, other rooms and /live answer as before",
            .timeLimit(.minutes(3)))
        func floods() async throws {
            let kinds = ProcessInfo.processInfo.environment["JASK_FLOODS"]?.split(separator: ",").map(String.init) ?? []
            let trial = try JaskProcess(
                ["trial", JaskProcess.executable, "4"] + kinds, environment: [:],
                executable: JaskProcess.path(of: "FloodPeer"))
            #expect(try await trial.status(within: 150) == 0, "\(trial.text)")
            let figures = trial.lines.compactMap { Figures($0.text) }
            for line in figures { print("flood: \(line)") }
            let calm = try #require(figures.first, "\(trial.text)")
            #expect(figures.count == (kinds.isEmpty ? 13 : kinds.count + 1), "\(trial.text)")
            for found in figures.dropFirst() {
                // What the development server takes meanwhile, on its own one loop, is not the worker's doing; question and
                // answer both pass it.
                if found.server < Self.mostOfServer {
                    #expect(found.answer <= max(100, 5 * calm.answer) + 2 * found.server, "\(found) after \(calm)")
                } else {
                    print("skipped: how long answers take beside \(found.kind), with which the server itself is behind")
                }
                #expect(found.live <= max(250, 5 * calm.live), "\(found) after \(calm)")
            }
        }
    }
}
