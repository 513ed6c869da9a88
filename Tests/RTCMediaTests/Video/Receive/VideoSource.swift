import NIOCore
import RTCMedia
import SansIO

/// One packet of a video track.
struct VideoPacket: Sendable {
    var sentAt: Instant
    var payloadType: UInt8
    var sequenceNumber: UInt16
    var timestamp: UInt32
    var marker: Bool
    /// Empty for padding.
    var payload: ByteBuffer
}

/// A frame as its sender knows it.
struct SentFrame: Sendable {
    var id: Int
    var isKeyFrame: Bool
    /// The ids of the frames that its decoder needs.
    var references: Set<Int>
    var temporalLayer: UInt8 = 0
    var isDiscardable = false
    var size: VideoSize?
    /// What should come out.
    var data: ByteBuffer
    var sentAt: Instant
}

/// Something that sends frames and answers requests for key frames.
protocol VideoSource {
    var formats: [VideoFormat] { get }
    /// When the next frame is sent; `nil` at the end.
    var nextFrame: Instant? { get }
    mutating func sendFrame() -> (frame: SentFrame, packets: [VideoPacket])
    mutating func requestKeyFrame()
}

/// Numbers packets.
struct Packetiser {
    var payloadType: UInt8 = 96
    var sequenceNumber: UInt16 = 65_400
    /// Probability that a packet of padding follows a frame.
    var padding = 0.0

    mutating func packets(
        _ payloads: [ByteBuffer], timestamp: UInt32, sentAt: Instant, using random: inout SplitMix64
    ) -> [VideoPacket] {
        var packets = payloads.enumerated().map { place, payload in
            packet(payload, timestamp: timestamp, marker: place == payloads.count - 1, sentAt: sentAt)
        }
        while Double.random(in: 0..<1, using: &random) < padding {
            packets.append(packet(ByteBuffer(), timestamp: timestamp, marker: false, sentAt: sentAt))
        }
        return packets
    }

    private mutating func packet(
        _ payload: ByteBuffer, timestamp: UInt32, marker: Bool, sentAt: Instant
    ) -> VideoPacket {
        defer { sequenceNumber &+= 1 }
        return VideoPacket(
            sentAt: sentAt, payloadType: payloadType, sequenceNumber: sequenceNumber, timestamp: timestamp,
            marker: marker, payload: payload)
    }
}

/// Cuts bytes into pieces of random length.
func fragments(_ bytes: [UInt8], most: Int, using random: inout SplitMix64) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    var rest = bytes[...]
    while !rest.isEmpty {
        let piece = rest.prefix(Int.random(in: 1...most, using: &random))
        pieces.append(Array(piece))
        rest = rest.dropFirst(piece.count)
    }
    return pieces
}

/// Which frames of temporal layers refer to which: layers 0; 0 1; or 0 2 1 2.
struct TemporalPattern {
    let layers: Int
    private var position = 0
    private var lastOfLayer: [Int?] = [nil, nil, nil]

    init(layers: Int) { self.layers = layers }

    struct Step {
        var layer: UInt8
        var references: Set<Int>
        var refersToBaseOnly = false
        var isSwitchingPoint = false
        var isDiscardable = false
    }

    /// - Parameters:
    ///   - syncs: some frames of higher layers refer to the base alone.
    ///   - switches: some base frames end what higher layers refer to.
    ///   - discards: some frames are never referred to.
    mutating func next(
        id: Int, isKeyFrame: Bool, syncs: Bool = false, switches: Bool = false, discards: Bool = false,
        using random: inout SplitMix64
    ) -> Step {
        if isKeyFrame {
            position = 0
            lastOfLayer = [nil, nil, nil]
        }
        let cycle: [UInt8] = [[0], [0, 1], [0, 2, 1, 2]][layers - 1]
        let layer = cycle[position % cycle.count]
        position += 1
        var step = Step(layer: layer, references: Set(lastOfLayer[0...Int(layer)].compactMap { $0 }))
        if syncs, layer > 0, Int.random(in: 0..<3, using: &random) == 0 {
            step.refersToBaseOnly = true
            step.references = Set([lastOfLayer[0]].compactMap { $0 })
        }
        if switches, layers > 1, Int.random(in: 0..<3, using: &random) == 0 {
            step.isSwitchingPoint = true
            for higher in Int(layer) + 1..<3 where higher < 3 { lastOfLayer[higher] = nil }
        }
        step.isDiscardable = discards && !isKeyFrame && layer > 0 && Int.random(in: 0..<3, using: &random) == 0
        if !step.isDiscardable { lastOfLayer[Int(layer)] = id }
        return step
    }
}
