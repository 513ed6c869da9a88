import AnthropicStandIn
import Foundation
import PythonPeers
import Synchronization
import Testing

@testable import AgentRuntime

extension Spine {
    /// Claude as it is, late, overloaded and broken: a hint comes in bounded time, once, and says who made it.
    @Suite struct ClaudeFaultTests {
        /// Bounds of one hint, shorter than the product's own so that the tests are.
        private static let settings = [
            "claude.first_token_timeout": "1s", "claude.stall_timeout": "1s", "claude.total_timeout": "3s",
            "claude.attempts": "2", "claude.warm_up": "false",
        ]

        @Test("the environment's key and address lead to Claude, whose hint arrives", .timeLimit(.minutes(3)))
        func answers() async throws {
            let claude = try AnthropicStandIn.start(
                script: [.hint(StandInHint(path: "solution.py", startLine: 3, endLine: 4, interval: 0.02))],
                apiKey: "test")
            let stage = try await Stage()
            let worker = try stage.startWorker(
                environment: [
                    "ANTHROPIC_API_KEY": "test", "ANTHROPIC_BASE_URL": claude.baseURL, "JASK_CLAUDE_WARM_UP": "false",
                ])
            try #require(try await stage.ready(worker), "\(worker.text)")
            let candidate = try stage.startCandidate(room: "r")
            let arrived = try await eventually(within: 20) { candidate.hints.first }
            let hint = try #require(arrived?.fields, "\(candidate.seen)\n\(worker.text)")
            #expect(hint["source"]?.text == "claude", "\(worker.text)")
            #expect(hint["text"]?.text == StandInHint().text)
            #expect(hint["anchor"]?["path"]?.text == "solution.py")
            #expect(hint["anchor"]?["start_line"]?.number == 3)
            let request = try #require(claude.messageRequests.first)
            #expect(claude.messageRequests.count == 1 && request.violation == nil, "\(claude.requests)")
            #expect(request.body.contains("two_sum"), "it was given the candidate's code")
            let answered = worker.lines(with: "the coach answered (claude-haiku-5-5, request req_2)")
            #expect(answered.count == 1, "\(worker.text)")
            print("claude answers:", worker.lines(with: "hint sent").map(\.text))
            worker.signal(SIGKILL)
            await candidate.leave()
            await stage.close()
            claude.stop()
        }

        @Test("the log says why Claude did not answer, and by which request", .timeLimit(.minutes(3)))
        func reason() async throws {
            let claude = try AnthropicStandIn.start(
                script: [.failure(status: 403, type: "permission_error")], apiKey: "test")
            let stage = try await Stage()
            let worker = try stage.startWorker(
                environment: [
                    "ANTHROPIC_API_KEY": "test", "ANTHROPIC_BASE_URL": claude.baseURL, "JASK_CLAUDE_WARM_UP": "false",
                ])
            try #require(try await stage.ready(worker), "\(worker.text)")
            let candidate = try stage.startCandidate(room: "r")
            let line = try await eventually(within: 20) { worker.lines(with: "the coach answered").first?.text }
            let reason = "(rehearsed: permission: permission_error: scripted, request req_2)"
            #expect(line?.hasSuffix(reason) == true, "\(worker.text)")
            worker.signal(SIGKILL)
            await candidate.leave()
            await stage.close()
            claude.stop()
        }

        @Test("what a withdrawn request took is counted", .timeLimit(.minutes(3)))
        func withdrawn() async throws {
            let slow = StandInHint(text: String(repeating: "word ", count: 58), interval: 0.5)
            let claude = try AnthropicStandIn.start(script: [.hint(slow)])
            let stage = try await Stage()
            let log = Mutex<[String]>([])
            let runtime = try await stage.startRuntime([
                "claude.api_key": claude.apiKey, "claude.base_url": claude.baseURL, "claude.total_timeout": "30s",
                "claude.warm_up": "false",
            ]) { line in log.withLock { $0.append(line) } }
            // The second time the candidate speaks, the answer to the pause is on its way.
            let candidate = try stage.startCandidate(room: "r") {
                $0.repetitions = 2
                $0.gap = .seconds(6)
            }
            let counted = try await eventually(within: 40) {
                let report = try await Self.report([], of: runtime)
                return report.contains("jask_claude_requests_total{outcome=\"cancelled\"} 1") ? report : nil
            }
            let report = try #require(counted, "\(log.withLock { $0 })")
            #expect(report.contains("jask_claude_tokens_total{kind=\"input\"} 812"), "\(report)")
            #expect(report.contains("jask_claude_first_token_seconds_count 1"), "\(report)")
            #expect(candidate.hints.isEmpty)
            await candidate.leave()
            await runtime.stop()
            await stage.close()
            claude.stop()
        }

        @Test("every fault of Claude ends with one rehearsed hint in bounded time", .timeLimit(.minutes(3)))
        func faults() async throws {
            let faults: [(name: String, play: StandInPlay)] = [
                ("429", .failure(status: 429, type: "rate_limit_error", headers: ["retry-after": "30"])),
                ("529", .failure(status: 529, type: "overloaded_error")),
                ("stall before", .stallBeforeFirstToken(pings: true)), ("stall after", .stallAfterFirstToken),
                ("silence", .silence), ("cut", .cut(afterContent: true)), ("garbage", .garbageEvents),
                ("not HTTP", .garbageProtocol),
                ("error in stream", .errorInStream(type: "overloaded_error", afterContent: true)),
            ]
            // What the machine takes by itself: the same at the same time, without a key.
            let lateness = Lateness(runs: 2)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<2 { group.addTask { try await measure(lateness) } }
                for fault in faults { group.addTask { try await expectRehearsed(fault.name, fault.play, lateness) } }
                try await group.waitForAll()
            }
        }

        /// How much later than by the settings hints come on this machine, now; waits for those that measure it.
        private actor Lateness {
            private var left: Int
            private var seconds = 0.0
            private var waiters: [CheckedContinuation<Double, Never>] = []

            init(runs: Int) { left = runs }

            func add(_ seconds: Double) {
                self.seconds = max(self.seconds, seconds)
                left -= 1
                guard left == 0 else { return }
                for waiter in waiters { waiter.resume(returning: self.seconds) }
                waiters = []
            }

            var value: Double {
                get async {
                    if left == 0 { return seconds }
                    return await withCheckedContinuation { waiters.append($0) }
                }
            }
        }

        private func measure(_ lateness: Lateness) async throws {
            var late = 0.0
            do {
                let stage = try await Stage()
                let runtime = try await stage.startRuntime([:]) { _ in }
                let candidate = try stage.startCandidate(room: "r")
                if let arrived = try await eventually(within: 25, { candidate.hints.first }),
                    let silent = candidate.fellSilent
                {
                    late = max(0, arrived.at.seconds(since: silent) - Self.pause)
                }
                await candidate.leave()
                await runtime.stop()
                await stage.close()
            }
            await lateness.add(late)
        }

        /// How long silence lasts until it is a long pause.
        private static let pause = 4.0

        private func expectRehearsed(
            _ name: String, _ play: StandInPlay, _ lateness: Lateness
        ) async throws {
            let claude = try AnthropicStandIn.start(script: [play])
            let stage = try await Stage()
            let log = Mutex<[String]>([])
            let settings = ["claude.api_key": claude.apiKey, "claude.base_url": claude.baseURL]
            let runtime = try await stage.startRuntime(settings.merging(Self.settings) { $1 }) { line in
                log.withLock { $0.append(line) }
            }
            let candidate = try stage.startCandidate(room: "r")
            let arrived = try await eventually(within: 25) { candidate.hints.first }
            let report = try await Self.report(log.withLock { $0 }, of: runtime)
            let hint = try #require(arrived, "\(name): \(candidate.seen)\n\(report)")
            #expect(hint.fields?["source"]?.text == "rehearsed", "\(name)")
            #expect(!claude.messageRequests.isEmpty, "\(name): Claude was asked")
            #expect(claude.messageRequests.count <= 2, "\(name)")
            let silent = try #require(candidate.fellSilent)
            let elapsed = hint.at.seconds(since: silent)
            print("claude \(name): hint \(elapsed) s after the voice, \(claude.messageRequests.count) requests")
            #expect(elapsed > 3.5, "\(name): not while the candidate speaks\n\(report)")
            // Until the pause is a long one, then up to 3 s for Claude, and what the machine takes: at least 2 s, and three
            // times what it takes for a hint without Claude at the same time.
            let late = await lateness.value
            #expect(elapsed < Self.pause + 3 + max(2, 3 * late), "\(name): this machine was \(late) s late\n\(report)")
            try await Task.sleep(for: .seconds(4))
            #expect(candidate.hints.count == 1, "\(name): \(candidate.seen)")
            await candidate.leave()
            await runtime.stop()
            await stage.close()
            claude.stop()
        }

        /// The log and the counters that moved.
        private static func report(_ log: [String], of runtime: JaskRuntime) async throws -> String {
            guard let port = runtime.healthPort, let url = URL(string: "http://127.0.0.1:\(port)/metrics") else {
                return ""
            }
            let counters = try await Stage.get(url).body.split(separator: "\n")
                .filter { !$0.hasPrefix("#") && !$0.hasSuffix(" 0") && !$0.contains("_bucket") }
            return (log + counters.map(String.init)).joined(separator: "\n")
        }
    }
}
