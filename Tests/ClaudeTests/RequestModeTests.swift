import Coach
import Settings
import Testing

@testable import Claude

@Suite struct RequestModeTests {
    private func configuration(
        _ model: String, thinking: ClaudeThinking = .off, effort: ClaudeEffort = .low, output: ClaudeOutputMode = .auto
    ) throws -> ClaudeConfiguration {
        ClaudeConfiguration(
            apiKey: try #require(ClaudeKey("k")), model: model, outputMode: output, thinking: thinking, effort: effort)
    }

    @Test(arguments: [
        ("claude-haiku-5-5", "json_schema, thinking disabled, effort low", false),
        ("claude-sonnet-5-5", "json_schema, thinking between_tools, effort low", false),
        ("claude-opus-5-5", "json_schema, effort low", true), ("claude-fable-5-2", "json_schema, effort low", true),
        ("claude-sonnet-5", "json_schema, thinking disabled, effort low", false),
        ("claude-haiku-4-5", "forced_tool", false), ("claude-haiku-4-5-20251001", "forced_tool", false),
        ("anthropic.claude-sonnet-5-5-v1:0", "json_schema, thinking between_tools, effort low", false),
        ("claude-3-5-haiku-20241022", "forced_tool", false), ("a-model-of-ours", "forced_tool", false),
    ])
    func aModelIsAskedByItsName(model: String, description: String, mayThink: Bool) throws {
        let mode = RequestMode(try configuration(model))
        #expect(mode.description == description)
        #expect(mode.mayThink == mayThink)
        #expect(mode.maximumTokens(700) == (mayThink ? 4096 : 700))
    }

    /// What the API says goes before what a name looks like.
    @Test(arguments: [
        (["adaptive": true, "disabled": true], "json_schema, thinking disabled, effort low"),
        (
            ["adaptive": true, "disabled": false, "between_tools": true],
            "json_schema, thinking between_tools, effort low"
        ),
        (["adaptive": true, "disabled": false, "between_tools": false], "json_schema, effort low"),
        (["adaptive": false, "disabled": true, "enabled": true], "forced_tool"),
    ])
    func aModelIsAskedByWhatTheAPISaysOfIt(types: [String: Bool], description: String) throws {
        let entry = ModelEntry(
            id: "claude-x", maximumTokens: 500,
            capabilities: .init(structuredOutputs: true, efforts: ["low", "high"], thinking: types))
        let mode = RequestMode(try configuration("our-alias"), entry: entry)
        #expect(mode.description == description)
        #expect(mode.maximumTokens(700) == 500)
    }

    @Test func effortGoesNoHigherThanTheModelAndThinkingOffAllow() throws {
        #expect(RequestMode(try configuration("claude-haiku-5-5", effort: .max)).effort == .high)
        #expect(RequestMode(try configuration("claude-haiku-5-5", thinking: .on, effort: .max)).effort == .max)
        #expect(RequestMode(try configuration("claude-haiku-5-5", effort: .auto)).effort == nil)
        #expect(RequestMode(try configuration("claude-opus-5-5", effort: .max)).effort == .max)
        let none = ModelEntry(
            id: "claude-haiku-5-5", capabilities: .init(structuredOutputs: false, efforts: [], thinking: [:]))
        let mode = RequestMode(try configuration("claude-haiku-5-5", effort: .max), entry: none)
        #expect(mode.effort == nil && mode.output == .forcedTool)
    }

    @Test func thinkingCanBeAskedForOrLeftToTheModel() throws {
        let on = RequestMode(try configuration("claude-haiku-5-5", thinking: .on))
        #expect(on.thinking == .adaptive && on.mayThink)
        let auto = RequestMode(try configuration("claude-haiku-5-5", thinking: .auto))
        #expect(auto.thinking == nil && auto.mayThink)
        let old = RequestMode(try configuration("claude-haiku-4-5", thinking: .on))
        #expect(old.thinking == nil && !old.mayThink)
    }

    // MARK: Refusals

    private func refuse(_ choice: inout ModeChoice, _ used: RequestMode, _ message: String) -> Bool {
        choice.refused(used, message: message)
    }

    private func choice(_ model: String, output: ClaudeOutputMode = .auto) throws -> ModeChoice {
        ModeChoice(RequestMode(try configuration(model, output: output)))
    }

    @Test(arguments: [
        ("claude-haiku-5-5", "thinking.type: `disabled` is not supported", "json_schema, effort low"),
        ("claude-haiku-5-5", "thinking.type: use between_tools", "json_schema, thinking between_tools, effort low"),
        ("claude-haiku-5-5", "output_config.effort: not supported", "json_schema, thinking disabled"),
        (
            "claude-haiku-5-5", "output_config.format: not supported",
            "forced_tool, thinking disabled, effort low"
        ),
        ("claude-haiku-5-5", "output_config: Extra inputs are not permitted", "forced_tool, thinking disabled"),
        ("claude-haiku-4-5", "tool_choice: forces tool use", "json_schema"),
    ])
    func aRefusalChangesWhatItBlamesOnce(model: String, message: String, description: String) throws {
        var choice = try choice(model)
        let used = choice.mode
        #expect(refuse(&choice, used, message))
        #expect(choice.mode.description == description)
        // Requests of other rooms that were on their way in the old mode are worth a second try, and change nothing.
        #expect(refuse(&choice, used, message))
        #expect(choice.mode.description == description)
        // No way back and no third mode.
        #expect(!refuse(&choice, choice.mode, message))
        #expect(!refuse(&choice, choice.mode, "tool_choice, output_config.format"))
    }

    @Test(arguments: ["messages: at least one message is required", "max_tokens: too large", ""])
    func otherRefusalsChangeNothing(message: String) throws {
        var choice = try choice("claude-haiku-5-5")
        #expect(!refuse(&choice, choice.mode, message))
        #expect(choice.mode == (try self.choice("claude-haiku-5-5").mode))
    }

    @Test func whatWasLearntFromARefusalOutlivesTheModelsAPI() throws {
        var choice = try choice("claude-haiku-5-5")
        #expect(refuse(&choice, choice.mode, "output_config.format"))
        choice.learn(RequestMode(try configuration("claude-haiku-5-5"), entry: ModelEntry(id: "claude-haiku-5-5")))
        #expect(choice.mode.output == .forcedTool)
    }
}
