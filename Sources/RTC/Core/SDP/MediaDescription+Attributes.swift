extension MediaDescription {
    /// Whether the section is turned down or stopped: port 0, unless it is only bundled (RFC 9143 §6).
    public var isRejected: Bool { port == 0 && attributes.first("bundle-only") == nil }

    /// Audio or video; `nil` for data and unknown kinds.
    public var mediaKind: MediaKind? {
        switch kind {
        case .audio: .audio
        case .video: .video
        case .application, .other: nil
        }
    }

    /// Whether the section carries data channels (RFC 8841).
    public var isDataChannel: Bool { kind == .application && transportProtocol.hasSuffix("DTLS/SCTP") }

    /// The section's name within the description (RFC 5888 §4).
    public var mid: String? { attributes.value("mid") }

    /// The direction written in the section; the last one counts. See `SessionDescription.direction(of:)`.
    public var ownDirection: MediaDirection? { MediaDirection.last(in: attributes) }

    /// The direction written in the section, else `sendrecv`, the default.
    public var direction: MediaDirection { ownDirection ?? .sendrecv }

    public var hasRTCPMux: Bool { attributes.first("rtcp-mux") != nil }

    /// Whether RTCP may be sent in reduced size (RFC 5506).
    public var hasReducedSizeRTCP: Bool { attributes.first("rtcp-rsize") != nil }

    /// Candidate attribute values without their name, in order (RFC 8839 §5.1).
    public var candidates: [String] { attributes.values("candidate") }

    public var hasEndOfCandidates: Bool { attributes.first("end-of-candidates") != nil }

    /// SCTP's port (RFC 8841 §5); 5000 is usual.
    public var sctpPort: UInt16? { attributes.value("sctp-port").flatMap { SDPFields.number($0) } }

    /// The largest data-channel message that the writer takes, in bytes; 0 means any size, `nil` means 65536
    /// (RFC 8841 §6).
    public var maximumMessageSize: UInt64? { attributes.value("max-message-size").flatMap { SDPFields.number($0) } }

    /// Header extensions with the writer's ids.
    public var extensions: [HeaderExtension] {
        attributes.values("extmap").compactMap { HeaderExtension(parsing: $0) }
    }

    /// The media stream and track of the section: `a=msid`, else the `msid` of the first source that has one.
    public var msid: MediaStreamIdentification? {
        attributes.value("msid").flatMap { MediaStreamIdentification(parsing: $0) }
            ?? sources.lazy.compactMap(\.msid).first
    }

    /// Sources with their attributes, in the order of first mention (RFC 5576 §4.1).
    public var sources: [SourceDescriptor] {
        var order: [UInt32] = []
        var bySSRC: [UInt32: SourceDescriptor] = [:]
        for line in attributes.values("ssrc").lazy.compactMap({ SSRCLine(parsing: $0) }) {
            if bySSRC[line.ssrc] == nil { order.append(line.ssrc) }
            bySSRC[line.ssrc, default: SourceDescriptor(ssrc: line.ssrc)].attributes.append(line.attribute)
        }
        return order.compactMap { bySSRC[$0] }
    }

    /// `ssrc-group` lines in order.
    public var sourceGroups: [SSRCGroup] { attributes.values("ssrc-group").compactMap { SSRCGroup(parsing: $0) } }

    /// Media sources, each with its retransmission source if an FID group names one (RFC 4588 §11.3). Retransmission
    /// sources are not listed by themselves.
    public var mediaSources: [(ssrc: UInt32, rtxSSRC: UInt32?)] {
        var rtx: [UInt32: UInt32] = [:]
        for group in sourceGroups where group.semantics == "FID" && group.ssrcs.count == 2 {
            rtx[group.ssrcs[0]] = group.ssrcs[1]
        }
        let repairs = Set(rtx.values)
        return sources.lazy.map(\.ssrc).filter { !repairs.contains($0) }.map { ($0, rtx[$0]) }
    }

    /// `rid` lines as written (RFC 8851).
    public var restrictionIDs: [String] { attributes.values("rid") }

    /// The `simulcast` line as written (RFC 8853).
    public var simulcast: String? { attributes.value("simulcast") }

    /// The layers that the writer offers to send, in its order: of alternatives the first, paused ones too (RFC 8853
    /// §5.1). Empty without simulcast; those without a `rid` line to send are left out.
    public var sentStreamIDs: [String] {
        guard let simulcast else { return [] }
        let words = SDPFields.split(simulcast).map(String.init)
        guard let place = words.firstIndex(of: "send"), words.indices.contains(place + 1) else { return [] }
        let declared = Set(
            restrictionIDs.compactMap { line in
                let fields = SDPFields.split(line)
                return fields.count >= 2 && fields[1] == "send" ? String(fields[0]) : nil
            })
        var seen: Set<String> = []
        return SDPFields.parts(words[place + 1], separator: ";").compactMap { alternatives in
            guard let first = SDPFields.parts(alternatives, separator: ",").first else { return nil }
            let id = String(first.drop { $0 == "~" })
            return declared.contains(id) && seen.insert(id).inserted ? id : nil
        }
    }

    /// Codecs in the order of the `m=` line, each with its format parameters and feedback. Payload types without
    /// `rtpmap` are left out, unless RFC 3551 gives them a meaning.
    public var codecs: [Codec] {
        guard mediaKind != nil else { return [] }
        var maps: [UInt8: RTPMap] = [:]
        for map in attributes.values("rtpmap").lazy.compactMap({ RTPMap(parsing: $0) })
        where maps[map.payloadType] == nil {
            maps[map.payloadType] = map
        }
        var parameters: [UInt8: FormatParameters] = [:]
        for line in attributes.values("fmtp").lazy.compactMap({ FormatLine(parsing: $0) }) {
            parameters[line.payloadType] = line.parameters
        }
        let feedback = attributes.values("rtcp-fb").compactMap { FeedbackLine(parsing: $0) }
        var seen: Set<UInt8> = []
        return formats.compactMap { format in
            guard let type: UInt8 = SDPFields.number(format), type < 128, seen.insert(type).inserted,
                let map = maps[type] ?? RTPMap.assigned(type)
            else { return nil }
            return Codec(
                payloadType: type, name: map.name, clockRate: map.clockRate, channels: map.channels,
                parameters: parameters[type] ?? FormatParameters(""),
                feedback: feedback.filter { $0.payloadType == nil || $0.payloadType == type }.map(\.message))
        }
    }
}
