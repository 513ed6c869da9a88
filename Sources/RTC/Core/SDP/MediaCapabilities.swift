/// The codecs and header extensions of one media kind that this side supports, in order of preference.
///
/// Payload types and ids are those that an own offer uses; an answer takes the remote side's.
public struct MediaCapabilities: Hashable, Sendable {
    public var codecs: [Codec]
    public var extensions: [HeaderExtension]

    public init(codecs: [Codec], extensions: [HeaderExtension]) {
        self.codecs = codecs
        self.extensions = extensions
    }

    /// Opus with in-band FEC, and RED around it.
    public static let audio = MediaCapabilities(
        codecs: [
            Codec(
                payloadType: 111, name: "opus", clockRate: 48000, channels: 2,
                parameters: "minptime=10;useinbandfec=1", feedback: ["nack"]),
            Codec(payloadType: 63, name: "red", clockRate: 48000, channels: 2, parameters: "111/111"),
        ],
        extensions: [
            HeaderExtension(id: 1, uri: HeaderExtension.midURI),
            HeaderExtension(id: 2, uri: HeaderExtension.audioLevelURI),
        ])

    /// VP8, VP9 and H.264 (constrained baseline), each with retransmission.
    public static let video = MediaCapabilities(
        codecs: [
            videoCodec(96, "VP8"), retransmission(97, of: 96),
            videoCodec(98, "VP9", "profile-id=0"), retransmission(99, of: 98),
            videoCodec(108, "H264", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"),
            retransmission(109, of: 108),
            videoCodec(125, "H264", "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f"),
            retransmission(126, of: 125),
        ],
        extensions: [
            HeaderExtension(id: 1, uri: HeaderExtension.midURI),
            HeaderExtension(id: 3, uri: HeaderExtension.absoluteSendTimeURI),
        ])

    /// What ``video`` has, and JPEG (RFC 2435) after it, under the payload type that RFC 3551 gives it. livekit-server
    /// forwards no JPEG: this is for peers that are known to send some.
    public static let videoWithJPEG = MediaCapabilities(
        codecs: video.codecs + [videoCodec(26, "JPEG")], extensions: video.extensions)

    private static func videoCodec(_ type: UInt8, _ name: String, _ parameters: FormatParameters = "") -> Codec {
        Codec(
            payloadType: type, name: name, clockRate: 90000, parameters: parameters,
            feedback: ["ccm fir", "nack", "nack pli"])
    }

    /// The retransmission codec of a payload type.
    public static func retransmission(_ type: UInt8, of primary: UInt8) -> Codec {
        Codec(payloadType: type, name: "rtx", clockRate: 90000, parameters: FormatParameters("apt=\(primary)"))
    }
}
