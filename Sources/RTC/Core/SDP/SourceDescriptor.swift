/// A source and its attributes (RFC 5576 §4.1).
public struct SourceDescriptor: Hashable, Sendable {
    public var ssrc: UInt32
    /// Such as `cname`, `msid`, `mslabel`, `label`, in order.
    public var attributes: [SDPAttribute]

    public init(ssrc: UInt32, attributes: [SDPAttribute] = []) {
        self.ssrc = ssrc
        self.attributes = attributes
    }

    /// The canonical name that RTCP repeats.
    public var cname: String? { attributes.value("cname") }

    public var msid: MediaStreamIdentification? {
        attributes.value("msid").flatMap { MediaStreamIdentification(parsing: $0) }
    }
}

/// The media stream and track that a section or source belongs to (RFC 8830 §2).
public struct MediaStreamIdentification: Hashable, Sendable {
    /// `-` where the track belongs to no stream.
    public var streamID: String
    /// `nil` where only the stream is named.
    public var trackID: String?

    public init(streamID: String, trackID: String?) {
        self.streamID = streamID
        self.trackID = trackID
    }

    init?(parsing value: String) {
        let fields = SDPFields.split(value)
        guard (1...2).contains(fields.count) else { return nil }
        streamID = String(fields[0])
        trackID = fields.count == 2 ? String(fields[1]) : nil
    }

    var value: String { trackID.map { "\(streamID) \($0)" } ?? streamID }
}

/// A relation between sources (RFC 5576 §4.2): `FID` for retransmission, `SIM` for simulcast, `FEC-FR` for repair.
public struct SSRCGroup: Hashable, Sendable {
    public var semantics: String
    public var ssrcs: [UInt32]

    public init(semantics: String, ssrcs: [UInt32]) {
        self.semantics = semantics
        self.ssrcs = ssrcs
    }

    init?(parsing value: String) {
        let fields = SDPFields.split(value)
        guard let first = fields.first else { return nil }
        semantics = String(first)
        ssrcs = []
        for field in fields.dropFirst() {
            guard let ssrc: UInt32 = SDPFields.number(field) else { return nil }
            ssrcs.append(ssrc)
        }
    }

    var value: String { ([semantics] + ssrcs.map(String.init)).joined(separator: " ") }
}

/// One `ssrc` line.
struct SSRCLine {
    var ssrc: UInt32
    var attribute: SDPAttribute

    init?(parsing value: String) {
        let (head, tail) = SDPFields.cut(value, at: " ")
        guard let ssrc: UInt32 = SDPFields.number(head), let tail else { return nil }
        let (name, text) = SDPFields.cut(tail, at: ":")
        guard !name.isEmpty else { return nil }
        self.ssrc = ssrc
        attribute = SDPAttribute(String(name), text.map(String.init))
    }
}
