import Foundation
import Inference
import Perception
import PerceptionModels
import SansIO

extension Benchmark {
    /// The voice model on one chunk of 32 ms, and the rules of a room in which one is heard out of the other's loudspeaker.
    static let voiceActivity = Benchmark(name: "voice-activity") {
        guard let path = SileroModel.defaultPath(environment: ProcessInfo.processInfo.environment),
            FileManager.default.fileExists(atPath: path)
        else { throw Skipped(reason: "the voice model is not there: scripts/fetch-models brings it") }
        var detector = VoiceActivityDetector(model: try SileroModel.load(path: path))
        let samples = try Speech.samples()
        let chunks = samples.count / SileroModel.chunkLength
        var times: [Double] = []
        for _ in 0..<7 {
            detector.reset()
            var voiced = 0
            let began = ContinuousClock.now
            samples.withUnsafeBufferPointer { all in
                for chunk in 0..<chunks {
                    let start = chunk * SileroModel.chunkLength
                    let piece = UnsafeBufferPointer(rebasing: all[start..<start + SileroModel.chunkLength])
                    if let probability = detector.process(piece), probability > 0.5 { voiced += 1 }
                }
            }
            times.append(Double((ContinuousClock.now - began).wholeNanoseconds) / 1000 / Double(chunks))
            guard voiced > 0, voiced < chunks else { throw Failed(reason: "the model hears nothing in the clip") }
        }
        let share = times.median / 32_000 * 100
        return [
            Measurement(
                what: "a chunk of 32 ms", value: times.median, unit: "µs",
                comparison: "\((share * 100).rounded() / 100) % of a core for one voice"),
            try rules(over: samples, model: try SileroModel.load(path: path)),
        ]
    }

    /// What perception makes of a chunk once the model has heard it: two people, of whom one speaks all the time and comes
    /// out of the other's loudspeaker 160 ms later.
    private static func rules(over samples: [Int16], model: SileroModel) throws -> Measurement {
        var chunker = VoiceChunker(model: model)
        let speaker = chunker.chunks(of: samples, at: .zero)
        var (times, signals) = ([Double](), 0)
        for _ in 0..<7 {
            var room = RoomPerception()
            room.receive(.connection(isUp: true), at: .zero)
            for identity in ["ada", "ivo"] as [Identity] {
                room.receive(.microphones(identity, [Microphone(sid: "TR", isMuted: false)]), at: .zero)
                room.receive(.listen(identity, hasSpoken: false, silentSince: nil), at: .zero)
            }
            let began = ContinuousClock.now
            for index in speaker.indices {
                var heard = speaker[max(0, index - 5)]
                heard.start = speaker[index].start
                room.receive(.sound("ivo", track: "TR", .chunks([speaker[index]])), at: heard.end)
                room.receive(.sound("ada", track: "TR", .chunks([heard])), at: heard.end)
                while room.pollOutput() != nil { signals += 1 }
            }
            let time = Double((ContinuousClock.now - began).wholeNanoseconds) / 1000
            times.append(time / Double(2 * speaker.count))
        }
        guard signals > 0 else { throw Failed(reason: "nobody is heard in the clip") }
        return Measurement(
            what: "the rules on a chunk, one heard out of the other's loudspeaker", value: times.median, unit: "µs")
    }
}
