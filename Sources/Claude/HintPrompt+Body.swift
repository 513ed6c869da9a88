import Coach

extension HintPrompt {
    /// The body of `POST /v1/messages`.
    func body(_ configuration: ClaudeConfiguration) -> JSONValue {
        var members: [String: JSONValue] = [
            "model": .string(configuration.model),
            "max_tokens": .integer(configuration.maximumTokens),
            "stream": true,
            "system": .array(system.map(Self.block)),
            "messages": [["role": "user", "content": .array(user.map(Self.block))]],
        ]
        switch configuration.outputMode {
        case .forcedTool:
            members["tools"] = [tool]
            members["tool_choice"] = ["type": "tool", "name": .string(Self.toolName)]
        case .offeredTool:
            members["tools"] = [tool]
            members["tool_choice"] = ["type": "auto"]
        case .jsonSchema:
            members["output_config"] = ["format": ["type": "json_schema", "schema": schema]]
        }
        return .object(members)
    }

    private var tool: JSONValue {
        [
            "name": .string(Self.toolName),
            "description": "Hands one hint to the candidate. Call it exactly once.",
            "input_schema": schema,
        ]
    }

    private static func block(_ text: String) -> JSONValue {
        ["type": "text", "text": .string(text)]
    }
}
