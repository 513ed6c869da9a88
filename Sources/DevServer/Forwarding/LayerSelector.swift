/// Decides which packets of a track's layers go to one subscriber.
///
/// Layers from sources of their own (simulcast) change at key frames alone. Layers inside one source (VP9's spatial ones)
/// are left at any picture, and joined at key frames. Temporal layers are left at once, and joined where the stream says
/// that one can.
struct LayerSelector {
    enum Choice: Equatable {
        /// It is sent on. `isFirst`: the stream goes over to its source with it; `marker`: it ends its picture for this
        /// subscriber, whatever it says itself.
        case send(isFirst: Bool, marker: Bool)
        /// It belongs to what is sent, but to a layer that is not: what follows closes up. `isWanted`: that layer is
        /// missing, and comes with a key frame.
        case leaveOut(isWanted: Bool)
        /// It is of a source that is not sent.
        case ignore
    }

    var wish = VideoWish.everything
    /// The simulcast layer that is sent; `nil` until a key frame came.
    private(set) var current: Int?
    private var spatial: UInt8 = 0
    private var temporal: UInt8 = .max

    /// What comes next must begin anew.
    mutating func interrupt() { current = nil }

    /// The layer that is wanted of those from which something comes: the highest that is allowed, else the lowest.
    func target(of live: [Int]) -> Int? { live.filter { $0 <= wish.layer }.max() ?? live.min() }

    /// - Parameters:
    ///   - layer: the simulcast layer that the packet is of, 0 without simulcast.
    ///   - live: the layers from which something comes, that one included.
    ///   - temporalLimit: the highest temporal layer that is wanted.
    mutating func choose(_ facts: PictureFacts, layer: Int, live: [Int], temporalLimit: UInt8) -> Choice {
        let isFirst = layer != current
        if isFirst {
            guard facts.beginsKeyFrame, let target = target(of: live), isNearer(layer, to: target) else {
                return .ignore
            }
            current = layer
        }
        if facts.beginsKeyFrame {
            spatial = UInt8(clamping: wish.layer)
            temporal = temporalLimit
        } else if facts.beginsPicture {
            spatial = min(spatial, UInt8(clamping: wish.layer))
        }
        temporal = min(temporal, temporalLimit)
        if facts.isScalable, facts.spatial > spatial { return .leaveOut(isWanted: Int(facts.spatial) <= wish.layer) }
        if facts.temporal > temporal {
            guard facts.temporal <= temporalLimit, facts.isLayerSync else { return .leaveOut(isWanted: false) }
            temporal = facts.temporal
        }
        let ends = facts.isScalable && facts.endsLayer && facts.spatial == spatial
        return .send(isFirst: isFirst, marker: ends)
    }

    /// The simulcast layer of which a key frame is needed to send what is wanted.
    func missing(of live: [Int]) -> Int? {
        let target = target(of: live)
        return target == current ? nil : target
    }

    /// A key frame of a layer on the way to the wanted one is better than waiting.
    private func isNearer(_ layer: Int, to target: Int) -> Bool {
        guard let current else { return layer <= target }
        return current < target ? layer > current && layer <= target : layer < current && layer >= target
    }
}
