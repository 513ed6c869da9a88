import Coach
import SansIO
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
        var configuration = ClaudeConfiguration(apiKey: key)
        let forced = prompt(request()).body(configuration)
        #expect(forced["tool_choice"] == ["type": "tool", "name": "give_hint"])
        #expect(forced["output_config"] == nil)
        configuration.outputMode = .offeredTool
        #expect(prompt(request()).body(configuration)["tool_choice"] == ["type": "auto"])
        configuration.outputMode = .jsonSchema
        let schema = prompt(request()).body(configuration)
        #expect(schema["tools"] == nil)
        #expect(schema["output_config"]?["format"]?["type"] == "json_schema")
    }
}
