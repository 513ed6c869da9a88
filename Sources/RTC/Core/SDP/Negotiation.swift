/// What both sides of a section agree on, under the remote side's payload types and extension ids.
public struct NegotiatedMedia: Hashable, Sendable {
    /// In the remote side's order. Parameters are what this side answers.
    public var codecs: [Codec]
    public var extensions: [HeaderExtension]
    /// As seen from here.
    public var direction: MediaDirection

    /// The codec under a payload type.
    public func codec(payloadType: UInt8) -> Codec? { codecs.first { $0.payloadType == payloadType } }
}

/// The offer/answer rules for one media section (RFC 3264 §6, RFC 8829 §5.3.1).
public enum Negotiation {
    /// What we have in common with a remote section; `nil` where it is rejected, of a protocol or kind that we do not
    /// speak, or shares no codec.
    ///
    /// - Parameters:
    ///   - capabilities: what we support, or what we offered when `remote` is an answer.
    ///   - wanted: our own direction; the result is what the remote side also allows.
    ///   - remoteDirection: with the session's default applied; `remote.direction` if left out.
    public static func negotiate(
        _ capabilities: MediaCapabilities, with remote: MediaDescription, wanted: MediaDirection,
        remoteDirection: MediaDirection? = nil
    ) -> NegotiatedMedia? {
        guard !remote.isRejected, remote.mediaKind != nil, remote.transportProtocol.hasSuffix("TLS/RTP/SAVPF") else {
            return nil
        }
        let codecs = commonCodecs(local: capabilities.codecs, remote: remote.codecs)
        guard codecs.contains(where: { !$0.isRetransmission && !$0.isRedundancy }) else { return nil }
        return NegotiatedMedia(
            codecs: codecs,
            extensions: commonExtensions(local: capabilities.extensions, remote: remote.extensions),
            direction: (remoteDirection ?? remote.direction).mirrored.intersection(wanted))
    }

    /// The answer to an offered audio or video section; a rejecting one where there is nothing in common.
    ///
    /// - Parameter acceptsSimulcast: whether all layers that it offers to send are accepted (RFC 8853 §5.3.2).
    public static func answer(
        to remote: MediaDescription, capabilities: MediaCapabilities, wanted: MediaDirection,
        transport: LocalTransportDescription, track: LocalTrackDescription? = nil,
        remoteDirection: MediaDirection? = nil, acceptsSimulcast: Bool = false
    ) -> MediaDescription {
        guard let kind = remote.mediaKind, let mid = remote.mid,
            let agreed = negotiate(capabilities, with: remote, wanted: wanted, remoteDirection: remoteDirection)
        else { return .rejected(remote) }
        var track = track
        // Layers are offered, not answered.
        track?.streamIDs = []
        // Without RTX there is no second source to announce.
        if !agreed.codecs.contains(where: \.isRetransmission) { track?.rtxSSRC = nil }
        var section = MediaDescription.rtp(
            kind: kind, mid: mid, direction: agreed.direction, codecs: agreed.codecs, extensions: agreed.extensions,
            transport: transport, track: track, transportProtocol: remote.transportProtocol)
        if acceptsSimulcast, agreed.direction.receives {
            section.attributes += MediaDescription.simulcast(remote.sentStreamIDs, "recv")
        }
        return section
    }

    /// Our DTLS role in the answer to an offered one (RFC 8842 §5.3): active where we may choose.
    public static func answeredSetup(to remote: DTLSSetup?) -> DTLSSetup {
        remote == .active ? .passive : .active
    }

    /// Remote codecs that we support, answered, in the remote order.
    static func commonCodecs(local: [Codec], remote: [Codec]) -> [Codec] {
        var matches: [UInt8: Codec] = [:]  // remote payload type to our own codec
        for codec in remote where !codec.isRetransmission && !codec.isRedundancy {
            matches[codec.payloadType] = local.first { isSame($0, codec) }
        }
        return remote.compactMap { codec in
            if codec.isRetransmission {
                guard let apt = codec.associatedPayloadType, let primary = matches[apt],
                    local.contains(where: { $0.isRetransmission && $0.associatedPayloadType == primary.payloadType })
                else { return nil }
                return withFeedback(codec, [])
            }
            if codec.isRedundancy { return answeredRedundancy(codec, local: local, accepted: matches) }
            return matches[codec.payloadType].map { answered(codec, by: $0) }
        }
    }

    private static func answeredRedundancy(_ remote: Codec, local: [Codec], accepted: [UInt8: Codec]) -> Codec? {
        guard let own = local.first(where: { $0.isRedundancy && isSameFormat($0, remote) }) else { return nil }
        let blocks = remote.redundantPayloadTypes
        guard remote.parameters.isEmpty || !blocks.isEmpty else { return nil }
        // The blocks must be of codecs that we take, and ours must wrap just those.
        let wrapped = Set(own.redundantPayloadTypes)
        guard blocks.allSatisfy({ type in accepted[type].map { wrapped.contains($0.payloadType) } ?? false }) else {
            return nil
        }
        return withFeedback(remote, own.feedback)
    }

    private static func answered(_ remote: Codec, by local: Codec) -> Codec {
        var codec = withFeedback(remote, local.feedback)
        if remote.isNamed("H264") {
            codec.parameters = answeredH264(remote.parameters, local.parameters)
        } else if !local.parameters.isEmpty {
            codec.parameters = local.parameters
        }
        return codec
    }

    private static func withFeedback(_ remote: Codec, _ supported: [String]) -> Codec {
        var codec = remote
        var seen: Set<String> = []
        codec.feedback = remote.feedback.filter { supported.contains($0) && seen.insert($0).inserted }
        return codec
    }

    static func isSameFormat(_ left: Codec, _ right: Codec) -> Bool {
        left.isNamed(right.name) && left.clockRate == right.clockRate && left.channels == right.channels
    }

    /// Whether two codecs are the same configuration, so that one side's stream suits the other's decoder.
    static func isSame(_ left: Codec, _ right: Codec) -> Bool {
        guard isSameFormat(left, right) else { return false }
        let (a, b) = (left.parameters, right.parameters)
        switch left.name.lowercased() {
        case "h264":
            guard let one = H264Profile(a["profile-level-id"]), let two = H264Profile(b["profile-level-id"]) else {
                return false
            }
            return one.profile == two.profile && (a["packetization-mode"] ?? "0") == (b["packetization-mode"] ?? "0")
        case "vp9": return (a["profile-id"] ?? "0") == (b["profile-id"] ?? "0")
        case "av1": return (a["profile"] ?? "0") == (b["profile"] ?? "0")
        case "h265":
            return (a["profile-id"] ?? "1") == (b["profile-id"] ?? "1")
                && (a["tier-flag"] ?? "0") == (b["tier-flag"] ?? "0")
        default: return true
        }
    }

    /// Our own level where both sides allow levels to differ, else the lower one (RFC 6184 §8.2.2).
    private static func answeredH264(_ remote: FormatParameters, _ local: FormatParameters) -> FormatParameters {
        let key = "level-asymmetry-allowed"
        if remote[key] == "1", local[key] == "1" { return local }
        guard let ours = H264Profile(local["profile-level-id"]), let theirs = H264Profile(remote["profile-level-id"])
        else { return remote }
        return ours.level < theirs.level ? local : remote
    }

    static func commonExtensions(local: [HeaderExtension], remote: [HeaderExtension]) -> [HeaderExtension] {
        var ids: Set<UInt8> = []
        var uris: Set<String> = []
        return remote.compactMap { offered in
            guard local.contains(where: { $0.uri == offered.uri }), !ids.contains(offered.id),
                uris.insert(offered.uri).inserted
            else { return nil }
            ids.insert(offered.id)
            return HeaderExtension(id: offered.id, uri: offered.uri, direction: offered.direction?.mirrored)
        }
    }
}
