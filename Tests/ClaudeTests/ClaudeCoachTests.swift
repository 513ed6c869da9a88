import AnthropicStandIn
import Coach
import HTTPClient
import MachineWatch
import SansIO
import Settings
import Simulation
import Testing
import Wire

@testable import Claude

/// The coach against the stand-in of the Messages API, over real sockets.
@Suite struct ClaudeCoachTests {
    /// Patient, so that a busy machine is no failure; what shows a deadline sets its own.
    static func configuration(_ standIn: AnthropicStandIn, attempts: Int = 1) throws -> ClaudeConfiguration {
        ClaudeConfiguration(
            baseURL: standIn.baseURL + "/", apiKey: try #require(ClaudeKey(standIn.apiKey)),
            connectTimeout: .seconds(60), firstTokenTimeout: .seconds(60), stallTimeout: .seconds(60),
            totalTimeout: .seconds(120),
            retry: RetryPolicy(
                maximumAttempts: attempts, baseDelay: .milliseconds(20), minimumAttempt: .milliseconds(50)))
    }

    static func coach(_ claude: ClaudeConfiguration?) -> ClaudeCoach {
        ClaudeCoach(configuration: CoachConfiguration(claude: claude), random: .seeded(4))
    }

    static func request(tier: Int = 1) -> HintRequest {
        HintRequest(
            trigger: TriggerFacts(kind: TriggerFacts.longPause, confidence: 0.7, silentFor: 12), tier: tier,
            problem: "Find the second largest number.",
            document: SourceDocument(
                path: "main.py", language: "python", revision: 8,
                text: "def second(a):\n    b = sorted(a)\n    return b[1]"))
    }

    @Test(arguments: [ClaudeOutputMode.auto, .forcedTool, .offeredTool, .jsonSchema], [1, 7, 1 << 16])
    func aHintOfClaudeComesWithItsMetrics(mode: ClaudeOutputMode, writeSize: Int) async throws {
        let hint = StandInHint(path: "main.py", startLine: 3, endLine: 3, writeSize: writeSize)
        let standIn = try AnthropicStandIn.start(script: [.hint(hint)])
        var configuration = try Self.configuration(standIn)
        configuration.outputMode = mode
        let outcome = await Self.coach(configuration).hint(for: Self.request(tier: 2))
        let anchor = Anchor(path: "main.py", revision: 8, startLine: 3, endLine: 3)
        #expect(outcome.hint == Hint(tier: 2, text: hint.text, anchor: anchor, source: .claude))
        #expect(outcome.notClaude == nil)
        let metrics = try #require(outcome.claude)
        #expect(metrics.usage == TokenUsage(inputTokens: 812, outputTokens: 42))
        #expect(metrics.requestID == "req_1")
        #expect(metrics.model == "claude-haiku-5-5")
        #expect(metrics.remaining == RemainingLimits(requests: 49, inputTokens: 49000, outputTokens: 9900))
        #expect(metrics.attempts == 1)
        #expect(try #require(metrics.firstToken) <= metrics.duration)
        #expect(standIn.requests.compactMap(\.violation).isEmpty)
    }

    @Test func aSlowStreamThatKeepsMovingIsWaitedFor() async throws {
        let standIn = try AnthropicStandIn.start(script: [.hint(StandInHint(delay: 0.3, interval: 0.1))])
        let outcome = await Self.coach(try Self.configuration(standIn)).hint(for: Self.request())
        #expect(outcome.hint?.source == .claude)
        let metrics = try #require(outcome.claude)
        #expect(try #require(metrics.firstToken) >= .milliseconds(300))
        #expect(metrics.duration >= .milliseconds(600))
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        var play: StandInPlay
        var label: String
        var requestID: Bool = true
        var testDescription: String { "\(play)" }
    }

    static let faults = [
        Fault(play: .hint(StandInHint(delay: 9)), label: "timeout_first_token"),
        Fault(
            play: .hint(StandInHint(text: String(repeating: "word ", count: 240), interval: 0.3)),
            label: "timeout_total"
        ),
        Fault(play: .stallBeforeFirstToken(), label: "timeout_first_token"),
        Fault(play: .stallBeforeFirstToken(pings: true), label: "timeout_first_token"),
        Fault(play: .stallAfterFirstToken, label: "timeout_stall"),
        Fault(play: .silence, label: "timeout_first_token", requestID: false),
        Fault(play: .failure(status: 429, type: "rate_limit_error"), label: "rate_limited"),
        Fault(play: .failure(status: 529, type: "overloaded_error"), label: "overloaded"),
        Fault(play: .failure(status: 500, type: "api_error"), label: "server_error"),
        Fault(play: .failure(status: 403, type: "permission_error"), label: "permission"),
        Fault(play: .failure(status: 400, type: "invalid_request_error"), label: "invalid_request"),
        Fault(play: .failure(status: 413, type: "request_too_large"), label: "prompt_too_long"),
        Fault(play: .errorInStream(type: "overloaded_error", afterContent: true), label: "overloaded"),
        Fault(play: .errorInStream(type: "rate_limit_error", afterContent: false), label: "rate_limited"),
        Fault(play: .cut(afterContent: true), label: "cut"),
        Fault(play: .cut(afterContent: false), label: "cut"), Fault(play: .endEarly, label: "cut"),
        Fault(play: .garbageEvents, label: "malformed"),
        Fault(play: .garbagePage, label: "malformed", requestID: false),
        Fault(play: .garbageProtocol, label: "malformed", requestID: false),
        Fault(play: .refusal(category: "cyber"), label: "refusal"),
        Fault(play: .refusal(category: nil, midOutput: true), label: "refusal"),
        Fault(play: .thinkingForEver, label: "timeout_first_token"),
        Fault(play: .thinkingToTheLimit, label: "max_tokens"), Fault(play: .emptyEndTurn, label: "empty"),
        Fault(
            play: .failure(status: 429, type: "rate_limit_error", code: "enforced_spend_limit_reached"), label: "quota"),
        Fault(play: .stops(reason: "max_tokens"), label: "max_tokens"),
        Fault(play: .input("{\"tier\":1}"), label: "withheld_missing_field"),
        Fault(play: .input("{\"tier\":2,\"text\":\"x\"}"), label: "withheld_wrong_tier"),
        Fault(play: .input("{\"tier\":1,\"text\":\"```py\\nreturn\\n```\"}"), label: "withheld_code_block"),
        Fault(play: .input("not json"), label: "withheld_no_object"),
    ]

    /// From before the first test.
    static let machine = MachineWatch()

    /// A deadline must leave what comes in time its time: on a busy machine more, but less than the slow plays take.
    static var second: Duration { min(machine.allows(.seconds(1)), .seconds(3)) }

    @Test(arguments: faults)
    func everyFaultEndsInARehearsedHintInTime(fault: Fault) async throws {
        let machine = MachineWatch()
        let standIn = try AnthropicStandIn.start(script: [fault.play])
        var configuration = try Self.configuration(standIn)
        let second = Self.second
        configuration.firstTokenTimeout = second * 2
        configuration.thinkingTimeout = second * 3
        configuration.stallTimeout = second
        configuration.totalTimeout = second * 5
        let outcome = await Self.coach(configuration).hint(for: Self.request())
        #expect(outcome.hint?.source == .rehearsed)
        #expect(outcome.notClaude?.label == fault.label)
        #expect((outcome.claude?.requestID != nil) == fault.requestID)
        #expect(outcome.elapsed < second * 5 + machine.allows(.milliseconds(500)), "\(machine.report)")
        #expect(standIn.requests.count == 1)
        #expect(standIn.requests.compactMap(\.violation).isEmpty)
    }

    @Test(arguments: [
        StandInPlay.failure(status: 529, type: "overloaded_error"), .failure(status: 500, type: "api_error"),
        .failure(status: 429, type: "rate_limit_error"), .errorInStream(type: "overloaded_error", afterContent: true),
        .cut(afterContent: true), .stallAfterFirstToken,
    ])
    func whatPassesIsTriedAgainAndTheHintComesOnce(play: StandInPlay) async throws {
        let standIn = try AnthropicStandIn.start(script: [play, .hint()])
        var configuration = try Self.configuration(standIn, attempts: 3)
        configuration.stallTimeout = Self.second
        let outcome = await Self.coach(configuration).hint(for: Self.request())
        #expect(outcome.hint == Hint(tier: 1, text: StandInHint().text, source: .claude))
        #expect(outcome.claude?.attempts == 2)
        #expect(standIn.requests.count == 2)
        #expect(standIn.requests.first?.body == standIn.requests.last?.body)
    }

    @Test func retryAfterIsObeyedWhereItFitsAndNotWaitedForWhereItDoesNot() async throws {
        let limited = { StandInPlay.failure(status: 429, type: "rate_limit_error", headers: ["retry-after": $0]) }
        let standIn = try AnthropicStandIn.start(script: [limited("0.6"), .hint()])
        let coach = Self.coach(try Self.configuration(standIn, attempts: 3))
        let waited = await coach.hint(for: Self.request())
        #expect(waited.hint?.source == .claude)
        #expect(waited.elapsed >= .milliseconds(600))
        standIn.setScript([limited("600")])
        let machine = MachineWatch()
        let refused = await coach.hint(for: Self.request())
        #expect(refused.notClaude?.label == "rate_limited")
        #expect(refused.elapsed < machine.allows(.seconds(2)), "\(machine.report)")
        // The API asked for ten minutes: until then nothing is sent.
        let resting = await coach.hint(for: Self.request())
        #expect(resting.notClaude == .restingAfterFailures)
        #expect(resting.hint?.source == .rehearsed)
        #expect(standIn.requests.count == 3)
    }

    @Test func anOverloadedAPIMayAskToWaitToo() async throws {
        let play = StandInPlay.failure(status: 529, type: "overloaded_error", headers: ["retry-after": "0.6"])
        let standIn = try AnthropicStandIn.start(script: [play, .hint()])
        let outcome = await Self.coach(try Self.configuration(standIn, attempts: 3)).hint(for: Self.request())
        #expect(outcome.hint?.source == .claude)
        #expect(outcome.elapsed >= .milliseconds(600))
    }

    @Test func theTokensOfAnAttemptThatFailedAreCountedToo() async throws {
        let standIn = try AnthropicStandIn.start(script: [.cut(afterContent: true), .hint()])
        let outcome = await Self.coach(try Self.configuration(standIn, attempts: 2)).hint(for: Self.request())
        #expect(outcome.claude?.attempts == 2)
        #expect(outcome.claude?.usage?.inputTokens == 2 * 812)
    }

    @Test func aWrongKeyAndAnUnknownModelAreNamed() async throws {
        let standIn = try AnthropicStandIn.start(script: [.hint()])
        var configuration = try Self.configuration(standIn, attempts: 3)
        configuration.apiKey = try #require(ClaudeKey("sk-wrong"))
        let unauthorised = await Self.coach(configuration).hint(for: Self.request())
        #expect(unauthorised.notClaude?.label == "authentication")
        #expect("\(unauthorised)".contains("invalid x-api-key <redacted>"))
        #expect(!"\(unauthorised)".contains("sk-wrong"))
        #expect(unauthorised.hint?.source == .rehearsed)
        configuration = try Self.configuration(standIn, attempts: 3)
        configuration.model = "claude-nowhere"
        let unknown = await Self.coach(configuration).hint(for: Self.request())
        #expect(unknown.notClaude?.label == "not_found")
        guard case .failed(let error) = unknown.notClaude else { return }
        #expect(error.message.contains("claude-nowhere"))
        #expect(standIn.requests.count == 2)
    }

    /// A gateway may quote the key anywhere in a long sentence; a cut must not leave a part of it.
    @Test(arguments: [0, 260, 285, 295, 299])
    func aKeyThatIsQuotedLateIsNotLeftInPart(offset: Int) async throws {
        let key = "sk-ant-stand-in-0123456789"
        let message = String(repeating: "x", count: offset) + " " + key + " is refused"
        let standIn = try AnthropicStandIn.start(
            script: [.failure(status: 403, type: "permission_error \(key)", message: message)], apiKey: key)
        let outcome = await Self.coach(try Self.configuration(standIn)).hint(for: Self.request())
        #expect(!"\(outcome)".contains("sk-ant"), "\(outcome)")
    }

    /// Other people's keys and tokens are told by their shape.
    @Test func whatLooksLikeASecretIsNotShown() async throws {
        let message =
            "Bearer abcdefghijklmnop0123 sk-ant-api03-AbCdEf_-9 eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x-y_z gone"
        let standIn = try AnthropicStandIn.start(
            script: [.failure(status: 403, type: "permission_error", message: message)])
        let outcome = await Self.coach(try Self.configuration(standIn)).hint(for: Self.request())
        for part in ["abcdefghijklmnop", "api03", "eyJ", "AbCdEf"] {
            #expect(!"\(outcome)".contains(part), "\(outcome)")
        }
        #expect("\(outcome)".contains("gone"))
    }

    @Test func noServerIsANetworkErrorInTime() async throws {
        let standIn = try AnthropicStandIn.start(script: [.hint()])
        let configuration = try Self.configuration(standIn, attempts: 2)
        standIn.stop()
        let outcome = await Self.coach(configuration).hint(for: Self.request())
        #expect(outcome.notClaude?.label == "network")
        #expect(outcome.hint?.source == .rehearsed)
        var wrong = configuration
        wrong.baseURL = "gopher://127.0.0.1"
        #expect(await Self.coach(wrong).hint(for: Self.request()).notClaude?.label == "network")
    }

    @Test func withoutAKeyTheRehearsedCoachAnswersAtOnce() async {
        let machine = MachineWatch()
        let outcome = await Self.coach(nil).hint(for: Self.request())
        #expect(outcome.hint?.source == .rehearsed)
        #expect(outcome.hint?.anchor?.startLine == 3)
        #expect(outcome.notClaude == .noKey)
        #expect(outcome.claude == nil)
        #expect(outcome.elapsed < machine.allows(.milliseconds(100)), "\(machine.report)")
    }

    @Test func cancellingEndsTheTransferPromptly() async throws {
        let standIn = try AnthropicStandIn.start(script: [.stallBeforeFirstToken(pings: true)])
        let coach = Self.coach(try Self.configuration(standIn))
        let asking = Task { await coach.hint(for: Self.request()) }
        try await Self.until { standIn.requests.count == 1 }
        let machine = MachineWatch()
        let cancelledAt = ContinuousClock.now
        asking.cancel()
        let outcome = await asking.value
        #expect(ContinuousClock.now - cancelledAt < machine.allows(.seconds(2)), "\(machine.report)")
        #expect(outcome.hint == nil)
        #expect(outcome.notClaude == .cancelled)
        try await Self.until { standIn.departures == 1 }
    }

    @Test func aTaskCancelledBeforehandSendsNothing() async throws {
        let standIn = try AnthropicStandIn.start(script: [.hint()])
        let coach = Self.coach(try Self.configuration(standIn))
        let asking = Task {
            while !Task.isCancelled { await Task.yield() }
            return await coach.hint(for: Self.request())
        }
        asking.cancel()
        #expect(await asking.value.notClaude == .cancelled)
        #expect(standIn.requests.isEmpty)
    }

    @Test func beyondTheBoundTheRehearsedCoachAnswers() async throws {
        let standIn = try AnthropicStandIn.start(script: [.hint(StandInHint(delay: Self.second / .seconds(2)))])
        let coach = ClaudeCoach(
            configuration: CoachConfiguration(claude: try Self.configuration(standIn), maximumConcurrentRequests: 3),
            random: .seeded(1))
        let outcomes = await withTaskGroup(of: CoachOutcome.self) { group in
            for _ in 0..<8 { group.addTask { await coach.hint(for: Self.request()) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.filter { $0.hint?.source == .claude }.count == 3)
        #expect(outcomes.filter { $0.notClaude == .busy }.count == 5)
        #expect(outcomes.allSatisfy { $0.hint != nil })
    }

    @Test func manyRequestsAtOnceEachGetTheirAnswer() async throws {
        let standIn = try AnthropicStandIn.start(script: [.hint(StandInHint(interval: 0.01, writeSize: 50))])
        let coach = ClaudeCoach(
            configuration: CoachConfiguration(claude: try Self.configuration(standIn), maximumConcurrentRequests: 40),
            random: .seeded(1))
        let sources = await withTaskGroup(of: Hint.Source?.self) { group in
            for _ in 0..<40 { group.addTask { await coach.hint(for: Self.request()).hint?.source } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(sources == Array(repeating: .claude, count: 40))
    }

    @Test func afterFailuresInARowClaudeIsLeftAlone() async throws {
        let standIn = try AnthropicStandIn.start(script: [.failure(status: 529, type: "overloaded_error")])
        let coach = Self.coach(try Self.configuration(standIn))
        for _ in 0..<5 { _ = await coach.hint(for: Self.request()) }
        #expect(standIn.requests.count == 3)
    }

    @Test func anEngineOfItsOwnEndsWithItsOwner() async throws {
        let standIn = try AnthropicStandIn.start(script: [.hint()])
        let configuration = CoachConfiguration(claude: try Self.configuration(standIn))
        for _ in 0..<20 {
            let coach = ClaudeCoach(configuration: configuration, random: .seeded(1), http: CurlClient())
            #expect(await coach.hint(for: Self.request()).hint?.source == .claude)
        }
    }

    @Test func theModelListIsReadPageByPage() async throws {
        let standIn = try AnthropicStandIn.start(script: [.hint()])
        let client = ClaudeClient(configuration: try Self.configuration(standIn), random: .seeded(1))
        #expect(try await client.listModels() == standIn.models)
        var wrong = try Self.configuration(standIn)
        wrong.apiKey = try #require(ClaudeKey("sk-wrong"))
        await #expect { try await ClaudeClient(configuration: wrong, random: .seeded(1)).listModels() } throws: {
            ($0 as? ClaudeError)?.kind == .authentication
        }
    }

    @Test(arguments: [
        ("claude-haiku-4-5", "claude-haiku-4-5-20251001"), ("claude-haiku-5-5", "claude-haiku-5-5"),
        ("claude-haiku", nil), ("claude-haiku-4-5/../x y?", nil), ("", nil),
    ])
    func aModelIsLookedUpByItsIdOrAnAlias(name: String, id: String?) async throws {
        let standIn = try AnthropicStandIn.start(script: [.hint()])
        let client = ClaudeClient(configuration: try Self.configuration(standIn), random: .seeded(1))
        #expect(try await client.entry(of: name)?.id == id)
        #expect(standIn.requests.count == 1)
    }

    /// An HTTP/2 connection that has died is shared by all that use it, and takes a second attempt down as well.
    @Test func aSecondAttemptHasAConnectionOfItsOwn() async throws {
        let failure = StandInPlay.failure(status: 529, type: "overloaded_error")
        let standIn = try AnthropicStandIn.start(script: [failure, failure, .hint()])
        let coach = ClaudeCoach(
            configuration: CoachConfiguration(claude: try Self.configuration(standIn, attempts: 3)),
            random: .seeded(4), http: CurlClient())
        #expect(await coach.hint(for: Self.request()).claude?.attempts == 3)
        #expect(standIn.connectionCount == 3)
        // A first attempt takes one that is there, once the response on it has ended.
        try await Task.sleep(for: Self.second / 5)
        #expect(await coach.hint(for: Self.request()).hint?.source == .claude)
        #expect(standIn.connectionCount == 3)
    }

    @Test func whatAWithdrawnRequestTookIsCounted() async throws {
        let standIn = try AnthropicStandIn.start(script: [.stallAfterFirstToken])
        let coach = Self.coach(try Self.configuration(standIn))
        let asking = Task { await coach.hint(for: Self.request()) }
        try await Self.until { standIn.requests.count == 1 }
        // What was streamed is read by then.
        try await Task.sleep(for: Self.second / 2)
        asking.cancel()
        let outcome = await asking.value
        #expect(outcome.hint == nil && outcome.notClaude == .cancelled)
        let metrics = try #require(outcome.claude)
        #expect(metrics.usage?.inputTokens == 812 && metrics.firstToken != nil)
        #expect(metrics.requestID == "req_1" && metrics.attempts == 1)
    }

    static func until(_ condition: () -> Bool) async throws {
        for _ in 0..<3000 {
            if condition() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("did not happen in 30 s")
    }
}
