import Foundation

/// The body of a message request, checked as the API checks it for its model.
struct MessageBody {
    let object: [String: Any]
    let model: StandInModel
    /// For `count_tokens`, which knows neither a limit nor a stream.
    let isCounted: Bool
    let isNewVersion: Bool

    private static let counted: Set = [
        "model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "cache_control",
    ]
    private static let sampling = ["temperature", "top_p", "top_k"]
    private static let known = counted.union([
        "max_tokens", "stream", "metadata", "stop_sequences", "service_tier", "inference_geo", "temperature", "top_p",
        "top_k",
    ])

    func check() throws {
        let known = isCounted ? Self.counted : Self.known.subtracting(isNewVersion ? Self.sampling : [])
        if let extra = object.keys.sorted().first(where: { !known.contains($0) }) {
            throw refusal("\(extra): Extra inputs are not permitted")
        }
        try checkSampling()
        try checkMessages()
        try checkTools()
        try checkOutput()
        try checkThinking()
        try checkPlaces()
        if !isCounted { try checkLimit() }
    }

    private func refusal(_ message: String) -> RequestRules.Refusal { RequestRules.invalid(message) }

    // MARK: Limits and sampling

    private func checkLimit() throws {
        guard let limit = object["max_tokens"] as? Int, limit >= 0 else { throw refusal("max_tokens: Field required") }
        guard limit <= model.maximumTokens else {
            throw refusal("max_tokens: \(limit) > \(model.maximumTokens), which is the maximum for \(model.id)")
        }
        let streams = object["stream"] as? Bool ?? false
        guard limit == 0 else {
            guard streams else { throw refusal("this stand-in only streams, but for max_tokens 0") }
            return
        }
        let choice = (object["tool_choice"] as? [String: Any])?["type"] as? String
        let hasFormat = (object["output_config"] as? [String: Any])?["format"] != nil
        let isEnabled = thinking == "enabled"
        if streams || hasFormat || choice == "any" || choice == "tool" || isEnabled {
            throw refusal(
                "max_tokens: 0 is not compatible with stream, output_config.format, a forced tool or thinking")
        }
    }

    private func checkSampling() throws {
        guard model.isStrict else { return }
        if let temperature = object["temperature"] as? Double, temperature != 1 {
            throw refusal("temperature: only 1 is supported by \(model.id)")
        }
        if let share = object["top_p"] as? Double, share != 0.99 {
            throw refusal("top_p: only 0.99 is supported by \(model.id)")
        }
        if object["top_k"] != nil { throw refusal("top_k: not supported by \(model.id)") }
    }

    private func checkPlaces() throws {
        if let tier = object["service_tier"], !["auto", "standard_only"].contains(tier as? String) {
            throw refusal("service_tier: Input should be 'auto' or 'standard_only'")
        }
        guard let place = object["inference_geo"] else { return }
        guard model.isStrict else { throw refusal("inference_geo: not supported by \(model.id)") }
        guard ["global", "us"].contains(place as? String) else { throw refusal("inference_geo: 'global' or 'us'") }
    }

    // MARK: Text

    private func checkMessages() throws {
        var breakpoints = 0
        if let system = object["system"] { breakpoints += try checkBlocks(system, of: "system") }
        guard let messages = object["messages"] as? [[String: Any]], !messages.isEmpty else {
            throw refusal("messages: at least one message is required")
        }
        for (index, message) in messages.enumerated() {
            guard message["role"] as? String == (index % 2 == 0 ? "user" : "assistant"), message.count == 2,
                let content = message["content"]
            else { throw refusal("messages.\(index): role or content") }
            breakpoints += try checkBlocks(content, of: "messages.\(index).content")
        }
        if model.isStrict, messages.count % 2 == 0 {
            throw refusal("messages: prefilling is not supported by \(model.id)")
        }
        for tool in object["tools"] as? [[String: Any]] ?? [] where tool["cache_control"] != nil { breakpoints += 1 }
        if breakpoints > 4 { throw refusal("cache_control: at most 4 breakpoints") }
    }

    /// - Returns: how many have a `cache_control`.
    private func checkBlocks(_ value: Any, of place: String) throws -> Int {
        guard let blocks = value as? [[String: Any]], !blocks.isEmpty else { throw refusal("\(place): no blocks") }
        var breakpoints = 0
        for block in blocks {
            guard block["type"] as? String == "text", let text = block["text"] as? String,
                Set(block.keys).isSubset(of: ["type", "text", "cache_control"])
            else { throw refusal("\(place): only text blocks are expected here") }
            if text.allSatisfy(\.isWhitespace) { throw refusal("\(place): text content blocks must be non-empty") }
            guard let control = block["cache_control"] else { continue }
            try checkCacheControl(control, of: place)
            breakpoints += 1
        }
        return breakpoints
    }

    private func checkCacheControl(_ value: Any, of place: String) throws {
        guard let control = value as? [String: Any], control["type"] as? String == "ephemeral",
            Set(control.keys).isSubset(of: ["type", "ttl"]),
            control["ttl"] == nil || ["5m", "1h"].contains(control["ttl"] as? String)
        else { throw refusal("\(place).cache_control: type or ttl") }
    }

    // MARK: Tools and output

    private func checkTools() throws {
        let tools = object["tools"] as? [[String: Any]] ?? []
        for tool in tools {
            let members: Set = [
                "name", "description", "input_schema", "strict", "eager_input_streaming", "cache_control", "type",
            ]
            if let extra = tool.keys.sorted().first(where: { !members.contains($0) }) {
                throw refusal("tools.0.\(extra): Extra inputs are not permitted")
            }
            guard let name = tool["name"] as? String, !name.isEmpty, name.count <= 128,
                name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "_-".contains($0)) }),
                tool["description"] is String, let schema = tool["input_schema"] as? [String: Any]
            else { throw refusal("tools: name, description or input_schema") }
            try SchemaRules(place: "tools.0.input_schema", isStrict: tool["strict"] as? Bool ?? false).check(schema)
        }
        guard let choice = object["tool_choice"] as? [String: Any] else { return }
        let type = choice["type"] as? String
        guard Set(choice.keys).isSubset(of: ["type", "name", "disable_parallel_tool_use"]),
            choice["disable_parallel_tool_use"] == nil || choice["disable_parallel_tool_use"] is Bool
        else { throw refusal("tool_choice: Extra inputs are not permitted") }
        switch type {
        case "auto", "any", "none": if tools.isEmpty { throw refusal("tool_choice: needs tools") }
        case "tool":
            guard let name = choice["name"] as? String, tools.contains(where: { $0["name"] as? String == name }) else {
                throw refusal("tool_choice: Tool not found in provided tools")
            }
        default: throw refusal("tool_choice: type")
        }
        guard type == "any" || type == "tool" else { return }
        guard model.takesForcedTool else {
            throw refusal("tool_choice: `\(type ?? "")` forces tool use, which is not supported by \(model.id)")
        }
        if thinking == "enabled" { throw refusal("tool_choice: may not force tool use when thinking is enabled") }
    }

    private func checkOutput() throws {
        guard let value = object["output_config"] else { return }
        guard let output = value as? [String: Any], Set(output.keys).isSubset(of: ["format", "effort"]) else {
            throw refusal("output_config: Extra inputs are not permitted")
        }
        if let effort = output["effort"] {
            guard !model.efforts.isEmpty else { throw refusal("output_config.effort: not supported by \(model.id)") }
            guard let level = effort as? String, model.efforts.contains(level) else {
                throw refusal("output_config.effort: Input should be one of \(model.efforts.sorted())")
            }
            if ["xhigh", "max"].contains(level), ["disabled", "between_tools"].contains(thinking) {
                throw refusal("thinking.type: `\(thinking ?? "")` needs an effort of high or less")
            }
        }
        guard let format = output["format"] else { return }
        guard let format = format as? [String: Any], format["type"] as? String == "json_schema",
            let schema = format["schema"] as? [String: Any]
        else { throw refusal("output_config.format") }
        try SchemaRules(place: "output_config.format.schema", isStrict: true).check(schema)
    }

    private var thinking: String? { (object["thinking"] as? [String: Any])?["type"] as? String }

    private func checkThinking() throws {
        guard let value = object["thinking"] else { return }
        guard let members = value as? [String: Any], let type = members["type"] as? String else {
            throw refusal("thinking: type")
        }
        guard ["adaptive", "between_tools", "disabled", "enabled"].contains(type) else {
            throw refusal("thinking.type: Input should be 'adaptive', 'between_tools', 'disabled' or 'enabled'")
        }
        guard model.thinking.contains(type) else {
            let others = model.thinking.sorted().joined(separator: ", ")
            throw refusal("thinking.type: `\(type)` is not supported by \(model.id); supported: \(others)")
        }
        guard type == "enabled" else {
            if members.count > 1 { throw refusal("thinking.budget_tokens: Extra inputs are not permitted") }
            return
        }
        guard let budget = members["budget_tokens"] as? Int, budget >= 1024,
            budget < object["max_tokens"] as? Int ?? .max
        else { throw refusal("thinking.budget_tokens: at least 1024 and less than max_tokens") }
    }
}

/// What schemas may say. Only those that answers are bound to are held to all of it.
struct SchemaRules {
    let place: String
    let isStrict: Bool

    private static let refused = [
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
        "maxItems",
        "uniqueItems", "minProperties", "maxProperties", "$ref",
    ]

    func check(_ schema: [String: Any]) throws {
        guard schema["type"] as? String == "object" else { throw refusal("an object is needed") }
        var optional = 0
        try checkObject(schema, &optional)
        if isStrict, optional > 24 { throw refusal("more than 24 optional properties") }
    }

    private func checkObject(_ schema: [String: Any], _ optional: inout Int) throws {
        guard let properties = schema["properties"] as? [String: [String: Any]] else {
            throw refusal("an object with properties is needed")
        }
        let required = schema["required"] as? [String] ?? []
        for name in required where properties[name] == nil { throw refusal("required member \(name) has no property") }
        if isStrict, schema["additionalProperties"] as? Bool != false {
            throw refusal("additionalProperties must be false")
        }
        optional += properties.count - required.count
        for (name, property) in properties {
            guard let type = property["type"] as? String else { throw refusal("\(name): type") }
            if type == "object" { try checkObject(property, &optional) }
            guard isStrict else { continue }
            if let keyword = Self.refused.first(where: { property[$0] != nil }) {
                throw refusal("\(name): \(keyword) is not supported")
            }
            if let least = property["minItems"] as? Int, least > 1 {
                throw refusal("\(name): minItems is not supported")
            }
        }
    }

    private func refusal(_ message: String) -> RequestRules.Refusal { RequestRules.invalid("\(place): \(message)") }
}
