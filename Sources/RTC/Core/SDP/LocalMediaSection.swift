/// The transport part of a local section: ICE, DTLS and candidates, the same in every bundled section.
public struct LocalTransportDescription: Hashable, Sendable {
    public var ufrag: String
    public var password: String
    /// Such as `trickle`.
    public var iceOptions: [String]
    /// As `sha-256 AA:BB:…`.
    public var fingerprints: [String]
    public var setup: DTLSSetup
    /// Candidate values, with or without `candidate:` before them.
    public var candidates: [String]

    public init(
        ufrag: String, password: String, iceOptions: [String] = ["trickle"], fingerprints: [String], setup: DTLSSetup,
        candidates: [String] = []
    ) {
        self.ufrag = ufrag
        self.password = password
        self.iceOptions = iceOptions
        self.fingerprints = fingerprints
        self.setup = setup
        self.candidates = candidates
    }

    fileprivate var attributes: [SDPAttribute] {
        var list = candidates.map { value in
            SDPAttribute("candidate", value.hasPrefix("candidate:") ? String(value.dropFirst(10)) : value)
        }
        list.append(SDPAttribute("ice-ufrag", ufrag))
        list.append(SDPAttribute("ice-pwd", password))
        if !iceOptions.isEmpty { list.append(SDPAttribute("ice-options", iceOptions.joined(separator: " "))) }
        list += fingerprints.map { SDPAttribute("fingerprint", $0) }
        list.append(SDPAttribute("setup", setup.rawValue))
        return list
    }
}

/// What a local section says of the track that it sends.
public struct LocalTrackDescription: Hashable, Sendable {
    public var msid: MediaStreamIdentification
    public var cname: String
    public var ssrc: UInt32
    /// The source of retransmissions, where RTX is negotiated.
    public var rtxSSRC: UInt32?
    /// The names of simulcast layers: packets tell them apart, and no source is announced (RFC 8853).
    public var streamIDs: [String]

    public init(
        msid: MediaStreamIdentification, cname: String, ssrc: UInt32, rtxSSRC: UInt32? = nil, streamIDs: [String] = []
    ) {
        self.msid = msid
        self.cname = cname
        self.ssrc = ssrc
        self.rtxSSRC = rtxSSRC
        self.streamIDs = streamIDs
    }

    fileprivate var sourceAttributes: [SDPAttribute] {
        guard streamIDs.isEmpty else { return MediaDescription.simulcast(streamIDs, "send") }
        var list: [SDPAttribute] = []
        if let rtxSSRC {
            list.append(SDPAttribute("ssrc-group", SSRCGroup(semantics: "FID", ssrcs: [ssrc, rtxSSRC]).value))
        }
        for source in [ssrc, rtxSSRC].compactMap({ $0 }) {
            list.append(SDPAttribute("ssrc", "\(source) cname:\(cname)"))
            list.append(SDPAttribute("ssrc", "\(source) msid:\(msid.value)"))
        }
        return list
    }
}

extension MediaDescription {
    /// An audio or video section of a local description, in the order that libwebrtc writes (RFC 8829 §5.2.1).
    ///
    /// - Parameters:
    ///   - direction: as seen from here.
    ///   - transportProtocol: an answer repeats the offer's.
    ///   - track: written where `direction` sends; `msid` goes with it.
    public static func rtp(
        kind: MediaKind, mid: String, direction: MediaDirection, codecs: [Codec], extensions: [HeaderExtension],
        transport: LocalTransportDescription, track: LocalTrackDescription? = nil,
        transportProtocol: String = "UDP/TLS/RTP/SAVPF"
    ) -> MediaDescription {
        var section = MediaDescription(
            kind: Kind(kind), transportProtocol: transportProtocol, formats: codecs.map { String($0.payloadType) })
        var list = [SDPAttribute("rtcp", "9 IN IP4 0.0.0.0")] + transport.attributes
        list.append(SDPAttribute("mid", mid))
        list += extensions.map { SDPAttribute("extmap", $0.value) }
        list.append(SDPAttribute(direction.rawValue))
        let sent = direction.sends ? track : nil
        if let sent { list.append(SDPAttribute("msid", sent.msid.value)) }
        list.append(SDPAttribute("rtcp-mux"))
        list.append(SDPAttribute("rtcp-rsize"))
        for codec in codecs {
            list.append(SDPAttribute("rtpmap", codec.mapping))
            list += codec.feedback.map { SDPAttribute("rtcp-fb", "\(codec.payloadType) \($0)") }
            if !codec.parameters.isEmpty {
                list.append(SDPAttribute("fmtp", "\(codec.payloadType) \(codec.parameters.text)"))
            }
        }
        if let sent { list += sent.sourceAttributes }
        section.attributes = list
        return section
    }

    /// The lines of simulcast with these layers; none for fewer than one (RFC 8851, RFC 8853 §5.1).
    ///
    /// - Parameter direction: `send` or `recv`, as seen from here.
    static func simulcast(_ streamIDs: [String], _ direction: String) -> [SDPAttribute] {
        guard !streamIDs.isEmpty else { return [] }
        return streamIDs.map { SDPAttribute("rid", "\($0) \(direction)") }
            + [SDPAttribute("simulcast", "\(direction) \(streamIDs.joined(separator: ";"))")]
    }

    /// A data-channel section of a local description (RFC 8841 §5).
    ///
    /// - Parameter maximumMessageSize: the largest message taken, in bytes.
    public static func dataChannel(
        mid: String, transport: LocalTransportDescription, sctpPort: UInt16 = 5000, maximumMessageSize: UInt64,
        transportProtocol: String = "UDP/DTLS/SCTP"
    ) -> MediaDescription {
        MediaDescription(
            kind: .application, transportProtocol: transportProtocol, formats: ["webrtc-datachannel"],
            attributes: transport.attributes + [
                SDPAttribute("mid", mid),
                SDPAttribute("sctp-port", String(sctpPort)),
                SDPAttribute("max-message-size", String(maximumMessageSize)),
            ])
    }

    /// The answer that turns a section down: port 0, everything else as little as the grammar allows.
    public static func rejected(_ remote: MediaDescription) -> MediaDescription {
        MediaDescription(
            kind: remote.kind, port: 0, transportProtocol: remote.transportProtocol, formats: remote.formats,
            attributes: remote.mid.map { [SDPAttribute("mid", $0)] } ?? [])
    }
}
