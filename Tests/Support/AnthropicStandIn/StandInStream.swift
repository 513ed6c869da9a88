import Foundation

/// Writes the event streams of the Messages API.
struct StandInStream {
    let connection: StandInConnection
    let model: String
    let headers: [String: String]
    let requestID: String
    /// Nil where the answer is to be JSON as text.
    let tool: String?
    /// The tool's input comes as it is written; else nothing of a member comes before all of it is.
    let isEager: Bool

    static let outputTokens = 42
    /// What thinking takes where nobody limits it.
    static let thinkingTokens = 900

    // MARK: Parts

    func begin() {
        var headers = headers
        headers["content-type"] = "text/event-stream; charset=utf-8"
        headers["transfer-encoding"] = "chunked"
        headers["cache-control"] = "no-cache"
        connection.writeHead(status: 200, headers: headers)
    }

    func messageStart(writeSize: Int = .max) {
        event(
            "message_start", ["type": "message_start", "message": message(stopReason: nil, outputTokens: 1)],
            writeSize: writeSize)
    }

    private func message(stopReason: String?, outputTokens: Int) -> [String: Any] {
        [
            "id": "msg_\(requestID)", "type": "message", "role": "assistant", "model": model, "content": [Any](),
            "stop_reason": stopReason ?? NSNull(), "stop_sequence": NSNull(),
            "usage": [
                "input_tokens": 812, "output_tokens": outputTokens, "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 0, "service_tier": "standard", "inference_geo": "global",
                "speed": "standard",
                "cache_creation": ["ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0],
            ] as [String: Any],
        ]
    }

    func ping() { event("ping", ["type": "ping"]) }

    func contentStart(index: Int = 0, writeSize: Int = .max) {
        let block: [String: Any] =
            tool.map {
                ["type": "tool_use", "id": "toolu_\(requestID)", "name": $0, "input": [String: Any]()]
            } ?? ["type": "text", "text": ""]
        event(
            "content_block_start", ["type": "content_block_start", "index": index, "content_block": block],
            writeSize: writeSize)
    }

    func content(_ piece: String, index: Int = 0, writeSize: Int = .max) {
        let delta =
            tool == nil
            ? ["type": "text_delta", "text": piece] : ["type": "input_json_delta", "partial_json": piece]
        self.delta(delta, index: index, writeSize: writeSize)
    }

    func contentStop(index: Int = 0, writeSize: Int = .max) {
        event("content_block_stop", ["type": "content_block_stop", "index": index], writeSize: writeSize)
    }

    private func delta(_ delta: [String: Any], index: Int, writeSize: Int = .max) {
        event(
            "content_block_delta", ["type": "content_block_delta", "index": index, "delta": delta],
            writeSize: writeSize)
    }

    /// Thinking shows nothing of itself: an empty start, a signature, an end.
    func thinkingStart() {
        event(
            "content_block_start",
            [
                "type": "content_block_start", "index": 0,
                "content_block": ["type": "thinking", "thinking": "", "signature": ""],
            ])
    }

    func thinkingStop() {
        delta(["type": "signature_delta", "signature": "c2lnbmF0dXJl"], index: 0)
        contentStop(index: 0)
    }

    /// The end of a message, with cumulative usage told twice.
    func end(stopReason: String, category: String? = nil, thinking: Int = 0, writeSize: Int = .max) {
        let output = Self.outputTokens + thinking
        for (reason, tokens) in [(nil, output / 2), (stopReason, output)] as [(String?, Int)] {
            var delta: [String: Any] = ["stop_reason": reason ?? NSNull(), "stop_sequence": NSNull()]
            if reason == "refusal" {
                delta["stop_details"] =
                    ["type": "refusal", "category": category ?? NSNull(), "explanation": NSNull()]
                    as [String: Any]
            }
            let usage: [String: Any] = [
                "output_tokens": tokens, "output_tokens_details": ["thinking_tokens": thinking],
            ]
            event(
                "message_delta", ["type": "message_delta", "delta": delta, "usage": usage], writeSize: writeSize)
        }
        event("message_stop", ["type": "message_stop"], writeSize: writeSize)
        connection.endChunks()
    }

    // MARK: Answers

    /// A whole answer with this JSON, in a few pieces.
    /// - Parameter thinking: seconds of thinking before it; nil for none.
    func answer(
        _ json: String, delay: Double, interval: Double, writeSize: Int, thinking: Double? = nil, unknowns: Bool = false
    ) {
        begin()
        connection.wait(seconds: delay)
        messageStart(writeSize: writeSize)
        var index = 0
        if let thinking {
            thinkingStart()
            for _ in 0..<Int(thinking * 10) {
                ping()
                guard connection.wait(seconds: 0.1) else { return }
            }
            thinkingStop()
            index = 1
        }
        if unknowns { index = writeUnknowns(index) }
        contentStart(index: index, writeSize: writeSize)
        ping()
        for piece in pieces(of: json) {
            content(piece, index: index, writeSize: writeSize)
            if unknowns { delta(["type": "brand_new_delta", "x": [1]], index: index) }
            guard connection.wait(seconds: interval) else { return }
        }
        contentStop(index: index, writeSize: writeSize)
        end(
            stopReason: tool == nil ? "end_turn" : "tool_use", thinking: thinking == nil ? 0 : Self.thinkingTokens,
            writeSize: writeSize)
    }

    /// An event and a block that nobody knows yet; the block has no delta.
    private func writeUnknowns(_ index: Int) -> Int {
        event("brand_new_event", ["type": "brand_new_event", "depth": [[["x"]]]])
        event(
            "content_block_start",
            ["type": "content_block_start", "index": index, "content_block": ["type": "brand_new_block", "y": 2]])
        contentStop(index: index)
        return index + 1
    }

    /// A few characters each; a tool's input that is not eager, a member each.
    private func pieces(of json: String) -> [String] {
        let isBuffered = tool != nil && !isEager
        var pieces: [String] = []
        var piece = ""
        for character in json {
            piece.append(character)
            let isFull =
                isBuffered ? character == "," && piece.hasSuffix("\",") || piece.count > 1000 : piece.count >= 12
            if isFull {
                pieces.append(piece)
                piece = ""
            }
        }
        return piece.isEmpty ? pieces : pieces + [piece]
    }

    /// A message that ended within its thinking.
    func thinkToTheLimit(_ limit: Int) {
        begin()
        messageStart()
        thinkingStart()
        thinkingStop()
        end(stopReason: "max_tokens", thinking: max(1, limit - Self.outputTokens))
    }

    /// A message that is not streamed, without content.
    func document(stopReason: String) {
        connection.writeDocument(
            status: 200, headers: headers, Self.json(message(stopReason: stopReason, outputTokens: 0)))
    }

    func event(_ name: String, _ data: [String: Any], writeSize: Int = .max) {
        connection.writeChunk("event: \(name)\ndata: \(Self.json(data))\n\n", writeSize: writeSize)
    }

    static func json(_ object: [String: Any]) -> String {
        let data = try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
        return String(decoding: data ?? Data(), as: UTF8.self)
    }
}
