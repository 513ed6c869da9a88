import Coach
import HTTPClient
import SansIO
import Testing

@testable import Claude

@Suite struct ExchangeTests {
    private let start = Instant.zero

    private func exchange(_ expected: Exchange.Expected = .messageStream) -> Exchange {
        Exchange(
            expected,
            deadlines: .init(
                firstToken: .seconds(5), thinking: .seconds(9), stall: .seconds(2), total: start + .seconds(12)),
            at: start)
    }

    private func head(_ exchange: inout Exchange, _ status: Int, _ headers: [String]) {
        exchange.receive(headerLine: "HTTP/1.1 100 Continue\r\n")
        exchange.receive(headerLine: "HTTP/2 \(status) \r\n")
        for header in headers + ["Request-Id: req_7"] { exchange.receive(headerLine: header + "\r\n") }
        exchange.receive(headerLine: "\r\n")
    }

    private func send(_ exchange: inout Exchange, _ event: String, at seconds: Int) {
        exchange.receive(Array("data: \(event)\n\n".utf8), at: start + .seconds(seconds))
    }

    private func error(_ exchange: Exchange) -> ClaudeError? {
        if case .failure(let error) = exchange.result { error } else { nil }
    }

    private let content = MessageStreamAssemblerTests.whole[4]

    @Test func aWholeStreamIsAMessageWithItsFirstTokensTime() throws {
        var exchange = exchange()
        head(&exchange, 200, ["Content-Type: text/event-stream; charset=utf-8"])
        for (second, event) in MessageStreamAssemblerTests.whole.enumerated() {
            #expect(exchange.result == nil)
            send(&exchange, event, at: second)
            exchange.timeout(at: start + .seconds(second))
        }
        guard case .success(.message(let message)) = exchange.result else {
            Issue.record("\(String(describing: exchange.result))")
            return
        }
        #expect(message.usage.outputTokens == 18)
        #expect(exchange.firstTokenAt == start + .seconds(4))
        #expect(exchange.head.requestID == "req_7")
        #expect(exchange.deadline == nil)
    }

    @Test func pingsAreNoFirstToken() {
        var exchange = exchange()
        head(&exchange, 200, ["content-type: text/event-stream"])
        send(&exchange, MessageStreamAssemblerTests.start, at: 1)
        for second in 2..<5 {
            send(&exchange, #"{"type":"ping"}"#, at: second)
            exchange.timeout(at: start + .seconds(second))
        }
        #expect(exchange.result == nil)
        #expect(exchange.deadline == start + .seconds(5))
        exchange.timeout(at: start + .seconds(5))
        #expect(error(exchange)?.kind == .timeout(.firstToken))
        #expect(error(exchange)?.requestID == "req_7")
    }

    static let thinkingStart =
        #"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}"#
    static let stop = #"{"type":"content_block_stop","index":0}"#

    /// Nothing of thinking need be shown, so its deadline takes the place of the others, and the error says so.
    @Test func aModelThatThinksIsGivenItsOwnTimeAndTheErrorSaysSo() {
        var exchange = exchange()
        head(&exchange, 200, ["content-type: text/event-stream"])
        send(&exchange, MessageStreamAssemblerTests.start, at: 1)
        #expect(exchange.deadline == start + .seconds(5))
        send(&exchange, Self.thinkingStart, at: 1)
        #expect(exchange.deadline == start + .seconds(9))
        exchange.timeout(at: start + .seconds(8))
        #expect(exchange.result == nil)
        exchange.timeout(at: start + .seconds(9))
        #expect(error(exchange)?.kind == .timeout(.firstToken))
        #expect(error(exchange)?.message.contains("still thinking") == true)
    }

    @Test func thinkingBetweenTwoBlocksIsNoStall() {
        var exchange = exchange()
        head(&exchange, 200, ["content-type: text/event-stream"])
        send(&exchange, MessageStreamAssemblerTests.start, at: 0)
        send(&exchange, MessageStreamAssemblerTests.toolStart, at: 0)
        send(&exchange, content, at: 1)
        send(&exchange, Self.stop, at: 1)
        #expect(exchange.deadline == start + .seconds(3))
        send(&exchange, Self.thinkingStart.replacing("\"index\":0", with: "\"index\":1"), at: 1)
        #expect(exchange.deadline == start + .seconds(10))
        send(&exchange, Self.stop.replacing("0", with: "1"), at: 2)
        #expect(exchange.deadline == start + .seconds(4))
    }

    @Test func silenceAfterContentIsAStall() {
        var exchange = exchange()
        head(&exchange, 200, ["content-type: text/event-stream"])
        send(&exchange, MessageStreamAssemblerTests.start, at: 1)
        send(&exchange, MessageStreamAssemblerTests.toolStart, at: 1)
        send(&exchange, content, at: 4)
        #expect(exchange.deadline == start + .seconds(6))
        exchange.timeout(at: start + .seconds(5))
        #expect(exchange.result == nil)
        exchange.timeout(at: start + .seconds(6))
        #expect(error(exchange)?.kind == .timeout(.stall))
    }

    @Test func aStreamThatGoesOnForeverEndsAtTheTotal() {
        var exchange = exchange()
        head(&exchange, 200, ["content-type: text/event-stream"])
        send(&exchange, MessageStreamAssemblerTests.start, at: 0)
        send(&exchange, MessageStreamAssemblerTests.toolStart, at: 0)
        for second in 1...12 {
            exchange.timeout(at: start + .seconds(second))
            send(&exchange, content, at: second)
        }
        #expect(error(exchange)?.kind == .timeout(.total))
    }

    @Test(arguments: [
        (400, "invalid_request_error", ClaudeError.Kind.invalidRequest), (401, "authentication_error", .authentication),
        (402, "billing_error", .permission), (403, "permission_error", .permission),
        (404, "not_found_error", .notFound),
        (413, "request_too_large", .promptTooLong), (429, "rate_limit_error", .rateLimited),
        (500, "api_error", .serverError(status: 500)), (504, "timeout_error", .serverError(status: 504)),
        (529, "overloaded_error", .overloaded), (418, "", .invalidRequest), (503, "", .serverError(status: 503)),
        (529, "", .overloaded), (301, "", .malformed),
    ])
    func anErrorResponseIsTyped(status: Int, type: String, kind: ClaudeError.Kind) {
        var exchange = exchange()
        head(&exchange, status, ["content-type: application/json", "Retry-After: 7"])
        let body = type.isEmpty ? "<html>" : #"{"type":"error","error":{"type":"\#(type)","message":"why"}}"#
        exchange.receive(Array(body.utf8), at: start)
        #expect(exchange.result == nil)
        exchange.ended(.complete, at: start)
        #expect(error(exchange)?.kind == kind)
        #expect(error(exchange)?.requestID == "req_7" && error(exchange)?.retryAfter == .seconds(7))
    }

    @Test(arguments: [
        (429, "rate_limit_error", "enforced_spend_limit_reached", "", ClaudeError.Kind.quota),
        (429, "rate_limit_error", "contract_spend_limit_reached", "", .quota),
        (400, "invalid_request_error", "organization_on_hold", "", .quota),
        (400, "invalid_request_error", "", "You have reached your specified API usage limits.", .quota),
        (429, "rate_limit_error", "ramp_limit_exceeded", "", .rateLimited),
        (429, "rate_limit_error", "something_new", "", .rateLimited),
        (400, "invalid_request_error", "", "messages: usage limits", .invalidRequest),
    ])
    func anErrorCodeDecides(status: Int, type: String, code: String, message: String, kind: ClaudeError.Kind) {
        var exchange = exchange()
        head(&exchange, status, ["content-type: application/json"])
        let details = code.isEmpty ? "" : #","details":{"error_code":"\#(code)"}"#
        let body = #"{"type":"error","error":{"type":"\#(type)","message":"\#(message)"\#(details)}}"#
        exchange.receive(Array(body.utf8), at: start)
        exchange.ended(.complete, at: start)
        #expect(error(exchange)?.kind == kind)
        #expect(error(exchange)?.code == (code.isEmpty ? nil : code))
    }

    @Test func endsAreTold() {
        var early = exchange()
        early.ended(.broken("reset"), at: start)
        #expect(error(early)?.kind == .network)
        var inside = exchange()
        head(&inside, 200, ["content-type: text/event-stream"])
        send(&inside, MessageStreamAssemblerTests.start, at: 1)
        var orderly = inside
        inside.ended(.broken("reset"), at: start)
        #expect(error(inside)?.kind == .cut)
        orderly.ended(.complete, at: start)
        #expect(error(orderly)?.kind == .cut)
        var page = exchange()
        head(&page, 200, ["content-type: text/html"])
        page.receive(Array("<html>".utf8), at: start)
        page.ended(.complete, at: start)
        #expect(error(page)?.kind == .malformed)
    }

    @Test(arguments: [
        ("refusal", ClaudeError.Kind.refusal), ("max_tokens", .maxTokens),
        ("model_context_window_exceeded", .promptTooLong), ("pause_turn", .malformed), ("stop_sequence", .malformed),
        ("end_turn", .empty),
    ])
    func aMessageThatWasStoppedIsNoAnswer(reason: String, kind: ClaudeError.Kind) {
        var exchange = exchange()
        head(&exchange, 200, ["content-type: text/event-stream"])
        send(&exchange, MessageStreamAssemblerTests.start, at: 0)
        send(&exchange, #"{"type":"message_delta","delta":{"stop_reason":"\#(reason)"},"usage":{}}"#, at: 0)
        send(&exchange, #"{"type":"message_stop"}"#, at: 0)
        #expect(error(exchange)?.kind == kind)
    }

    @Test func anEndlessDocumentIsRefused() {
        var exchange = exchange(.document)
        head(&exchange, 200, ["content-type: application/json"])
        let piece = [UInt8](repeating: 32, count: 1 << 20)
        for _ in 0..<5 { exchange.receive(piece, at: start) }
        #expect(error(exchange)?.kind == .malformed)
    }
}

extension Exchange {
    mutating func receive(_ bytes: [UInt8], at now: Instant) {
        bytes.withUnsafeBytes { receive($0, at: now) }
    }
}
