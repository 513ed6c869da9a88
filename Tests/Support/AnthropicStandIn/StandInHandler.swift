import Foundation

/// Answers the requests of one connection by the script.
struct StandInHandler: Sendable {
    let state: AnthropicStandIn.SharedState
    let rules: RequestRules

    /// Longer than any deadline of a test; a stop ends it at once.
    private static let forever = 120.0

    func serve(_ connection: StandInConnection) {
        while !connection.isGone, var request = connection.nextRequest() {
            do {
                try rules.check(request)
                record(request)
                if let name = RequestRules.model(inPath: request.path) {
                    connection.writeDocument(
                        status: 200, headers: ["request-id": requestID],
                        StandInStream.json(Self.entry(rules.resolve(name) ?? name)))
                } else if request.method == "GET" {
                    listModels(request, connection)
                } else {
                    play(nextPlay(), request, connection)
                    if connection.isGone, !connection.isAborted { state.values.withLock { $0.departures += 1 } }
                }
            } catch let refusal as RequestRules.Refusal {
                request.violation = refusal.message
                record(request)
                fail(connection, status: refusal.status, type: refusal.type, message: refusal.message)
            } catch {
                return
            }
        }
    }

    private func record(_ request: StandInRequest) {
        state.values.withLock { $0.requests.append(request) }
    }

    private func nextPlay() -> StandInPlay {
        state.values.withLock { $0.script.count > 1 ? $0.script.removeFirst() : $0.script.first ?? .hint() }
    }

    private var requestID: String {
        "req_" + String(state.values.withLock { $0.requests.count })
    }

    // MARK: Plays

    private func play(_ play: StandInPlay, _ request: StandInRequest, _ connection: StandInConnection) {
        let wanted = RequestRules.wanted(request.body)
        let stream = StandInStream(
            connection: connection, model: rules.resolve(wanted.model) ?? wanted.model, requestID: requestID,
            tool: wanted.tool)
        switch play {
        case .hint(let hint):
            stream.answer(
                Self.json(hint, tier: wanted.tier), delay: hint.delay, interval: hint.interval,
                writeSize: hint.writeSize)
        case .input(let json): stream.answer(json, delay: 0, interval: 0, writeSize: .max)
        case .stallBeforeFirstToken(let pings):
            stream.begin()
            stream.messageStart()
            stall(connection) { if pings { stream.ping() } }
        case .stallAfterFirstToken:
            beginContent(stream)
            stall(connection) {}
        case .silence: stall(connection) {}
        case .failure(let status, let type, let headers, let message, let code):
            fail(connection, status: status, type: type, message: message, code: code, headers: headers)
        case .stops(let reason):
            beginContent(stream)
            stream.end(stopReason: reason)
        default: playBroken(play, stream, connection)
        }
    }

    private func playBroken(_ play: StandInPlay, _ stream: StandInStream, _ connection: StandInConnection) {
        switch play {
        case .errorInStream(let type, let afterContent):
            if afterContent { beginContent(stream) } else { stream.begin() }
            stream.event("error", ["type": "error", "error": ["type": type, "message": "scripted"]])
            connection.endChunks()
        case .cut(let afterContent):
            if afterContent { beginContent(stream) } else { stream.begin() }
            connection.wait(seconds: 0.02)
            connection.abort()
        case .endEarly:
            beginContent(stream)
            connection.endChunks()
        case .garbageEvents:
            stream.begin()
            connection.writeChunk("event: message_start\ndata: {\"type\": \n\n: ?\ndata: }\n\n")
            connection.endChunks()
        case .garbagePage:
            connection.writeDocument(status: 200, type: "text/html", "<html><body>It works!</body></html>")
        default:
            connection.write("\u{0}\u{1}SSH-2.0-nonsense\r\n\r\n")
            connection.abort()
        }
    }

    private func beginContent(_ stream: StandInStream) {
        stream.begin()
        stream.messageStart()
        stream.contentStart()
        stream.content("{\"tier\": ")
    }

    private func stall(_ connection: StandInConnection, _ everyTenth: () -> Void) {
        for _ in 0..<Int(Self.forever * 10) {
            guard connection.wait(seconds: 0.1) else { return }
            everyTenth()
        }
    }

    private static func json(_ hint: StandInHint, tier: Int) -> String {
        var members: [String: Any] = ["tier": hint.tier ?? tier, "text": hint.text]
        members["anchor_path"] = hint.path
        members["anchor_start_line"] = hint.startLine
        members["anchor_end_line"] = hint.endLine
        return StandInStream.json(members)
    }

    // MARK: Documents

    private func fail(
        _ connection: StandInConnection, status: Int, type: String, message: String, code: String? = nil,
        headers: [String: String] = [:]
    ) {
        var headers = headers
        headers["request-id"] = requestID
        var error: [String: Any] = ["type": type, "message": message]
        if let code { error["details"] = ["error_code": code] }
        connection.writeDocument(
            status: status, headers: headers,
            StandInStream.json(["type": "error", "error": error, "request_id": requestID]))
    }

    private static func entry(_ id: String) -> [String: Any] {
        ["type": "model", "id": id, "display_name": "Model \(id)"]
    }

    private func listModels(_ request: StandInRequest, _ connection: StandInConnection) {
        let query = URLComponents(string: request.path)?.queryItems ?? []
        let after = query.first { $0.name == "after_id" }?.value
        let start = after.flatMap { rules.models.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
        let page = rules.models.dropFirst(start).prefix(2)
        let body: [String: Any] = [
            "data": page.map(Self.entry),
            "has_more": start + page.count < rules.models.count, "first_id": page.first ?? NSNull(),
            "last_id": page.last ?? NSNull(),
        ]
        connection.writeDocument(status: 200, headers: ["request-id": requestID], StandInStream.json(body))
    }
}
