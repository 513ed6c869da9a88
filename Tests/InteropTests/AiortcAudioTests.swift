import Foundation
import NIOCore
import RTCCore
import RTCMedia
import Synchronization
import Testing

@Suite(.serialized, .enabled(if: AiortcProcess.isAvailable, Comment(rawValue: AiortcProcess.whyNot)))
struct AiortcAudioTests {
    static let ourTone = 440.0
    static let theirTone = 660.0

    @Test(
        "a tone goes each way as Opus and is heard as itself",
        arguments: [(true, 0.0), (false, 0.0), (true, 0.1), (false, 0.1)])
    func toneBothWays(weOffer: Bool, loss: Double) async throws {
        let aiortc = try AiortcProcess(["--tone", "\(Self.theirTone)", "--listen", "2.5"])
        defer { aiortc.end() }
        let peer = try await LoopPeer.start(loss: loss, seed: weOffer ? 5 : 6)
        let transceiver = try await peer.run { state in
            state.driver.perform { connection, _ in
                connection.addTransceiver(
                    .audio, direction: .sendrecv, track: LocalTrack(streamID: "stream", trackID: "tone"))
            }
        }
        try await peer.connect(to: aiortc, weOffer: weOffer)
        let isUp = try await peer.waits { $0.states.contains(.connected) }
        let diagnosis = try await peer.run { $0.driver.perform { connection, _ in connection.diagnosis } }
        try #require(isUp, "\(diagnosis)")

        try await Self.sing(peer, on: transceiver)
        let heard = try await aiortc.event("heard")
        let frequency = try #require(heard.frequency)
        let share = try #require(heard.share)
        let rms = try #require(heard.rms)
        #expect(abs(frequency - Self.ourTone) < 3)
        #expect(share > (loss == 0 ? 0.95 : 0.6), "\(share)")
        #expect((3500...7500).contains(rms), "\(rms)")

        let received = try await peer.waits(for: .seconds(5)) { $0.packets.count > 100 }
        let statistics = try await peer.run { $0.driver.perform { connection, _ in connection.statistics } }
        try #require(received, "\(statistics)")
        let sound = try Self.decode(try await peer.run { $0.packets })
        #expect(sound.samples.count > 16_000)
        let purity = Self.share(of: Self.theirTone, in: sound.samples)
        #expect(purity > (loss == 0 ? 0.95 : 0.75), "\(purity)")
        #expect(Self.share(of: Self.ourTone, in: sound.samples) < 0.1)
        let level = Self.level(sound.samples)
        #expect((3500...7500).contains(level), "\(level)")
        #expect(loss > 0 || sound.concealed == 0)
        #expect(loss == 0 || sound.concealed > 0, "\(sound.report)")
        try await peer.close()
    }

    /// Sends our tone in real time until the connection is closed.
    private static func sing(_ peer: LoopPeer, on transceiver: TransceiverID) async throws {
        let codecs = try await peer.run { $0.driver.perform { connection, _ in connection.codecs(of: transceiver) } }
        let opus = try #require(codecs.first { $0.isNamed("opus") })
        #expect(codecs.allSatisfy { !$0.isRedundancy }, "aiortc knows no RED")
        var configuration = OpusEncoder.Configuration()
        configuration.usesDTX = false
        let encoder = Mutex(
            try AudioTrackEncoder(
                format: AudioFormat(opusPayloadType: opus.payloadType, redPayloadType: nil),
                configuration: configuration, random: .system))
        peer.everyFrame { state, frame in
            let samples = (0..<960).map { index in
                Int16(8000 * sin(2 * Double.pi * ourTone * Double(frame * 960 + index) / 48_000))
            }
            let encoded = encoder.withLock { encoder in try? encoder.encode(samples) }
            guard let packet = encoded.flatMap({ $0 }) else { return false }
            state.driver.perform { connection, now in
                let outgoing = OutgoingRTP(
                    payloadType: packet.payloadType, marker: packet.marker, sequenceNumber: packet.sequenceNumber,
                    timestamp: packet.timestamp, payload: packet.payload)
                connection.sendRTP(outgoing, on: transceiver, at: now)
            }
            return !state.states.contains(.closed)
        }
    }

    /// What our receiver and decoder make of recorded packets, at 16 kHz; without the first tenth of a second.
    private static func decode(_ packets: [ReceivedRTP]) throws -> (
        samples: [Int16], concealed: Int, report: String
    ) {
        let first = try #require(packets.first)
        var receiver = AudioReceiver(
            format: AudioFormat(opusPayloadType: first.codec.payloadType, redPayloadType: nil))
        let pipeline = try AudioDecoderPipeline(ssrc: first.packet.header.ssrc)
        var frames: [AudioFrame] = []
        for packet in packets {
            if let due = receiver.deadline, due <= packet.arrival { receiver.timeout(at: due) }
            receiver.receive(
                payloadType: packet.packet.header.payloadType, index: packet.index,
                timestamp: packet.packet.header.timestamp, marker: packet.packet.header.marker,
                payload: packet.packet.payload, at: packet.arrival)
            while let unit = receiver.pollOutput() { pipeline.process(unit, into: &frames) }
        }
        let concealed = frames.count { $0.kind == .concealed || $0.kind == .recovered }
        return (Array(frames.flatMap(\.samples).dropFirst(1600)), concealed, "\(receiver.statistics)")
    }

    /// The share of the power that a frequency has, in the median of windows of a tenth of a second: where the peer's
    /// process had to wait, its tone goes on in another phase, which is no fault of the path.
    private static func share(of frequency: Double, in samples: [Int16]) -> Double {
        let window = 1600
        var shares: [Double] = []
        for start in stride(from: 0, through: samples.count - window, by: window) {
            var (real, imaginary, power) = (0.0, 0.0, 0.0)
            for index in 0..<window {
                let (sample, angle) = (
                    Double(samples[start + index]), 2 * Double.pi * frequency * Double(index) / 16_000
                )
                real += sample * cos(angle)
                imaginary += sample * sin(angle)
                power += sample * sample
            }
            if power > 0 { shares.append(2 * (real * real + imaginary * imaginary) / (Double(window) * power)) }
        }
        return shares.isEmpty ? 0 : shares.sorted()[shares.count / 2]
    }

    private static func level(_ samples: [Int16]) -> Double {
        (samples.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(max(1, samples.count))).squareRoot()
    }
}
