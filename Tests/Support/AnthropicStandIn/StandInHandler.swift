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
                        status: 200, headers: headers, StandInStream.json(rules.resolve(name)?.entry ?? [:]))
                } else if request.path == RequestRules.countPath {
                    connection.writeDocument(
                        status: 200, headers: headers,
                        StandInStream.json(["input_tokens": request.body.utf8.count / 4]))
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

    private var headers: [String: String] {
        [
            "request-id": requestID, "anthropic-organization-id": "org_stand_in",
            "anthropic-workspace-id": "wrkspc_stand_in", "anthropic-ratelimit-requests-remaining": "49",
            "anthropic-ratelimit-input-tokens-remaining": "49000",
            "anthropic-ratelimit-output-tokens-remaining": "9900",
        ]
    }

    private var requestID: String {
        "req_" + String(state.values.withLock { $0.requests.count })
    }

    // MARK: Plays

    private func play(_ play: StandInPlay, _ request: StandInRequest, _ connection: StandInConnection) {
        let wanted = Wanted(request.body)
        let model = rules.resolve(wanted.model)
        let stream = StandInStream(
            connection: connection, model: model?.id ?? wanted.model, headers: headers, requestID: requestID,
            tool: wanted.tool, isEager: wanted.isEager)
        guard wanted.streams else { return stream.document(stopReason: "max_tokens") }
        // As the real ones do where nobody told them not to: a forced tool keeps them from it too.
        let thinks = wanted.thinking.map { $0 == "adaptive" || $0 == "enabled" } ?? model?.thinksByDefault ?? false
        let isForced = request.body.contains("\"tool_choice\":{") && request.body.contains("\"type\":\"tool\"")
        switch play {
        case .hint(let hint):
            guard thinks, !isForced else { return answer(stream, hint, wanted) }
            guard wanted.maximumTokens >= StandInStream.thinkingTokens + StandInStream.outputTokens else {
                return stream.thinkToTheLimit(wanted.maximumTokens)
            }
            answer(stream, hint, wanted, thinking: 0)
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
            stream.contentStop()
            stream.end(stopReason: reason)
        default: playThinking(play, stream, wanted, connection)
        }
    }

    private func answer(
        _ stream: StandInStream, _ hint: StandInHint, _ wanted: Wanted, thinking: Double? = nil, unknowns: Bool = false
    ) {
        stream.answer(
            Self.json(hint, tier: wanted.tier), delay: hint.delay, interval: hint.interval, writeSize: hint.writeSize,
            thinking: thinking, unknowns: unknowns)
    }

    private func playThinking(
        _ play: StandInPlay, _ stream: StandInStream, _ wanted: Wanted, _ connection: StandInConnection
    ) {
        switch play {
        case .thinking(let seconds, let hint): answer(stream, hint, wanted, thinking: seconds)
        case .thinkingForEver:
            stream.begin()
            stream.messageStart()
            stream.thinkingStart()
            stall(connection) { stream.ping() }
        case .thinkingToTheLimit: stream.thinkToTheLimit(wanted.maximumTokens)
        case .refusal(let category, let midOutput):
            if midOutput {
                beginContent(stream)
                stream.contentStop()
            } else {
                stream.begin()
                stream.messageStart()
            }
            stream.end(stopReason: "refusal", category: category)
        case .hintAmongUnknowns(let hint): answer(stream, hint, wanted, unknowns: true)
        case .emptyEndTurn:
            stream.begin()
            stream.messageStart()
            stream.end(stopReason: "end_turn")
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
        // All members are required: empty and zero are how the model says that there is none.
        StandInStream.json([
            "tier": hint.tier ?? tier, "text": hint.text, "anchor_path": hint.path ?? "",
            "anchor_start_line": hint.startLine ?? 0, "anchor_end_line": hint.endLine ?? hint.startLine ?? 0,
        ])
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

    private func listModels(_ request: StandInRequest, _ connection: StandInConnection) {
        let query = URLComponents(string: request.path)?.queryItems ?? []
        let after = query.first { $0.name == "after_id" }?.value
        let asked = query.first { $0.name == "lifecycle" }?.value
        let models = rules.models.filter { $0.lifecycle != "retired" || asked == "retired" || asked == "all" }
        let start = after.flatMap { id in models.firstIndex { $0.id == id } }.map { $0 + 1 } ?? 0
        let page = models.dropFirst(start).prefix(2)
        let body: [String: Any] = [
            "data": page.map(\.entry),
            "has_more": start + page.count < models.count, "first_id": page.first?.id ?? NSNull(),
            "last_id": page.last?.id ?? NSNull(),
        ]
        connection.writeDocument(status: 200, headers: headers, StandInStream.json(body))
    }
}
