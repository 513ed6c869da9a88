import Coach
import Foundation
import SansIO
import Settings
import Simulation
import Testing

@testable import Claude

@Suite struct MessageBodyTests {
    private func prompt(_ request: HintRequest) -> HintPrompt {
        var random = RandomSource.seeded(1)
        return Composer().compose(request, random: &random)
    }

    private func request() -> HintRequest {
        HintRequest(trigger: TriggerFacts(kind: TriggerFacts.longPause, confidence: 0.7), tier: 1)
    }

    @Test func eachModeOfOutputHasItsForm() throws {
        let key = try #require(ClaudeKey("k"))
        var configuration = ClaudeConfiguration(apiKey: key, outputMode: .forcedTool)
        func body() -> JSONValue { prompt(request()).body(configuration, RequestMode(configuration)) }
        #expect(
            body()["tool_choice"] == ["type": "tool", "name": "give_hint", "disable_parallel_tool_use": true])
        #expect(body()["output_config"] == ["effort": "low"])
        guard case .array(let tools)? = body()["tools"] else { return #expect(Bool(false), "no tools") }
        #expect(tools.count == 1 && tools[0]["eager_input_streaming"] == true)
        configuration.outputMode = .offeredTool
        #expect(body()["tool_choice"] == ["type": "auto", "disable_parallel_tool_use": true])
        configuration.outputMode = .jsonSchema
        #expect(body()["tools"] == nil)
        #expect(body()["output_config"]?["format"]?["type"] == "json_schema")
    }

    @Test func theDefaultDoesNotThinkAndSaysHowThoroughItIs() throws {
        let configuration = ClaudeConfiguration(apiKey: try #require(ClaudeKey("k")))
        let body = prompt(request()).body(configuration, RequestMode(configuration))
        #expect(body["model"] == "claude-haiku-5-5" && body["max_tokens"] == 700)
        #expect(body["thinking"] == ["type": "disabled"] && body["output_config"]?["effort"] == "low")
    }

    /// What is counted is the request as it is sent, but for what counting does not take.
    @Test func theCountedBodyIsTheSame() throws {
        let configuration = ClaudeConfiguration(apiKey: try #require(ClaudeKey("k")))
        let mode = RequestMode(configuration)
        guard case .object(var sent) = prompt(request()).body(configuration, mode),
            case .object(let counted) = prompt(request()).countBody(configuration, mode)
        else { return #expect(Bool(false), "no objects") }
        sent["max_tokens"] = nil
        sent["stream"] = nil
        #expect(sent == counted)
    }

    /// One schema for all tiers, whose members come in the order in which a hint is thought of.
    @Test func theSchemaIsOneAndItsOrderIsPlaceThenTextThenTier() {
        var second = request()
        second.tier = 2
        #expect(prompt(request()).schema == prompt(second).schema)
        let text = String(decoding: HintSchema.schema.serialised(), as: UTF8.self)
        let places = ["anchor_end_line", "anchor_path", "anchor_start_line", "text", "tier"].map {
            text.range(of: "\"\($0)\":")?.lowerBound
        }
        #expect(places.allSatisfy { $0 != nil } && places.compactMap(\.self) == places.compactMap(\.self).sorted())
        #expect(HintSchema.schema["properties"]?["tier"]?["enum"] == [1, 2])
        guard case .array(let required)? = HintSchema.schema["required"] else { return }
        #expect(required.count == 5)
    }
}
