import LiveKit
import SansIO

extension ServerCore {
    /// Settings that are kept for one participant: more tracks than a room has.
    private static let mostSettings = 1000

    /// What a client wants of a track, which it may be subscribed to or not.
    func set(
        _ settings: Livekit_UpdateTrackSettings, for sid: TrackSID, of subscriber: Participant, in room: HostedRoom
    ) {
        if subscriber.settings[sid] == nil, subscriber.settings.count >= Self.mostSettings {
            subscriber.settings = subscriber.settings.filter { room.track($0.key) != nil }
            guard subscriber.settings.count < Self.mostSettings else { return }
        }
        subscriber.settings[sid] = settings
        guard let index = subscriber.subscriptions.firstIndex(where: { $0.track.sid == sid }),
            let track = room.track(sid)?.track
        else { return }
        let before = subscriber.subscriptions[index]
        subscriber.subscriptions[index].isPaused = settings.pauses
        subscriber.subscriptions[index].wish = VideoWish(settings, of: track.info)
        let now = subscriber.subscriptions[index]
        guard now.isForwarded else { return }
        if now.wish != before.wish { emit(.media(.setWish(sid, now.wish), of: subscriber.sid)) }
        if now.isPaused != before.isPaused { emit(.media(.setPaused(sid, now.isPaused), of: subscriber.sid)) }
    }
}

extension Livekit_UpdateTrackSettings {
    /// Whether nothing is to be sent.
    var pauses: Bool { disabled || (width == 0 && height == 0 && quality == .off) }
}

extension VideoWish {
    /// A layer suffices that has so much of the size that is asked for, as in livekit-server.
    private static let tolerance = 0.9

    init(_ settings: Livekit_UpdateTrackSettings, of track: Livekit_TrackInfo) {
        let layer =
            settings.width > 0 || settings.height > 0
            ? Self.layer(forHeight: settings.height, of: track) : settings.quality.rawValue
        self.init(layer: max(0, min(layer, 2)), rate: settings.fps)
    }

    /// The smallest layer that has that height.
    private static func layer(forHeight height: UInt32, of track: Livekit_TrackInfo) -> Int {
        guard height > 0 else { return 2 }
        let announced = track.layers.map(\.height).sorted()
        let heights = announced.isEmpty ? [180, 360, track.height] : announced
        let needed = tolerance * Double(height)
        for (layer, height) in heights.enumerated() where Double(height) >= needed {
            // Of layers of one size the best.
            return heights.lastIndex(of: height) ?? layer
        }
        return heights.count - 1
    }
}
