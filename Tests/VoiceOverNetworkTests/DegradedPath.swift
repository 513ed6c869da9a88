import RTCCore
import RTCMedia
import SansIO
import Simulation

/// A microphone, a bad network and the receiving side up to PCM: what the voice part hears of a sound in a real room.
struct DegradedPath {
    /// What is heard at the other end.
    struct Heard {
        /// As many as were said, each in its place on the receiver's timeline; zero where the track counted as absent.
        var samples: [Int16]
        var statistics: AudioReceiveStatistics
        /// Packets handed to the network, and lost there.
        var sent: Int
        var lost: Int
        /// Samples heard of each kind of frame.
        var kinds: [AudioFrame.Kind: Int]
    }

    static let sampleRate = 16_000
    /// Samples of 20 ms.
    static let frame = 320
    /// What the encoder looks ahead, by which the sound that comes out of the decoder is late: 6.5 ms.
    static let codecDelay = 104

    var conditions = LinkConditions.lossy(0, delay: .milliseconds(40))
    var bitrate = 32_000
    var redundancyDepth = 1

    /// 5 % of the packets lost, up to 30 ms of jitter, and one packet in a hundred overtaken.
    static var bad: DegradedPath {
        var path = DegradedPath()
        path.conditions.loss = 0.05
        path.conditions.jitter = .milliseconds(30)
        path.conditions.reorder = 0.01
        path.conditions.reorderDelay = .milliseconds(25)
        return path
    }

    /// As bad, but the losses come in bursts of three packets on average, which one RED block does not cover.
    static var bursty: DegradedPath {
        var path = bad
        path.conditions.loss = 0
        path.conditions.burst = .init(enter: 0.0175, leave: 1 / 3, loss: 1)
        return path
    }

    /// Says `samples` (16 kHz) at one end and listens at the other.
    func heard(_ samples: [Int16], seed: UInt64) throws -> Heard {
        var run = try Run(path: self, length: samples.count, seed: seed)
        // One frame more than there are samples brings out what the encoder still holds.
        for number in 0...((samples.count + Self.frame - 1) / Self.frame) {
            let start = min(number * Self.frame, samples.count)
            var piece = Array(samples[start..<min(start + Self.frame, samples.count)])
            piece.append(contentsOf: repeatElement(0, count: Self.frame - piece.count))
            try run.say(piece, at: Instant(nanoseconds: 1_000_000_000) + .milliseconds(20) * number)
        }
        run.finish()
        return run.heard
    }

    private struct Run {
        private var encoder: AudioTrackEncoder
        private var link: SimulatedLink<AudioTrackEncoder.Packet>
        private var receiver = AudioReceiver()
        private var indexer = SequenceIndexer()
        private let decoder: AudioDecoderPipeline
        private let firstTimestamp: UInt32
        /// Where the receiver's timeline begins, in samples since the first that was said.
        private var origin: Int?
        private var now = Instant.zero
        private(set) var heard: Heard

        init(path: DegradedPath, length: Int, seed: UInt64) throws {
            var configuration = OpusEncoder.Configuration()
            configuration.sampleRate = DegradedPath.sampleRate
            configuration.bitrate = path.bitrate
            configuration.usesDTX = true
            encoder = try AudioTrackEncoder(
                configuration: configuration, redundancyDepth: path.redundancyDepth, random: .seeded(seed))
            firstTimestamp = encoder.nextTimestamp
            link = SimulatedLink(path.conditions, seed: seed)
            decoder = try AudioDecoderPipeline(ssrc: 1, sampleRate: DegradedPath.sampleRate)
            heard = Heard(
                samples: Array(repeating: 0, count: length), statistics: .init(), sent: 0, lost: 0, kinds: [:])
        }

        mutating func say(_ samples: [Int16], at time: Instant) throws {
            advance(to: time)
            guard let packet = try encoder.encode(samples) else { return }
            link.send(packet, bytes: packet.payload.readableBytes + 40, at: time)
        }

        mutating func finish() {
            advance(to: now + .seconds(1))
            heard.statistics = receiver.statistics
            heard.sent = link.sent
            heard.lost = link.lost
        }

        private mutating func advance(to end: Instant) {
            while let next = earliest(link.deadline, receiver.deadline), next <= end {
                now = max(now, next)
                while let packet = link.receive(at: now) {
                    guard let index = indexer.place(packet.sequenceNumber).index else { continue }
                    receiver.receive(
                        payloadType: packet.payloadType, index: index, timestamp: packet.timestamp,
                        marker: packet.marker, payload: packet.payload, at: now)
                }
                if let due = receiver.deadline, due <= now { receiver.timeout(at: now) }
                while let unit = receiver.pollOutput() {
                    for frame in decoder.process(unit) { put(frame) }
                }
            }
            now = max(now, end)
        }

        private mutating func put(_ frame: AudioFrame) {
            let origin = self.origin ?? begin(with: frame)
            heard.kinds[frame.kind, default: 0] += frame.samples.count
            let start = origin + Int((frame.start.inSeconds * Double(DegradedPath.sampleRate)).rounded())
            let (first, end) = (max(0, start), min(heard.samples.count, start + frame.samples.count))
            guard first < end else { return }
            heard.samples.replaceSubrange(
                first..<end, with: frame.samples[(first - start)..<(end - start)])
        }

        /// The receiver's timeline begins with the first packet that arrived.
        private mutating func begin(with frame: AudioFrame) -> Int {
            let ticks = Int32(bitPattern: UInt32(truncatingIfNeeded: frame.rtpTimestamp) &- firstTimestamp)
            let origin = Int(ticks) / 3 - DegradedPath.codecDelay
            self.origin = origin
            return origin
        }
    }
}
