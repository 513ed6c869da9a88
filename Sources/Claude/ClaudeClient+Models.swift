import Coach
import HTTPClient
import SansIO

/// What models there are, for checks of a configuration. One attempt each, within the total deadline.
extension ClaudeClient {
    /// What the API says of the model that an id or an alias stands for; nil where it knows neither.
    public func entry(of name: String) async throws(ClaudeError) -> ModelEntry? {
        let total = MonotonicClock.now() + configuration.totalTimeout
        do throws(ClaudeError) {
            let model = try await get("/v1/models/" + Self.percentEncode(name), total: total)
            guard let entry = ModelEntry(model, quoter: quoter) else {
                throw ClaudeError(.malformed, message: "the response is not a model")
            }
            return entry
        } catch  where error.kind == .notFound {
            return nil
        }
    }

    /// Asks the Models API for the configured model, and goes by what it says from now on.
    /// - Returns: nil where it does not know the model.
    @discardableResult
    public func learn() async throws(ClaudeError) -> ModelEntry? {
        let entry = try await entry(of: configuration.model)
        if let entry { choice.value.withLock { $0.learn(RequestMode(configuration, entry: entry)) } }
        return entry
    }

    /// Has a request as it would be sent counted, which costs nothing and is refused where the request would be.
    /// - Returns: its tokens, as the API estimates them.
    public func countTokens(_ prompt: HintPrompt) async throws(ClaudeError) -> Int {
        let total = MonotonicClock.now() + configuration.totalTimeout
        let body = prompt.countBody(configuration, mode).serialised()
        let value = try await document(
            request(.post, path: "/v1/messages/count_tokens", accept: "application/json", body: body), total: total)
        guard let count = value["input_tokens"]?.integer else {
            throw ClaudeError(.malformed, message: "the response is not a count of tokens")
        }
        return count
    }

    /// The ids of the models that the key may use, as the API lists them: without aliases.
    public func listModels() async throws(ClaudeError) -> [String] {
        let total = MonotonicClock.now() + configuration.totalTimeout
        var models: [String] = []
        var after = ""
        // A bound on the pages, for a list that never ends.
        for _ in 0..<20 {
            let query = "?limit=100" + (after.isEmpty ? "" : "&after_id=" + Self.percentEncode(after))
            let page = try await get("/v1/models" + query, total: total)
            guard case .array(let entries) = page["data"] else {
                throw ClaudeError(.malformed, message: "the response is not a list of models")
            }
            models += entries.compactMap { $0["id"]?.string }.map { quoter.quote($0, limit: 256) }
            guard page["has_more"] == .bool(true), let last = page["last_id"]?.string else { break }
            after = last
        }
        return models
    }

    private func get(_ path: String, total: Instant) async throws(ClaudeError) -> JSONValue {
        try await document(request(.get, path: path, accept: "application/json", body: []), total: total)
    }

    private func document(_ request: HTTPRequest, total: Instant) async throws(ClaudeError) -> JSONValue {
        let exchange = await http.perform(
            request,
            Exchange(.document, deadlines: deadlines(total: total), quoter: quoter, at: MonotonicClock.now()),
            total: total)
        if case .failure(let error) = exchange.result { throw error }
        guard case .success(.document(let bytes)) = exchange.result,
            let value = JSONValue(parsing: bytes)
        else {
            throw ClaudeError(.malformed, requestID: exchange.requestID, message: "the response is not JSON")
        }
        return value
    }

    private static func percentEncode(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain =
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte)
            let digits = String(byte, radix: 16, uppercase: true)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (digits.count < 2 ? "0" : "") + digits
        }.joined()
    }
}
