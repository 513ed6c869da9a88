import Foundation
import NIOCore
import RTCMedia
import SansIO

/// A camera whose frames are random bytes behind true headers, in any of the payload formats, cut anywhere.
struct SyntheticVideo: VideoSource {
    enum Style: Hashable, Sendable {
        /// VP8 without a picture id, as LiveKit's native publisher sends it.
        case vp8Bare
        /// VP8 with picture ids of so many bits.
        case vp8Numbered(bits: UInt8)
        /// VP8 with so many temporal layers.
        case vp8Layered(Int, bits: UInt8)
        /// VP9 in flexible mode: spatial and temporal layers. With `upperOnly` the lower spatial layers are left out of
        /// pictures that do not need them.
        case vp9Flexible(spatial: Int, temporal: Int, upperOnly: Bool)
        case vp9Fixed(spatial: Int, temporal: Int)
        case vp9Numbered
        case h264(Sets)

        enum Sets: Hashable, Sendable {
            case inEachKeyFrame, inTheFirstKeyFrame, described
        }
    }

    let style: Style
    var random: SplitMix64
    var packetiser = Packetiser()
    var largestFrame = 3000
    var largestPayload = 700
    var frameInterval = Duration.milliseconds(33)
    /// Frames between key frames that nobody asked for; 0: none.
    var keyFrameEvery = 0
    var framesLeft: Int
    var size = VideoSize(width: 640, height: 360)
    var discards = false
    /// Whether a request is answered.
    var answers = true
    private(set) var requests = 0
    private var now = Instant(nanoseconds: 1_000_000_000)
    private var timestamp: UInt32 = 4_294_900_000
    private var id = 0
    private var pattern: TemporalPattern
    private var isKeyFrameWanted = true
    private var baseIndex: UInt8 = 250
    private var pictureID: UInt16 = 32_700
    private var numbers: [Int: UInt16] = [:]
    private var sentSets = false

    init(_ style: Style, frames: Int, seed: UInt64) {
        self.style = style
        framesLeft = frames
        random = SplitMix64(seed: seed)
        pattern = TemporalPattern(layers: style.temporalLayers)
    }

    var sets: H264Sets { H264Sets(width: size.width, height: size.height) }

    var formats: [VideoFormat] {
        let described = [sets.sequence, sets.picture].map { Data($0).base64EncodedString() }.joined(separator: ",")
        return [
            VideoFormat(
                payloadType: packetiser.payloadType, codec: style.codec,
                parameterSets: style == .h264(.described) ? described : "")
        ]
    }

    var nextFrame: Instant? { framesLeft > 0 ? now : nil }

    mutating func requestKeyFrame() {
        requests += 1
        if answers { isKeyFrameWanted = true }
    }

    /// Lets time pass without a frame.
    mutating func pause(_ duration: Duration) {
        now = now + duration
        timestamp &+= UInt32(truncatingIfNeeded: duration.wholeMilliseconds * 90)
    }

    /// The next frame is a key frame of another size, this much later.
    mutating func switchSize(_ size: VideoSize, after interval: Duration) {
        self.size = size
        isKeyFrameWanted = true
        now = now - frameInterval + interval
        timestamp = timestamp &- 2970 &+ UInt32(truncatingIfNeeded: interval.wholeMilliseconds * 90)
    }

    mutating func sendFrame() -> (frame: SentFrame, packets: [VideoPacket]) {
        let isKeyFrame = isKeyFrameWanted || keyFrameEvery > 0 && id % keyFrameEvery == 0
        isKeyFrameWanted = false
        let step = pattern.next(
            id: id, isKeyFrame: isKeyFrame, syncs: style.codec == .vp8, switches: style.codec == .vp9,
            discards: discards, using: &random)
        if step.layer == 0 { baseIndex &+= 1 }
        pictureID = (pictureID &+ 1) & (style.pictureBits == 7 ? 0x7F : 0x7FFF)
        numbers[id] = pictureID
        var frame = SentFrame(
            id: id, isKeyFrame: isKeyFrame, references: isKeyFrame ? [] : step.references, temporalLayer: step.layer,
            isDiscardable: step.isDiscardable, size: isKeyFrame ? size : nil, data: ByteBuffer(), sentAt: now)
        let payloads: [[UInt8]]
        switch style {
        case .vp8Bare, .vp8Numbered, .vp8Layered: payloads = vp8(&frame, step)
        case .vp9Flexible, .vp9Fixed, .vp9Numbered: payloads = vp9(&frame, step)
        case .h264(let place): payloads = h264(&frame, place)
        }
        let packets = packetiser.packets(
            payloads.map { ByteBuffer(bytes: $0) }, timestamp: timestamp, sentAt: now, using: &random)
        id += 1
        framesLeft -= 1
        now = now + frameInterval
        timestamp &+= 2970
        return (frame, packets)
    }

    /// A body that no other frame has.
    private mutating func body() -> [UInt8] {
        let count = Int.random(in: 8...largestFrame, using: &random)
        let start = Int.random(in: 0...Self.noise.count - count, using: &random)
        return withUnsafeBytes(of: UInt64(id).bigEndian) { Array($0) } + Self.noise[start..<start + count]
    }

    /// Bytes without zeros, of which start codes could be made.
    private static let noise: [UInt8] = {
        var random = SplitMix64(seed: 1)
        return (0..<40_000).map { _ in UInt8.random(in: 1...255, using: &random) }
    }()

    // MARK: VP8

    private mutating func vp8(_ frame: inout SentFrame, _ step: TemporalPattern.Step) -> [[UInt8]] {
        var bytes: [UInt8] = [frame.isKeyFrame ? 0x50 : 0x51, 0, 0]
        if frame.isKeyFrame {
            bytes += [0x9D, 0x01, 0x2A]
            for side in [size.width, size.height] { bytes += [UInt8(side & 0xFF), UInt8(side >> 8)] }
        }
        bytes += body()
        frame.data = ByteBuffer(bytes: bytes)
        let pieces = fragments(bytes, most: largestPayload, using: &random)
        return pieces.enumerated().map { place, piece in
            // Later partitions begin somewhere.
            let flags: UInt8 = place == 0 ? 0x10 : UInt8(min(place / 2, 7))
            return vp8Descriptor(flags | (step.isDiscardable ? 0x20 : 0), step) + piece
        }
    }

    private func vp8Descriptor(_ flags: UInt8, _ step: TemporalPattern.Step) -> [UInt8] {
        let id = style.pictureBits == 7 ? [UInt8(pictureID)] : [UInt8(pictureID >> 8) | 0x80, UInt8(pictureID & 0xFF)]
        switch style {
        case .vp8Numbered: return [flags | 0x80, 0x80] + id
        case .vp8Layered:
            return [flags | 0x80, 0xF0] + id + [baseIndex, step.layer << 6 | (step.refersToBaseOnly ? 0x20 : 0) | 5]
        default: return [flags]
        }
    }

    // MARK: VP9

    private mutating func vp9(_ frame: inout SentFrame, _ step: TemporalPattern.Step) -> [[UInt8]] {
        var payloads: [[UInt8]] = []
        let lowest = style.upperOnly && !frame.isKeyFrame && Bool.random(using: &random) ? style.spatialLayers - 1 : 0
        var starts: [Int] = []
        for layer in lowest..<style.spatialLayers {
            var writer = BitWriter()
            if frame.isKeyFrame, layer == 0 {
                writer.vp9KeyHeader(
                    width: size.width >> (style.spatialLayers - 1), height: size.height >> (style.spatialLayers - 1))
            }
            starts.append(frame.data.readableBytes)
            let bytes = (frame.isKeyFrame && layer == 0 ? writer.bytes : [0x86]) + body()
            frame.data.writeBytes(bytes)
            let pieces = fragments(bytes, most: largestPayload, using: &random)
            for (place, piece) in pieces.enumerated() {
                let (isFirst, isLast) = (place == 0, place == pieces.count - 1)
                payloads.append(vp9Descriptor(frame, step, layer: layer, isFirst: isFirst, isLast: isLast) + piece)
            }
        }
        if starts.count > 1 {
            let marker = UInt8(0xD8 | (starts.count - 1))
            let sizes = zip(starts, starts.dropFirst() + [frame.data.readableBytes]).map { UInt32($1 - $0) }
            frame.data.writeInteger(marker)
            for size in sizes { frame.data.writeInteger(size, endianness: .little) }
            frame.data.writeInteger(marker)
        }
        return payloads
    }

    private func vp9Descriptor(
        _ frame: SentFrame, _ step: TemporalPattern.Step, layer: Int, isFirst: Bool, isLast: Bool
    ) -> [UInt8] {
        let hasStructure = frame.isKeyFrame && isFirst && layer == 0
        let hasLayers = style != .vp9Numbered
        var flags: UInt8 = 0x80 | (isFirst ? 0x08 : 0) | (isLast ? 0x04 : 0) | (hasStructure ? 0x02 : 0)
        if !frame.isKeyFrame { flags |= 0x40 }
        if hasLayers { flags |= 0x20 }
        if style.isFlexible { flags |= 0x10 }
        var bytes = [flags, UInt8(pictureID >> 8) | 0x80, UInt8(pictureID & 0xFF)]
        if hasLayers {
            let refersDown = layer > 0 && (frame.isKeyFrame || !style.upperOnly)
            bytes.append(
                step.layer << 5 | (step.isSwitchingPoint ? 0x10 : 0) | UInt8(layer) << 1 | (refersDown ? 1 : 0))
            if !style.isFlexible { bytes.append(baseIndex) }
        }
        if style.isFlexible, !frame.isKeyFrame {
            let distances = frame.references.sorted().compactMap { numbers[$0] }.map { (pictureID &- $0) & 0x7FFF }
            for (place, distance) in distances.enumerated() {
                bytes.append(UInt8(distance) << 1 | (place < distances.count - 1 ? 1 : 0))
            }
        }
        if hasStructure {
            bytes.append(UInt8(style.spatialLayers - 1) << 5 | 0x10)
            for below in (0..<style.spatialLayers).reversed() {
                for side in [size.width >> below, size.height >> below] {
                    bytes += [UInt8(side >> 8), UInt8(side & 0xFF)]
                }
            }
        }
        return bytes
    }

    // MARK: H.264

    private mutating func h264(_ frame: inout SentFrame, _ place: Style.Sets) -> [[UInt8]] {
        var units: [[UInt8]] = []
        let bringsSets = place == .inEachKeyFrame || place == .inTheFirstKeyFrame && !sentSets
        if frame.isKeyFrame, bringsSets {
            units += [sets.sequence, sets.picture]
            sentSets = true
        }
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let header: UInt8 = frame.isKeyFrame ? 0x65 : frame.isDiscardable ? 0x01 : 0x41
            units.append([header, 0x88, 0x84] + body())
        }
        let isComplete = !frame.isKeyFrame || bringsSets
        for unit in (isComplete ? [] : [sets.sequence, sets.picture]) + units {
            frame.data.writeBytes([0, 0, 0, 1] + unit)
        }
        if Bool.random(using: &random) { units.insert([0x09, 0xF0], at: 0) }
        return payloads(of: units)
    }

    private mutating func payloads(of units: [[UInt8]]) -> [[UInt8]] {
        var payloads: [[UInt8]] = []
        var waiting: [[UInt8]] = []
        func flush() {
            if waiting.count == 1 { payloads.append(waiting[0]) }
            if waiting.count > 1 {
                payloads.append(
                    [0x78] + waiting.flatMap { [UInt8($0.count >> 8), UInt8($0.count & 0xFF)] + $0 })
            }
            waiting = []
        }
        for unit in units {
            if unit.count <= largestPayload, Bool.random(using: &random) {
                waiting.append(unit)
                continue
            }
            flush()
            let pieces = fragments(Array(unit.dropFirst()), most: largestPayload, using: &random)
            guard pieces.count > 1 else {
                payloads.append(unit)
                continue
            }
            for (place, piece) in pieces.enumerated() {
                let edge: UInt8 = place == 0 ? 0x80 : place == pieces.count - 1 ? 0x40 : 0
                payloads.append([unit[0] & 0xE0 | 28, unit[0] & 0x1F | edge] + piece)
            }
        }
        flush()
        return payloads
    }
}

extension SyntheticVideo.Style {
    static let all: [Self] =
        [.vp8Bare, .vp8Numbered(bits: 7), .vp8Numbered(bits: 15), .vp9Numbered]
        + (1...3).flatMap { [.vp8Layered($0, bits: 7), .vp8Layered($0, bits: 15)] }
        + (1...3).flatMap { spatial in
            (1...3).flatMap { temporal in
                [
                    .vp9Fixed(spatial: spatial, temporal: temporal),
                    .vp9Flexible(spatial: spatial, temporal: temporal, upperOnly: false),
                ]
            }
        }
        + [.vp9Flexible(spatial: 3, temporal: 3, upperOnly: true)]
        + [.h264(.inEachKeyFrame), .h264(.inTheFirstKeyFrame), .h264(.described)]

    var codec: VideoCodec {
        switch self {
        case .vp8Bare, .vp8Numbered, .vp8Layered: .vp8
        case .vp9Flexible, .vp9Fixed, .vp9Numbered: .vp9
        case .h264: .h264
        }
    }

    var temporalLayers: Int {
        switch self {
        case .vp8Layered(let layers, _): layers
        case .vp9Flexible(_, let layers, _), .vp9Fixed(_, let layers): layers
        default: 1
        }
    }

    var spatialLayers: Int {
        switch self {
        case .vp9Flexible(let layers, _, _), .vp9Fixed(let layers, _): layers
        default: 1
        }
    }

    var isFlexible: Bool { if case .vp9Flexible = self { true } else { false } }
    var upperOnly: Bool { if case .vp9Flexible(_, _, true) = self { true } else { false } }

    var pictureBits: UInt8 {
        switch self {
        case .vp8Numbered(let bits), .vp8Layered(_, let bits): bits
        default: 15
        }
    }
}
