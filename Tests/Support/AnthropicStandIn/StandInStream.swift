import Foundation

/// Writes the event streams of the Messages API.
struct StandInStream {
    let connection: StandInConnection
    let model: String
    let requestID: String
    /// Nil where the answer is to be JSON as text.
    let tool: String?

    private static let outputTokens = 42

    func begin() {
        connection.writeHead(
            status: 200,
            headers: [
                "content-type": "text/event-stream; charset=utf-8", "transfer-encoding": "chunked",
                "request-id": requestID, "cache-control": "no-cache",
            ])
    }

    func messageStart(writeSize: Int = .max) {
        event(
            "message_start",
            [
                "type": "message_start",
                "message": [
                    "id": "msg_\(requestID)", "type": "message", "role": "assistant", "model": model, "content": [],
                    "stop_reason": NSNull(), "stop_sequence": NSNull(),
                    "usage": [
                        "input_tokens": 812, "output_tokens": 1, "cache_creation_input_tokens": 0,
                        "cache_read_input_tokens": 0,
                    ],
                ],
            ], writeSize: writeSize)
    }

    func ping() { event("ping", ["type": "ping"]) }

    func contentStart(writeSize: Int = .max) {
        let block: [String: Any] =
            tool.map {
                ["type": "tool_use", "id": "toolu_\(requestID)", "name": $0, "input": [String: Any]()]
            } ?? ["type": "text", "text": ""]
        event(
            "content_block_start", ["type": "content_block_start", "index": 0, "content_block": block],
            writeSize: writeSize)
    }

    func content(_ piece: String, writeSize: Int = .max) {
        let delta =
            tool == nil
            ? ["type": "text_delta", "text": piece] : ["type": "input_json_delta", "partial_json": piece]
        event(
            "content_block_delta", ["type": "content_block_delta", "index": 0, "delta": delta], writeSize: writeSize)
    }

    /// Everything after the content, with cumulative usage told twice.
    func end(stopReason: String, writeSize: Int = .max) {
        event("content_block_stop", ["type": "content_block_stop", "index": 0], writeSize: writeSize)
        for (reason, tokens) in [(nil, Self.outputTokens / 2), (stopReason, Self.outputTokens)] as [(String?, Int)] {
            event(
                "message_delta",
                [
                    "type": "message_delta",
                    "delta": ["stop_reason": reason ?? NSNull(), "stop_sequence": NSNull()] as [String: Any],
                    "usage": ["output_tokens": tokens],
                ], writeSize: writeSize)
        }
        event("message_stop", ["type": "message_stop"], writeSize: writeSize)
        connection.endChunks()
    }

    /// A whole answer with this JSON, in a few pieces.
    func answer(_ json: String, delay: Double, interval: Double, writeSize: Int) {
        begin()
        connection.wait(seconds: delay)
        messageStart(writeSize: writeSize)
        contentStart(writeSize: writeSize)
        ping()
        var rest = Substring(json)
        while !rest.isEmpty {
            content(String(rest.prefix(12)), writeSize: writeSize)
            rest = rest.dropFirst(12)
            guard connection.wait(seconds: interval) else { return }
        }
        end(stopReason: tool == nil ? "end_turn" : "tool_use", writeSize: writeSize)
    }

    func event(_ name: String, _ data: [String: Any], writeSize: Int = .max) {
        connection.writeChunk("event: \(name)\ndata: \(Self.json(data))\n\n", writeSize: writeSize)
    }

    static func json(_ object: [String: Any]) -> String {
        let data = try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
        return String(decoding: data ?? Data(), as: UTF8.self)
    }
}
