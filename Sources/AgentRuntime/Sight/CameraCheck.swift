import RTCMedia
import SansIO

/// Whether a watched camera shows anything: looked after every few seconds.
struct CameraCheck: Sendable {
    enum Finding: Hashable, Sendable {
        /// Frames came, or would come, that cannot be decoded.
        case undecodable(codec: String)
        /// No frame came.
        case nothing(codec: String)
    }

    /// How long nothing may be seen.
    static let patience: Duration = .seconds(5)

    /// The next check.
    private(set) var deadline: Instant
    private let takesJPEG: Bool
    private var last = CameraTap.Progress()
    private var hasToldNothing = false

    /// - Parameters:
    ///   - now: when the camera could first be seen.
    ///   - takesJPEG: whether the server knows that JPEG is taken.
    init(at now: Instant, takesJPEG: Bool = false) {
        deadline = now + Self.patience
        self.takesJPEG = takesJPEG
    }

    /// The time does not count: the connection was away.
    mutating func postpone(at now: Instant) { deadline = now + Self.patience }

    /// - Parameter mimeType: the codec that the server says the camera is published in.
    mutating func timeout(at now: Instant, _ progress: CameraTap.Progress, mimeType: String) -> Finding? {
        guard now >= deadline else { return nil }
        deadline = now + Self.patience
        defer { last = progress }
        guard progress.decoded == last.decoded else {
            hasToldNothing = false
            return nil
        }
        let published = Self.name(of: mimeType)
        // Where some was decoded before, it is a bad stretch, and the next key frame may show more.
        if progress.decoded == 0, progress.failed > last.failed {
            return .undecodable(codec: progress.codec?.rawValue ?? published)
        }
        // A backup in another codec, which the server asks the publisher for, has had its time too.
        if progress.decoded == 0, !Self.isDecodable(published, takesJPEG: takesJPEG) {
            return .undecodable(codec: published)
        }
        // Once: somebody may have nothing to show for long.
        guard !hasToldNothing else { return nil }
        hasToldNothing = true
        return .nothing(codec: published)
    }

    /// Whether a codec of this name can be decoded at all, and was offered.
    static func isDecodable(_ name: String, takesJPEG: Bool) -> Bool {
        name.isEmpty || VideoCodec.allCases.contains { $0.rawValue == name && ($0 != .jpeg || takesJPEG) }
    }

    /// `AV1` of `video/AV1`. It comes from another client: a few letters and digits, and no more.
    static func name(of mimeType: String) -> String {
        let name = mimeType.split(separator: "/").last.map(String.init) ?? ""
        return String(name.uppercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber) }.prefix(16))
    }
}
