import SansIO
import Session
import Simulation
import Testing

@Suite("What metadata says to Jask")
struct SessionMetadataTests {
    @Test("metadata that is random, or not ours, says nothing and does no harm", arguments: 0..<4)
    func metadata(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let sample = Array(
            #"{"jask":{"candidate":"a","interviewers":["b"],"problem":"p","settings":{"policy.cooldown":5,"hint.language":"de","chat.legacy":true}}}"#
                .utf8)
        let whole = SessionMetadata(job: String(decoding: sample, as: UTF8.self))
        #expect(whole.candidate == "a" && whole.interviewers == ["b"] && whole.problem == "p")
        #expect(whole.settings.entries.count == 3 && whole.problems.isEmpty)
        for _ in 0..<500 {
            var bytes = sample
            for _ in 0..<3 {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 32...126, using: &random)
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let room = SessionMetadata(room: text)
            #expect(room.candidate == nil && room.interviewers.isEmpty)
            _ = SessionMetadata(job: text)
        }
        #expect(SessionMetadata(job: "").problems.isEmpty && SessionMetadata(room: "plain text").problems.isEmpty)
        #expect(SessionMetadata(job: "plain text").problems.count == 1)
    }
}
