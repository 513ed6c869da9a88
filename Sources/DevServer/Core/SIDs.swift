import LiveKit
import SansIO

/// Makes LiveKit's ids: a prefix and random letters and digits.
struct SIDs {
    private var random: RandomSource
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")

    init(random: RandomSource) {
        self.random = random
    }

    enum Prefix: String {
        case room = "RM_"
        case participant = "PA_"
        case track = "TR_"
        case node = "ND_"
        case worker = "AW_"
        case job = "AJ_"
        case dispatch = "AD_"
    }

    mutating func make(_ prefix: Prefix, infix: String = "") -> String {
        prefix.rawValue + infix + token(12)
    }

    /// The two letters after `TR_` say what the track is.
    mutating func makeTrack(_ type: Livekit_TrackType, _ source: Livekit_TrackSource) -> TrackSID {
        let kind = type == .video ? "V" : "A"
        let origin =
            switch source {
            case .camera: "C"
            case .microphone: "M"
            case .screenShare: "S"
            case .screenShareAudio: "s"
            default: ""
            }
        return make(.track, infix: kind + origin)
    }

    mutating func token(_ length: Int) -> String {
        var text = ""
        for _ in 0..<length {
            text.append(Self.alphabet[Int.random(in: Self.alphabet.indices, using: &random)])
        }
        return text
    }

    mutating func number<T: FixedWidthInteger>(in range: ClosedRange<T>) -> T {
        T.random(in: range, using: &random)
    }

    mutating func fraction() -> Double { Double.random(in: 0..<1, using: &random) }

    mutating func bytes(_ count: Int) -> [UInt8] { random.bytes(count) }
}
