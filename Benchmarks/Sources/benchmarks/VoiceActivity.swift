import Foundation
import Inference
import Perception
import SansIO

extension Benchmark {
    /// The voice model on one chunk of 32 ms.
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
                comparison: "\((share * 100).rounded() / 100) % of a core for one voice")
        ]
    }
}
