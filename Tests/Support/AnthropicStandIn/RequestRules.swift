import Foundation

/// What the real API demands of a request, checked strictly: a member that it does not know is refused too.
struct RequestRules {
    struct Refusal: Error {
        var status: Int
        var type: String
        var message: String
    }

    let apiKey: String
    let models: [String]

    func check(_ request: StandInRequest) throws {
        guard request.headers["x-api-key"] == apiKey else {
            // As careless gateways do: the key comes back in the sentence.
            let given = request.headers["x-api-key"] ?? "none"
            throw Refusal(status: 401, type: "authentication_error", message: "invalid x-api-key \(given)")
        }
        guard request.headers["anthropic-version"] == "2023-06-01" else {
            throw invalid("anthropic-version: header is required")
        }
        let path = request.path.split(separator: "?").first.map(String.init) ?? ""
        switch (request.method, path) {
        case ("GET", "/v1/models"): return
        case ("GET", _) where Self.model(inPath: path) != nil: try checkModel(Self.model(inPath: path) ?? "")
        case ("POST", "/v1/messages"): try checkMessage(request)
        case (_, "/v1/models"), (_, "/v1/messages"):
            throw Refusal(status: 405, type: "invalid_request_error", message: "method not allowed")
        default: throw Refusal(status: 404, type: "not_found_error", message: "no such path")
        }
    }

    private func checkMessage(_ request: StandInRequest) throws {
        guard request.headers["content-type"] == "application/json" else { throw invalid("content-type") }
        guard let body = Self.object(request.body) else { throw invalid("the body is not a JSON object") }
        let known: Set = [
            "model", "max_tokens", "stream", "system", "messages", "tools", "tool_choice", "output_config", "metadata",
            "stop_sequences", "temperature",
        ]
        if let extra = body.keys.sorted().first(where: { !known.contains($0) }) {
            throw invalid("\(extra): Extra inputs are not permitted")
        }
        guard let model = body["model"] as? String else { throw invalid("model: Field required") }
        try checkModel(model)
        guard let limit = body["max_tokens"] as? Int, limit > 0 else { throw invalid("max_tokens: Field required") }
        guard body["stream"] as? Bool == true else { throw invalid("this stand-in only streams") }
        if let system = body["system"] { try checkBlocks(system, of: "system") }
        guard let messages = body["messages"] as? [[String: Any]], !messages.isEmpty else {
            throw invalid("messages: at least one message is required")
        }
        for (index, message) in messages.enumerated() {
            guard message["role"] as? String == (index % 2 == 0 ? "user" : "assistant"), message.count == 2,
                let content = message["content"]
            else { throw invalid("messages.\(index): role or content") }
            try checkBlocks(content, of: "messages.\(index).content")
        }
        try checkTools(body)
        try checkOutput(body)
    }

    private func checkModel(_ name: String) throws {
        guard resolve(name) != nil else {
            throw Refusal(status: 404, type: "not_found_error", message: "model: \(name)")
        }
    }

    /// The id that an id or an alias stands for.
    func resolve(_ name: String) -> String? {
        models.first { id in
            id == name || (id.hasPrefix(name + "-") && id.dropFirst(name.count + 1).allSatisfy(\.isNumber))
        }
    }

    /// What is asked for by `/v1/models/{id}`: one part of the path, however it is encoded.
    static func model(inPath path: String) -> String? {
        let prefix = "/v1/models/"
        guard path.hasPrefix(prefix), !path.dropFirst(prefix.count).contains("/") else { return nil }
        return String(path.dropFirst(prefix.count)).removingPercentEncoding
    }

    private func checkBlocks(_ value: Any, of place: String) throws {
        guard let blocks = value as? [[String: Any]], !blocks.isEmpty else { throw invalid("\(place): no blocks") }
        for block in blocks {
            guard block["type"] as? String == "text", let text = block["text"] as? String, block.count == 2 else {
                throw invalid("\(place): only text blocks are expected here")
            }
            if text.allSatisfy(\.isWhitespace) { throw invalid("\(place): text content blocks must be non-empty") }
        }
    }

    private func checkTools(_ body: [String: Any]) throws {
        let tools = body["tools"] as? [[String: Any]] ?? []
        for tool in tools {
            guard let name = tool["name"] as? String, !name.isEmpty, name.count <= 128,
                name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "_-".contains($0)) }),
                tool["description"] is String, let schema = tool["input_schema"] as? [String: Any]
            else { throw invalid("tools: name, description or input_schema") }
            try checkSchema(schema)
        }
        guard let choice = body["tool_choice"] as? [String: Any] else { return }
        switch choice["type"] as? String {
        case "auto", "any": if tools.isEmpty { throw invalid("tool_choice: needs tools") }
        case "tool":
            guard let name = choice["name"] as? String, tools.contains(where: { $0["name"] as? String == name }) else {
                throw invalid("tool_choice: Tool not found in provided tools")
            }
        default: throw invalid("tool_choice: type")
        }
    }

    private func checkOutput(_ body: [String: Any]) throws {
        guard let output = body["output_config"] else { return }
        guard let format = (output as? [String: Any])?["format"] as? [String: Any],
            format["type"] as? String == "json_schema", let schema = format["schema"] as? [String: Any]
        else { throw invalid("output_config.format") }
        try checkSchema(schema)
        guard schema["additionalProperties"] as? Bool == false else {
            throw invalid("output_config.format.schema: additionalProperties must be false")
        }
    }

    private func checkSchema(_ schema: [String: Any]) throws {
        guard schema["type"] as? String == "object", let properties = schema["properties"] as? [String: [String: Any]]
        else { throw invalid("schema: an object with properties is needed") }
        for name in schema["required"] as? [String] ?? [] where properties[name] == nil {
            throw invalid("schema: required member \(name) has no property")
        }
        for (name, property) in properties where !(property["type"] is String) { throw invalid("schema: \(name)") }
    }

    private func invalid(_ message: String) -> Refusal {
        Refusal(status: 400, type: "invalid_request_error", message: message)
    }

    // MARK: Reading a request

    static func object(_ text: String) -> [String: Any]? {
        (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any]
    }

    /// The tier that the request's schema allows, and whether the answer is to be a tool call.
    static func wanted(_ body: String) -> (tier: Int, tool: String?, model: String) {
        let object = object(body) ?? [:]
        let tool = (object["tools"] as? [[String: Any]])?.first
        let format = (object["output_config"] as? [String: Any])?["format"] as? [String: Any]
        let schema = tool?["input_schema"] as? [String: Any] ?? format?["schema"] as? [String: Any]
        let tierProperty = (schema?["properties"] as? [String: Any])?["tier"] as? [String: Any]
        let tier = (tierProperty?["enum"] as? [Int])?.first ?? 1
        return (tier, tool?["name"] as? String, object["model"] as? String ?? "")
    }
}
