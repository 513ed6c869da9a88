/// Knows which frames were handed out, as far as later ones may refer to them.
struct ReferenceTracker: Sendable {
    /// A key frame was handed out, and of what it needs to go on nothing is missing.
    private(set) var isIntact = false
    /// The last numbered frame that was dealt with.
    private var last: (id: PictureID, number: Int64)?
    /// Bit n: the frame n before `last` was handed out.
    private var handedOut: UInt128 = 0
    /// The number of the base layer's last frame (TL0PICIDX).
    private var lastBase: UInt8?
    /// Bit n: all of temporal layer n was handed out that frames of it may refer to.
    private var intactLayers: UInt8 = 0

    /// Whether everything that a frame refers to was handed out.
    /// - Parameter isContiguous: no packet is missing between it and what was dealt with before.
    func canDecode(_ frame: FrameInAssembly, isContiguous: Bool) -> Bool {
        if frame.isKeyFrame { return true }
        guard isIntact else { return false }
        switch frame.references {
        case .precedingFrame: return isContiguous
        case .numbered(let id): return isContiguous || follows(id)
        case .listed(let id, let distances): return areHandedOut(distances, before: number(of: id))
        case .layered(let layering):
            if frame.temporalLayer == 0 { return lastBase.map { $0 &+ 1 == layering.baseIndex } ?? false }
            guard layering.baseIndex == lastBase else { return false }
            return layering.refersToBaseOnly
                || isIntact(through: frame.temporalLayer) && (isContiguous || follows(layering.pictureID))
        }
    }

    /// Whether the frame's number says that none is missing before it.
    func follows(_ frame: FrameInAssembly) -> Bool { follows(frame.references.pictureID) }

    /// A frame goes to the decoder.
    mutating func handOut(_ frame: FrameInAssembly, isContiguous: Bool) {
        let isNext = isContiguous || follows(frame)
        if frame.isKeyFrame {
            self = ReferenceTracker()
            isIntact = true
            intactLayers = .max
        }
        let number = frame.references.pictureID.map { self.number(of: $0) }
        if case .listed = frame.references, let number {
            let step = last.map { number - $0.number } ?? 0
            handedOut = (step < 128 ? handedOut << UInt128(max(0, step)) : 0) | 1
        }
        if case .layered(let layering) = frame.references {
            if !frame.isKeyFrame, !isNext { intactLayers = 1 }
            if frame.temporalLayer == 0 { lastBase = layering.baseIndex }
            // A frame that nothing refers to begins nothing.
            if layering.refersToBaseOnly, !frame.isDiscardable { intactLayers |= bit(frame.temporalLayer) }
            if layering.isSwitchingPoint { intactLayers |= ~(bit(frame.temporalLayer) &* 2 &- 1) }
        }
        pass(frame.references.pictureID, number)
    }

    /// A frame is left out: what refers to it cannot be decoded.
    mutating func leaveOut(_ frame: FrameInAssembly) {
        defer {
            let number = frame.references.pictureID.map { self.number(of: $0) }
            if case .listed = frame.references {} else { pass(frame.references.pictureID, number) }
        }
        guard !frame.isDiscardable || frame.isKeyFrame else { return }
        switch frame.references {
        // The lists of later ones tell.
        case .listed: break
        case .layered where frame.temporalLayer > 0: intactLayers &= bit(frame.temporalLayer) &- 1
        case .precedingFrame, .numbered, .layered: isIntact = false
        }
    }

    /// Whether leaving a frame out leaves nothing to go on with.
    func isEssential(_ frame: FrameInAssembly) -> Bool {
        if frame.isKeyFrame { return true }
        switch frame.references {
        case .precedingFrame, .numbered: return !frame.isDiscardable
        case .listed, .layered: return frame.temporalLayer == 0 && !frame.isDiscardable
        }
    }

    private mutating func pass(_ id: PictureID?, _ number: Int64?) {
        guard let id, let number, number > last?.number ?? .min else { return }
        last = (id, number)
    }

    private func number(of id: PictureID) -> Int64 {
        last.map { $0.number + id.distance(from: $0.id) } ?? Int64(id.value)
    }

    private func follows(_ id: PictureID?) -> Bool {
        guard let id, let last else { return false }
        return id.distance(from: last.id) == 1
    }

    private func areHandedOut(_ distances: UInt128, before number: Int64) -> Bool {
        guard let last, number > last.number else { return false }
        var left = distances
        while left != 0 {
            let distance = Int64(left.trailingZeroBitCount)
            left &= left - 1
            let age = last.number - number + distance
            guard (0..<128).contains(age), handedOut >> UInt128(age) & 1 == 1 else { return false }
        }
        return true
    }

    /// Whether nothing of a layer and of those below it is missing.
    private func isIntact(through layer: UInt8) -> Bool {
        let layers = bit(layer) | (bit(layer) &- 1)
        return intactLayers & layers == layers
    }

    private func bit(_ layer: UInt8) -> UInt8 { 1 << (layer & 7) }
}

extension VideoReferences {
    var pictureID: PictureID? {
        switch self {
        case .precedingFrame: nil
        case .numbered(let id), .listed(let id, _): id
        case .layered(let layering): layering.pictureID
        }
    }
}
