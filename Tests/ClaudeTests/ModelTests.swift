import AnthropicStandIn
import Coach
import HTTPClient
import SansIO
import Settings
import Simulation
import Synchronization
import Testing

@testable import Claude

/// The coach against the models of the stand-in, each of which refuses what the real one refuses.
@Suite struct ModelTests {
    private final class Notes: Sendable {
        let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
    }

    private func coach(
        _ standIn: AnthropicStandIn, model: String, attempts: Int = 1, notes: Notes = Notes(),
        change: (inout ClaudeConfiguration) -> Void = { _ in }
    ) throws -> ClaudeCoach {
        var configuration = try ClaudeCoachTests.configuration(standIn, attempts: attempts)
        configuration.model = model
        change(&configuration)
        return ClaudeCoach(
            configuration: CoachConfiguration(claude: configuration), random: .seeded(4), http: CurlClient()
        ) { line in notes.lines.withLock { $0.append(line) } }
    }

    static let names = ["claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5", "claude-haiku-4-5"]

    @Test(arguments: names, [ClaudeThinking.off, .on, .auto])
    func everyModelTakesWhatItIsSent(model: String, thinking: ClaudeThinking) async throws {
        for learns in [false, true] {
            let standIn = try AnthropicStandIn.start(script: [.hint()])
            let coach = try coach(standIn, model: model) { $0.thinking = thinking }
            if learns { await coach.warmUp() }
            let outcome = await coach.hint(for: ClaudeCoachTests.request(tier: 2))
            #expect(outcome.hint?.source == .claude && outcome.hint?.tier == 2, "\(outcome)")
            #expect(standIn.requests.compactMap(\.violation).isEmpty, "\(standIn.requests.compactMap(\.violation))")
            let thinks = model == "claude-opus-5-5" || (thinking != .off && model != "claude-haiku-4-5")
            #expect((outcome.claude?.usage?.thinkingTokens ?? 0 > 0) == thinks)
        }
    }

    /// Versions differ in nothing that is sent here.
    @Test(arguments: [ClaudeVersion.v2023, .v2026])
    func bothVersionsTakeWhatIsSent(version: ClaudeVersion) async throws {
        let standIn = try AnthropicStandIn.start(script: [.hint()])
        let coach = try coach(standIn, model: "claude-haiku-5-5") {
            $0.version = version
            $0.workspaceID = "wrkspc_1"
        }
        #expect(await coach.hint(for: ClaudeCoachTests.request()).hint?.source == .claude)
        #expect(standIn.requests[0].headers["anthropic-version"] == version.rawValue)
        #expect(standIn.requests[0].headers["anthropic-workspace-id"] == "wrkspc_1")
    }

    @Test(arguments: [
        ("claude-sonnet-5-5", ClaudeOutputMode.forcedTool, "json_schema, thinking between_tools, effort low"),
        ("claude-opus-5-5", .forcedTool, "json_schema, effort low"),
    ])
    func aRefusedModeIsChangedOnceRememberedAndNoted(
        model: String, output: ClaudeOutputMode, mode: String
    ) async throws {
        let standIn = try AnthropicStandIn.start(script: [.hint()])
        let notes = Notes()
        let coach = try coach(standIn, model: model, notes: notes) { $0.outputMode = output }
        let first = await coach.hint(for: ClaudeCoachTests.request())
        #expect(first.hint?.source == .claude && first.claude?.attempts == 2, "\(first)")
        #expect(await coach.hint(for: ClaudeCoachTests.request()).claude?.attempts == 1)
        #expect(standIn.requests.map { $0.violation == nil } == [false, true, true])
        #expect(notes.all.count == 1 && notes.all[0].contains(mode), "\(notes.all)")
    }

    /// A name that says nothing, of a model that refuses what is tried first.
    @Test func anUnknownNameIsAskedUntilItIsTaken() async throws {
        let model = StandInModel(id: "ours", thinking: ["adaptive", "disabled"])
        let standIn = try AnthropicStandIn.start(script: [.hint()], models: [model])
        // Not learnt at first: the tool is forced, refused, and the schema taken.
        let coach = try coach(standIn, model: "ours") { $0.maximumTokens = 2000 }
        #expect(await coach.hint(for: ClaudeCoachTests.request()).hint?.source == .claude)
        #expect(standIn.requests.count == 2)
        await coach.warmUp()
        standIn.forgetRequests()
        #expect(await coach.hint(for: ClaudeCoachTests.request()).hint?.source == .claude)
        #expect(standIn.requests.count == 1 && standIn.requests[0].body.contains(#""thinking":{"type":"disabled"}"#))
    }

    @Test func aSpendLimitIsAskedOnceAndRests() async throws {
        let standIn = try AnthropicStandIn.start(script: [
            .failure(
                status: 429, type: "rate_limit_error", headers: ["x-should-retry": "true"],
                code: "enforced_spend_limit_reached")
        ])
        let coach = try coach(standIn, model: "claude-haiku-5-5", attempts: 3)
        let outcome = await coach.hint(for: ClaudeCoachTests.request())
        #expect(outcome.notClaude?.label == "quota" && outcome.claude?.attempts == 1)
        #expect(await coach.hint(for: ClaudeCoachTests.request()).notClaude == .restingAfterFailures)
        #expect(standIn.requests.count == 1)
    }

    @Test func aRefusalKeepsItsCategoryAndIsNotRepeated() async throws {
        let standIn = try AnthropicStandIn.start(script: [.refusal(category: "cyber"), .hint()])
        let outcome = await (try coach(standIn, model: "claude-haiku-5-5", attempts: 3))
            .hint(for: ClaudeCoachTests.request())
        guard case .failed(let error)? = outcome.notClaude else { return #expect(Bool(false), "\(outcome)") }
        #expect(error.kind == .refusal && error.code == "cyber" && error.message.contains("(cyber)"))
        #expect(standIn.requests.count == 1)
    }

    @Test func anEmptyAnswerIsAskedForOnceMore() async throws {
        let standIn = try AnthropicStandIn.start(script: [.emptyEndTurn, .hint()])
        let coach = try coach(standIn, model: "claude-haiku-5-5", attempts: 3)
        #expect(await coach.hint(for: ClaudeCoachTests.request()).hint?.source == .claude)
        standIn.setScript([.emptyEndTurn])
        #expect(await coach.hint(for: ClaudeCoachTests.request()).notClaude?.label == "empty")
        #expect(standIn.requests.count == 4)
    }

    @Test func unknownEventsDeltasAndBlocksAreSkipped() async throws {
        for output in [ClaudeOutputMode.forcedTool, .jsonSchema] {
            let standIn = try AnthropicStandIn.start(script: [.hintAmongUnknowns()])
            let coach = try coach(standIn, model: "claude-haiku-5-5") { $0.outputMode = output }
            #expect(await coach.hint(for: ClaudeCoachTests.request()).hint?.source == .claude)
        }
    }

    /// A model that thinks is given its time, though the first token of others must come in two thirds of that.
    @Test func thinkingIsWaitedForAndItsTokensAreKept() async throws {
        let second = ClaudeCoachTests.second
        let standIn = try AnthropicStandIn.start(script: [.thinking(seconds: 1.5 * (second / .seconds(1)))])
        let coach = try coach(standIn, model: "claude-opus-5-5") {
            $0.firstTokenTimeout = second
            $0.thinkingTimeout = .seconds(60)
        }
        let outcome = await coach.hint(for: ClaudeCoachTests.request())
        #expect(outcome.hint?.source == .claude, "\(outcome)")
        #expect(outcome.claude?.usage?.thinkingTokens == 900)
    }

    @Test func tokensThatWentIntoThinkingAreNamedAsTheReason() async throws {
        let standIn = try AnthropicStandIn.start(script: [.hint()])
        // The default of a 5.5 model is to think: with a small limit nothing is left for the answer.
        let coach = try coach(standIn, model: "claude-haiku-5-5") {
            $0.thinking = .auto
            $0.maximumTokens = 400
        }
        let outcome = await coach.hint(for: ClaudeCoachTests.request())
        #expect(outcome.hint?.source == .claude, "thinking is given its tokens: \(outcome)")
        standIn.setScript([.thinkingToTheLimit])
        guard case .failed(let error)? = await coach.hint(for: ClaudeCoachTests.request()).notClaude else {
            return #expect(Bool(false), "no error")
        }
        #expect(error.kind == .maxTokens && error.message.contains("went into thinking"))
    }

    @Test func warmingUpMakesOneRequestThatHintsProfitFrom() async throws {
        let standIn = try AnthropicStandIn.start(script: [.hint()])
        let notes = Notes()
        let coach = try coach(standIn, model: "claude-haiku-5-5", notes: notes)
        await coach.warmUp()
        #expect(standIn.requests.map(\.path) == ["/v1/models/claude-haiku-5-5", "/v1/messages"])
        #expect(notes.all.isEmpty && standIn.requests.compactMap(\.violation).isEmpty)
        #expect(!standIn.requests[1].body.contains("main.py"))
        // The response on it ends in its own time.
        try await Task.sleep(for: ClaudeCoachTests.second / 5)
        #expect(await coach.hint(for: ClaudeCoachTests.request()).hint?.source == .claude)
        #expect(standIn.connectionCount == 1)
    }

    @Test func whatIsWrongAtTheStartIsNoted() async throws {
        let standIn = try AnthropicStandIn.start(script: [.failure(status: 529, type: "overloaded_error")])
        let notes = Notes()
        await (try coach(standIn, model: "claude-sonnet-4-5", notes: notes)).warmUp()
        #expect(notes.all.contains { $0.contains("deprecated, retires 2026-11-30") }, "\(notes.all)")
        #expect(notes.all.contains { $0.contains("overloaded") }, "\(notes.all)")
    }

    @Test func aRequestIsCountedAndRefusedAsItWouldBe() async throws {
        let standIn = try AnthropicStandIn.start(script: [.hint()])
        var configuration = try ClaudeCoachTests.configuration(standIn)
        var random = RandomSource.seeded(1)
        let prompt = Composer().compose(ClaudeCoachTests.request(), random: &random)
        let client = ClaudeClient(configuration: configuration, random: .seeded(1))
        #expect(try await client.countTokens(prompt) > 100)
        configuration.model = "claude-sonnet-5-5"
        configuration.outputMode = .forcedTool
        let wrong = ClaudeClient(configuration: configuration, random: .seeded(1))
        await #expect { try await wrong.countTokens(prompt) } throws: {
            ($0 as? ClaudeError)?.message.contains("tool_choice") == true
        }
        #expect(standIn.messageRequests.isEmpty)
    }
}
