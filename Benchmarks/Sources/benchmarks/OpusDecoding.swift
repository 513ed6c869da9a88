import NIOCore
import RTCMedia
import SansIO

extension Benchmark {
    /// Speech at 32 kb/s decoded to 16 kHz mono, 20 ms a frame, through the track's pipeline.
    static let opusDecoding = Benchmark(name: "opus-decoding") {
        let samples = try Speech.samples()
        var configuration = OpusEncoder.Configuration()
        configuration.sampleRate = 16_000
        configuration.usesDTX = false
        let encoder = try OpusEncoder(configuration)
        let packets = try stride(from: 0, through: samples.count - 320, by: 320).map {
            try encoder.encode(Array(samples[$0..<$0 + 320]))
        }
        var times: [Double] = []
        for _ in 0..<7 {
            let pipeline = try AudioDecoderPipeline(ssrc: 1)
            var frames: [AudioFrame] = []
            let began = ContinuousClock.now
            for (index, packet) in packets.enumerated() {
                frames.removeAll(keepingCapacity: true)
                let unit = EncodedAudioUnit(
                    kind: .packet(packet), position: Int64(index) * 960, rtpTimestamp: Int64(index) * 960,
                    duration: 960, arrival: .zero)
                pipeline.process(unit, into: &frames)
            }
            times.append(Double((ContinuousClock.now - began).wholeNanoseconds) / 1000 / Double(packets.count))
        }
        let share = times.median / 20_000 * 100
        return [
            Measurement(
                what: "a frame of 20 ms", value: times.median, unit: "µs",
                comparison: "\((share * 100).rounded() / 100) % of a core for one track")
        ]
    }
}
