/// An RTP header extension under its id (RFC 8285 §5).
public struct HeaderExtension: Hashable, Sendable {
    /// 1–14 fit the one-byte form, up to 255 the two-byte form.
    public var id: UInt8
    public var uri: String
    /// The direction suffix of the id, if written.
    public var direction: MediaDirection?
    /// What follows the URI, if anything.
    public var parameters: String?

    public init(id: UInt8, uri: String, direction: MediaDirection? = nil, parameters: String? = nil) {
        self.id = id
        self.uri = uri
        self.direction = direction
        self.parameters = parameters
    }

    init?(parsing value: String) {
        let (head, tail) = SDPFields.cut(value, at: " ")
        guard let tail else { return nil }
        let (uriText, parameterText) = SDPFields.cut(SDPFields.trimmed(tail), at: " ")
        let (idText, directionText) = SDPFields.cut(head, at: "/")
        // Ids from 4096 up are placeholders of an offer (RFC 8285 §6); no WebRTC stack writes them.
        guard let id: UInt8 = SDPFields.number(idText), id > 0, !uriText.isEmpty else { return nil }
        if let directionText {
            guard let direction = MediaDirection(rawValue: String(directionText)) else { return nil }
            self.direction = direction
        }
        self.id = id
        uri = String(uriText)
        parameters = parameterText.map(String.init)
    }

    var value: String {
        "\(id)" + (direction.map { "/\($0.rawValue)" } ?? "") + " \(uri)" + (parameters.map { " \($0)" } ?? "")
    }

    /// The section's `mid` in the packet (RFC 9143 §15).
    public static let midURI = "urn:ietf:params:rtp-hdrext:sdes:mid"
    /// The simulcast layer's name (RFC 8852 §3.1).
    public static let streamIDURI = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
    /// The name of the layer that a retransmission repairs (RFC 8852 §3.2).
    public static let repairedStreamIDURI = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
    /// Loudness of the packet's audio (RFC 6464).
    public static let audioLevelURI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
    /// 24 bits of send time, for REMB estimators.
    public static let absoluteSendTimeURI = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
    /// 64 bits of capture time, NTP format.
    public static let absoluteCaptureTimeURI = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"
    /// A 16-bit number across all streams of a transport, for send-side estimators.
    public static let transportSequenceNumberURI =
        "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
}
