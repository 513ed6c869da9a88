import RTCCore

extension MediaCapabilities {
    /// What our own client does not decode, but others may send each other.
    static let forwardedVideo =
        [(45, "AV1", ""), (49, "H265", "profile-id=1;tier-flag=0;level-id=93;tx-mode=SRST")].flatMap {
            (type: UInt8, name: String, parameters: String) in
            [
                Codec(
                    payloadType: type, name: name, clockRate: 90_000, parameters: FormatParameters(parameters),
                    feedback: ["ccm fir", "nack", "nack pli"]),
                MediaCapabilities.retransmission(type + 1, of: type),
            ]
        } + videoWithJPEG.codecs.filter { $0.isNamed("JPEG") }
}

extension PeerConnection.Configuration {
    /// Simulcast, its names in packets, and estimates of what may be sent: without these publishers keep to one layer.
    mutating func acceptLayers() {
        acceptsSimulcast = true
        video.extensions += [
            HeaderExtension(id: 10, uri: HeaderExtension.streamIDURI),
            HeaderExtension(id: 11, uri: HeaderExtension.repairedStreamIDURI),
        ]
        for index in video.codecs.indices
        where !video.codecs[index].isRetransmission {
            video.codecs[index].feedback.append("goog-remb")
        }
    }
}
