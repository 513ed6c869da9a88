import NIOCore
import SansIO
import Synchronization

/// Decodes the units of one track to PCM frames that follow each other without a hole.
///
/// Calls are serialised by a lock, so the pipeline may be used from a ``SerialQueue``, one a track.
public final class AudioDecoderPipeline: Sendable {
    /// What the decoder could not do.
    public struct Statistics: Hashable, Sendable {
        /// Packets that the decoder refused; their time was concealed.
        public var decoderErrors = 0
        /// Units that never came, because the receiver's queue overflowed; their time counts as absent.
        public var missingUnits = 0

        public init() {}
    }

    /// The synchronisation source that frames are stamped with.
    public let ssrc: UInt32
    /// Samples per second of the frames.
    public let sampleRate: Int
    private let state: Mutex<State>

    /// - Parameter sampleRate: 8000, 12000, 16000, 24000 or 48000.
    public init(ssrc: UInt32, sampleRate: Int = 16_000) throws(OpusError) {
        self.ssrc = ssrc
        self.sampleRate = sampleRate
        let decoder = try OpusDecoder(sampleRate: sampleRate, channels: 1)
        state = Mutex(State(decoder: decoder, ssrc: ssrc))
    }

    public var statistics: Statistics { state.withLock { $0.statistics } }

    /// Decodes one unit and appends what comes of it: one frame, seldom two or none.
    public func process(_ unit: EncodedAudioUnit, into frames: inout [AudioFrame]) {
        state.withLock { $0.process(unit, into: &frames) }
    }

    /// Decodes one unit.
    public func process(_ unit: EncodedAudioUnit) -> [AudioFrame] {
        var frames: [AudioFrame] = []
        process(unit, into: &frames)
        return frames
    }

    private struct State {
        /// An absence of this much makes what the decoder remembers worthless.
        private static let longestMemory = 48_000

        let decoder: OpusDecoder
        let ssrc: UInt32
        var statistics = Statistics()
        /// Samples at 48 kHz per sample made.
        private let ratio: Int64
        /// Where the next unit should begin, in samples at 48 kHz.
        private var expected: Int64 = 0
        /// Samples made so far, absent ones included.
        private var made: Int64 = 0

        init(decoder: OpusDecoder, ssrc: UInt32) {
            self.decoder = decoder
            self.ssrc = ssrc
            ratio = Int64(AudioFormat.opusClockRate / decoder.sampleRate)
        }

        mutating func process(_ unit: EncodedAudioUnit, into frames: inout [AudioFrame]) {
            if unit.position > expected {
                statistics.missingUnits += 1
                let hole = unit.position - expected
                frames.append(
                    absence(samples: hole, rtpTimestamp: unit.rtpTimestamp &- hole, arrival: unit.arrival))
            }
            let end = max(expected, unit.position &+ Int64(unit.duration))
            let count = Int(clamping: end / ratio - made)
            var samples: [Int16] = []
            let kind = decode(unit, count: count, into: &samples)
            guard kind != .absent else {
                frames.append(
                    absence(samples: Int64(unit.duration), rtpTimestamp: unit.rtpTimestamp, arrival: unit.arrival))
                return
            }
            let start = MediaTime(samples: made, rate: decoder.sampleRate)
            made += Int64(samples.count)
            expected = end
            guard !samples.isEmpty else { return }
            let duration = MediaTime(samples: made, rate: decoder.sampleRate) - start
            frames.append(
                AudioFrame(
                    samples: samples, start: start, duration: duration, kind: kind, ssrc: ssrc,
                    rtpTimestamp: unit.rtpTimestamp, arrival: unit.arrival))
        }

        private mutating func decode(
            _ unit: EncodedAudioUnit, count: Int, into samples: inout [Int16]
        ) -> AudioFrame.Kind {
            switch unit.kind {
            case .packet(let packet):
                decode(packet, count: count, into: &samples)
                return .decoded
            case .recovered(let packet):
                decode(packet, count: count, into: &samples)
                return .recovered
            case .forwardErrorCorrection(let next):
                let wanted = unit.duration / Int(ratio)
                if (try? decoder.decodeFEC(from: next, samples: wanted, into: &samples)) == nil {
                    statistics.decoderErrors += 1
                    conceal(count: count, into: &samples)
                }
                return .recovered
            case .lost:
                conceal(count: count, into: &samples)
                return .concealed
            case .discontinuous:
                samples.append(contentsOf: repeatElement(0, count: max(0, count)))
                return .discontinuous
            case .absenceBegan, .absent:
                return .absent
            }
        }

        private mutating func decode(_ packet: ByteBuffer, count: Int, into samples: inout [Int16]) {
            samples.reserveCapacity(max(0, count))
            if (try? decoder.decode(packet, into: &samples)) == nil {
                statistics.decoderErrors += 1
                conceal(count: count, into: &samples)
            }
        }

        /// Conceals `count` samples: libopus makes multiples of 2.5 ms up to 120 ms, so the rest is cut or silent.
        private func conceal(count: Int, into samples: inout [Int16]) {
            let goal = samples.count + max(0, count)
            let step = decoder.sampleRate / 400
            while samples.count < goal {
                let wanted = min(goal - samples.count, decoder.sampleRate * 120 / 1000)
                let rounded = (wanted + step - 1) / step * step
                guard (try? decoder.conceal(samples: rounded, into: &samples)) != nil else { break }
            }
            if samples.count > goal {
                samples.removeLast(samples.count - goal)
            } else {
                samples.append(contentsOf: repeatElement(0, count: goal - samples.count))
            }
        }

        private mutating func absence(samples: Int64, rtpTimestamp: Int64, arrival: Instant) -> AudioFrame {
            let start = MediaTime(samples: made, rate: decoder.sampleRate)
            expected &+= samples
            made = expected / ratio
            if samples >= Self.longestMemory, (try? decoder.reset()) == nil { statistics.decoderErrors += 1 }
            let duration = MediaTime(samples: made, rate: decoder.sampleRate) - start
            return AudioFrame(
                samples: [], start: start, duration: duration, kind: .absent, ssrc: ssrc, rtpTimestamp: rtpTimestamp,
                arrival: arrival)
        }
    }
}
