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

    @Test("of many settings that do not exist a few are told, then their number, and those that exist count")
    func manyUnknown() {
        let unknown = (0..<1500).map { #""unknown.setting_with_a_long_name_\#($0)":\#($0)"# }
        let settings = (unknown + [#""policy.cooldown":5"#, #""zz":1"#]).joined(separator: ",")
        let text = #"{"jask":{"candidate":"a","settings":{\#(settings)}}}"#
        let room = SessionMetadata(room: text)
        #expect(room.problems.count == 9 && room.settings.entries.keys.sorted() == ["policy.cooldown"])
        #expect(room.problems.first == "the room's metadata cannot say who is who; the job's metadata can")
        #expect(room.problems.last == "room metadata: and 1494 more settings that cannot be used")
        #expect(SessionMetadata(job: text).problems.last == "job metadata: and 1493 more settings that cannot be used")
    }

    /// Measured against a hundredth of them, in the same run.
    @Test("for few of many settings that do not exist a similar name is looked for, which takes its time")
    func unknownIsNoSearch() {
        func cost(_ count: Int) -> Duration {
            let names = (0..<count).map { #""unknown.setting_with_a_long_name_\#($0)":\#($0)"# }
            let text = #"{"jask":{"settings":{\#(names.joined(separator: ","))}}}"#
            return (0..<3).map { _ in ContinuousClock().measure { _ = SessionMetadata(room: text) } }.min() ?? .zero
        }
        let (few, many) = (cost(15), cost(1500))
        #expect(many < few * 20, "\(many) for 1,500 of them, \(few) for 15")
    }

    @Test("what stays wrong while the application changes what is its own is told once")
    func told() {
        func text(_ number: Int) -> String { #"{"app":\#(number),"jask":{"settings":{"no.such":1}}}"# }
        var stage = Stage(roomMetadata: text(0))
        for number in 0..<100 { stage.give(.roomMetadata(text(number))) }
        #expect(badMetadata(stage) == 1)
        stage.give(.roomMetadata(#"{"jask":{"settings":{"no.other":1,"hint.language":"de"}}}"#))
        #expect(badMetadata(stage) == 2)
    }

    private func badMetadata(_ stage: Stage) -> Int {
        stage.notes.count { if case .badMetadata = $0 { true } else { false } }
    }
}
