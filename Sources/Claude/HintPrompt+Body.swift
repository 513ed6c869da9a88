import Coach
import Settings

extension HintPrompt {
    /// The body of `POST /v1/messages`.
    func body(_ configuration: ClaudeConfiguration, _ mode: RequestMode) -> JSONValue {
        var members = counted(configuration, mode)
        members["max_tokens"] = .integer(mode.maximumTokens(configuration.maximumTokens))
        members["stream"] = true
        return .object(members)
    }

    /// The body of `POST /v1/messages/count_tokens`: the same request, as far as it is counted.
    func countBody(_ configuration: ClaudeConfiguration, _ mode: RequestMode) -> JSONValue {
        .object(counted(configuration, mode))
    }

    private func counted(_ configuration: ClaudeConfiguration, _ mode: RequestMode) -> [String: JSONValue] {
        var members: [String: JSONValue] = [
            "model": .string(configuration.model),
            "system": .array(system.map(Self.block)),
            "messages": [["role": "user", "content": .array(user.map(Self.block))]],
        ]
        var output: [String: JSONValue] = [:]
        switch mode.output {
        case .forcedTool:
            members["tools"] = [tool]
            members["tool_choice"] = [
                "type": "tool", "name": .string(Self.toolName), "disable_parallel_tool_use": true,
            ]
        case .offeredTool:
            members["tools"] = [tool]
            members["tool_choice"] = ["type": "auto", "disable_parallel_tool_use": true]
        case .auto, .jsonSchema: output["format"] = ["type": "json_schema", "schema": schema]
        }
        if let effort = mode.effort { output["effort"] = .string(effort.rawValue) }
        if !output.isEmpty { members["output_config"] = .object(output) }
        if let thinking = mode.thinking { members["thinking"] = ["type": .string(thinking.rawValue)] }
        return members
    }

    /// Without `eager_input_streaming` nothing of a member comes before all of it is written, and a first token says
    /// little.
    private var tool: JSONValue {
        [
            "name": .string(Self.toolName),
            "description": "Hands one hint to the candidate. Call it exactly once.",
            "input_schema": schema,
            "eager_input_streaming": true,
        ]
    }

    private static func block(_ text: String) -> JSONValue {
        ["type": "text", "text": .string(text)]
    }
}
