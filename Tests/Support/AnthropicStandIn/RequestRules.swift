import Foundation

/// What the real API demands of a request, checked strictly: a member that it does not know is refused too.
struct RequestRules {
    struct Refusal: Error {
        var status: Int
        var type: String
        var message: String
    }

    static let versions = ["2023-06-01", "2026-10-21"]
    static let countPath = "/v1/messages/count_tokens"

    let apiKey: String
    let models: [StandInModel]

    func check(_ request: StandInRequest) throws {
        try checkKey(request)
        guard Self.versions.contains(request.headers["anthropic-version"] ?? "") else {
            throw Self.invalid("anthropic-version: header is required")
        }
        let path = request.path.split(separator: "?").first.map(String.init) ?? ""
        switch (request.method, path) {
        case ("GET", "/v1/models"): return
        case ("GET", _) where Self.model(inPath: path) != nil:
            _ = try model(Self.model(inPath: path) ?? "", isLookUp: true)
        case ("POST", "/v1/messages"): try checkMessage(request, isCounted: false)
        case ("POST", Self.countPath): try checkMessage(request, isCounted: true)
        case (_, "/v1/models"), (_, "/v1/messages"), (_, Self.countPath):
            throw Refusal(status: 405, type: "invalid_request_error", message: "method not allowed")
        default: throw Refusal(status: 404, type: "not_found_error", message: "no such path")
        }
    }

    /// `x-api-key`, which wins, or the key as a bearer.
    private func checkKey(_ request: StandInRequest) throws {
        let bearer = request.headers["authorization"].flatMap {
            $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : nil
        }
        let given = request.headers["x-api-key"] ?? bearer
        guard given == apiKey else {
            // As careless gateways do: the key comes back in the sentence.
            throw Refusal(
                status: 401, type: "authentication_error", message: "invalid x-api-key \(given ?? "none")")
        }
    }

    private func checkMessage(_ request: StandInRequest, isCounted: Bool) throws {
        guard request.headers["content-type"] == "application/json" else { throw Self.invalid("content-type") }
        guard let object = Self.object(request.body) else { throw Self.invalid("the body is not a JSON object") }
        guard let name = object["model"] as? String else { throw Self.invalid("model: Field required") }
        let body = MessageBody(
            object: object, model: try model(name, isLookUp: false), isCounted: isCounted,
            isNewVersion: request.headers["anthropic-version"] == Self.versions[1])
        try body.check()
    }

    /// A retired model can be looked up but not used.
    private func model(_ name: String, isLookUp: Bool) throws -> StandInModel {
        guard let model = resolve(name), isLookUp || model.lifecycle != "retired" else {
            throw Refusal(status: 404, type: "not_found_error", message: "model: \(name)")
        }
        return model
    }

    /// The model that an id or an alias stands for.
    func resolve(_ name: String) -> StandInModel? {
        models.first { model in
            let id = model.id
            return id == name || (id.hasPrefix(name + "-") && id.dropFirst(name.count + 1).allSatisfy(\.isNumber))
        }
    }

    /// What is asked for by `/v1/models/{id}`: one part of the path, however it is encoded.
    static func model(inPath path: String) -> String? {
        let prefix = "/v1/models/"
        guard path.hasPrefix(prefix), !path.dropFirst(prefix.count).contains("/") else { return nil }
        return String(path.dropFirst(prefix.count)).removingPercentEncoding
    }

    static func invalid(_ message: String) -> Refusal {
        Refusal(status: 400, type: "invalid_request_error", message: message)
    }

    // MARK: Reading a request

    static func object(_ text: String) -> [String: Any]? {
        (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any]
    }
}

/// What a request asks for, as far as answering it goes.
struct Wanted {
    var tier: Int
    /// Nil where the answer is to be JSON as text.
    var tool: String?
    /// The tool's input is streamed as it is written, not member by member.
    var isEager: Bool
    var model: String
    var maximumTokens: Int
    /// `thinking.type`, where it is given.
    var thinking: String?
    var streams: Bool

    init(_ text: String) {
        let object = RequestRules.object(text) ?? [:]
        let first = (object["tools"] as? [[String: Any]])?.first
        tool = first?["name"] as? String
        isEager = first?["eager_input_streaming"] as? Bool ?? false
        // As the prompt says it: "one hint of tier 2".
        let mark = text.range(of: "hint of tier ", options: .backwards)
        tier = mark.flatMap { Int(String(text[$0.upperBound...].prefix(1))) } ?? 1
        model = object["model"] as? String ?? ""
        maximumTokens = object["max_tokens"] as? Int ?? 0
        thinking = (object["thinking"] as? [String: Any])?["type"] as? String
        streams = object["stream"] as? Bool ?? false
    }
}
