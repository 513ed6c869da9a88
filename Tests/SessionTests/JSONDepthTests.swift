import Testing
import Wire

@testable import Session

@Suite("JSON from outside, nested without end")
struct JSONDepthTests {
    private static func nested(_ levels: Int) -> String {
        String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    }

    @Test("is refused in messages from the 33rd level on")
    func messages() throws {
        func message(_ levels: Int) -> [UInt8] {
            Array(#"{"type":"jask.ask","version":1,"more":\#(Self.nested(levels))}"#.utf8)
        }
        _ = try AskMessage(decoding: message(31))
        #expect(throws: WireError.self) { try AskMessage(decoding: message(32)) }
    }

    @Test("is left out in metadata, and said to be")
    func metadata() {
        let job = SessionMetadata(job: #"{"candidate":"ada","more":\#(Self.nested(32))}"#)
        #expect(job.candidate == nil && job.problems.count == 1)
        let room = SessionMetadata(room: #"{"jask":{"problem":"p"},"more":\#(Self.nested(32))}"#)
        #expect(room.problem == nil && room.problems.count == 1)
        let shallow = SessionMetadata(job: #"{"candidate":"ada","more":\#(Self.nested(31))}"#)
        #expect(shallow.candidate == "ada" && shallow.problems.isEmpty)
    }

    @Test("is not found in texts, which may hold any brackets")
    func texts() throws {
        let brackets = String(repeating: #"[{\"\\"#, count: 100)
        let ask = try AskMessage(decoding: Array(#"{"type":"jask.ask","version":1,"question":"\#(brackets)"}"#.utf8))
        #expect(ask.question?.count == 400)
    }
}
