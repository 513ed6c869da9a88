import Coach
import SansIO
import Simulation
import Testing

@testable import Claude

@Suite struct MessageStreamAssemblerTests {
    static let start = #"""
        {"type":"message_start","message":{"id":"msg_1","model":"claude-x","usage":{"input_tokens":25,"output_tokens":1,"cache_read_input_tokens":7}}}
        """#
    static let toolStart = #"""
        {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"give_hint","input":{}}}
        """#
    static let whole = [
        start, toolStart, #"{"type":"ping"}"#,
        #"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":""}}"#,
        #"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"tier\":"}}"#,
        #"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"1}"}}"#,
        #"{"type":"content_block_stop","index":0}"#,
        #"{"type":"message_delta","delta":{"stop_reason":null},"usage":{"output_tokens":10}}"#,
        #"{"type":"brand_new_event","x":[1]}"#,
        #"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":18,"input_tokens":26}}"#,
        #"{"type":"message_stop"}"#,
    ]

    private func feed(_ events: [String]) throws -> [MessageStreamAssembler.Progress] {
        var assembler = MessageStreamAssembler()
        return try events.map { try assembler.receive(ServerSentEvent(name: "", data: $0)) }
    }

    @Test func aToolCallIsPutTogether() throws {
        let progress = try feed(Self.whole)
        #expect(progress.prefix(6) == [.none, .none, .none, .none, .content, .content])
        let expected = ClaudeMessage(
            id: "msg_1", model: "claude-x", blocks: [.toolUse(name: "give_hint", input: #"{"tier":1}"#)],
            stopReason: "tool_use",
            usage: TokenUsage(inputTokens: 26, outputTokens: 18, cacheReadInputTokens: 7))
        #expect(progress.last == .finished(expected))
    }

    @Test func textAndThinkingStandBesideEachOther() throws {
        let progress = try feed([
            Self.start,
            #"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}"#,
            #"{"type":"content_block_stop","index":0}"#,
            #"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}"#,
            #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"a"}}"#,
            #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"b"}}"#,
            #"{"type":"content_block_stop","index":1}"#, #"{"type":"message_stop"}"#,
        ])
        guard case .finished(let message) = progress.last else {
            Issue.record("not finished")
            return
        }
        #expect(message.blocks == [.other(type: "thinking"), .text("ab")])
        #expect(progress[2] == .none)
    }

    @Test(arguments: [
        ("overloaded_error", ClaudeError.Kind.overloaded), ("rate_limit_error", .rateLimited),
        ("api_error", .serverError(status: 200)), ("invalid_request_error", .invalidRequest),
        ("authentication_error", .authentication), ("something_new", .serverError(status: 200)),
    ])
    func anErrorInsideAStreamKeepsItsType(type: String, kind: ClaudeError.Kind) {
        do {
            _ = try feed([Self.start, #"{"type":"error","error":{"type":"\#(type)","message":"Overloaded"}}"#])
            Issue.record("no error")
        } catch let error as ClaudeError {
            #expect(error.kind == kind)
            #expect(error.message == "\(type): Overloaded")
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test(arguments: [
        [#"{"type":"message_stop"}"#], [toolStart], [start, start], [start, toolStart, toolStart],
        [start, #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x"}}"#],
        [start, toolStart, #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta"}}"#],
        [start, toolStart, #"{"type":"message_stop"}"#],
        [#"{"type":"message_start","message":{}}"#], ["[]"], ["{"], [""], ["null"],
        [start, #"{"type":"content_block_start","index":-1,"content_block":{"type":"text"}}"#],
        [#"{"type":"message_delta","delta":{}}"#],
    ])
    func disorderIsMalformed(events: [String]) {
        #expect { try feed(events) } throws: { ($0 as? ClaudeError)?.kind == .malformed }
    }

    @Test func anAnswerWithoutEndIsRefused() {
        let piece = String(repeating: "x", count: 4096)
        let delta =
            #"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"\#(piece)"}}"#
        #expect { try feed([Self.start, Self.toolStart] + Array(repeating: delta, count: 100)) } throws: {
            ($0 as? ClaudeError)?.kind == .malformed
        }
    }

    @Test func blocksWithoutEndAreRefused() {
        var events = [Self.start]
        for index in 0..<2000 {
            events.append(
                #"{"type":"content_block_start","index":\#(index),"content_block":{"type":"text","text":""}}"#)
            events.append(#"{"type":"content_block_stop","index":\#(index)}"#)
        }
        #expect { try feed(events) } throws: { ($0 as? ClaudeError)?.kind == .malformed }
    }

    /// A block may begin with text, which counts as what follows does.
    @Test func theFirstTextsOfBlocksAreUnderTheLimitToo() {
        let text = String(repeating: "x", count: MessageStreamAssembler.contentLimit / 4)
        var events = [Self.start]
        for index in 0..<8 {
            events.append(
                #"{"type":"content_block_start","index":\#(index),"content_block":{"type":"text","text":"\#(text)"}}"#)
            events.append(#"{"type":"content_block_stop","index":\#(index)}"#)
        }
        #expect { try feed(events) } throws: { ($0 as? ClaudeError)?.kind == .malformed }
    }

    @Test func mutatedStreamsNeverTrap() {
        var random = RandomSource.seeded(9)
        for _ in 0..<500 {
            var assembler = MessageStreamAssembler()
            for event in Self.whole {
                var bytes = Array(event.utf8)
                for _ in 0..<Int.random(in: 0...3, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 32...126, using: &random)
                }
                let text = String(decoding: bytes, as: UTF8.self)
                do throws(ClaudeError) {
                    _ = try assembler.receive(ServerSentEvent(name: "", data: text))
                } catch {
                    #expect(!error.message.isEmpty)
                }
            }
        }
    }
}
