import RTCMedia

/// How much of a video track is wanted. Of a track that is published in layers, the server sends the smallest that is
/// enough; of others all that there is.
public struct VideoSetting: Sendable, Hashable {
    public enum Quality: Sendable, Hashable {
        case low, medium, high
    }

    /// The size of pictures that is enough, in luma samples; it counts instead of `quality`.
    public var size: VideoSize?
    /// The layer, where no size is given.
    public var quality: Quality
    /// Pictures a second that are enough: temporal layers beyond are not sent. `nil`: all.
    public var framesPerSecond: Int?
    /// Frames of higher temporal layers are left out on arrival, whatever is sent; `nil`: none.
    public var maximumTemporalLayer: UInt8?
    /// Whether frames that no other refers to are left out on arrival.
    public var skipsDiscardable: Bool

    public init(
        size: VideoSize? = nil, quality: Quality = .low, framesPerSecond: Int? = nil,
        maximumTemporalLayer: UInt8? = nil, skipsDiscardable: Bool = false
    ) {
        self.size = size
        self.quality = quality
        self.framesPerSecond = framesPerSecond
        self.maximumTemporalLayer = maximumTemporalLayer
        self.skipsDiscardable = skipsDiscardable
    }
}

/// Where the pictures of a track go.
public struct VideoSink: Sendable {
    public var setting: VideoSetting
    /// Called on the room's event loop with each frame, encoded, in the order of decoding. It must not block: decoding is
    /// for other threads.
    public var receive: @Sendable (EncodedVideoFrame) -> Void

    public init(_ setting: VideoSetting = .init(), receive: @escaping @Sendable (EncodedVideoFrame) -> Void) {
        self.setting = setting
        self.receive = receive
    }
}

extension VideoSetting {
    /// What the server is told; `nil` stops a track.
    static func request(_ setting: VideoSetting?, of sid: String) -> Livekit_UpdateTrackSettings {
        .with {
            $0.trackSids = [sid]
            guard let setting else {
                $0.disabled = true
                return
            }
            // Left out, it would be low: the server takes what is nearest to the size where one is given.
            $0.quality = setting.quality.message
            if let size = setting.size {
                $0.width = UInt32(clamping: size.width)
                $0.height = UInt32(clamping: size.height)
            }
            $0.fps = UInt32(clamping: setting.framesPerSecond ?? 0)
        }
    }
}

extension VideoSetting.Quality {
    var message: Livekit_VideoQuality {
        switch self {
        case .low: .low
        case .medium: .medium
        case .high: .high
        }
    }
}
