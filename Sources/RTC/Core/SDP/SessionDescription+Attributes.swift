extension SessionDescription {
    /// The `mid`s of the first BUNDLE group (RFC 9143); empty where there is none.
    public var bundle: [String] {
        for value in attributes.values("group") {
            let fields = SDPFields.split(value)
            if fields.first == "BUNDLE" { return fields.dropFirst().map(String.init) }
        }
        return []
    }

    /// Whether the writer is an ICE-lite agent (RFC 8839 §5.3).
    public var isICELite: Bool { attributes.first("ice-lite") != nil }

    /// Session-level ICE options such as `trickle`.
    public var iceOptions: [String] {
        attributes.value("ice-options").map { SDPFields.split($0).map(String.init) } ?? []
    }

    /// Whether one- and two-byte header extensions may be mixed in a stream (RFC 8285 §6).
    public var allowsMixedExtensions: Bool { attributes.first("extmap-allow-mixed") != nil }

    /// The value of `msid-semantic`, such as `WMS *`.
    public var msidSemantic: String? { attributes.value("msid-semantic").map { String(SDPFields.trimmed($0[...])) } }

    /// The section with that `mid`.
    public func section(mid: String) -> MediaDescription? { media.first { $0.mid == mid } }

    /// ICE credentials of a section: its own, else the session's.
    public func iceCredentials(of section: MediaDescription) -> (ufrag: String, password: String)? {
        guard let ufrag = section.attributes.value("ice-ufrag") ?? attributes.value("ice-ufrag"),
            let password = section.attributes.value("ice-pwd") ?? attributes.value("ice-pwd")
        else { return nil }
        return (ufrag, password)
    }

    /// Certificate fingerprints of a section, its own or else the session's, as `sha-256 AA:BB:…` (RFC 8122 §5).
    public func fingerprints(of section: MediaDescription) -> [String] {
        let own = section.attributes.values("fingerprint")
        return own.isEmpty ? attributes.values("fingerprint") : own
    }

    /// The DTLS role of a section, its own or else the session's.
    public func setup(of section: MediaDescription) -> DTLSSetup? {
        (section.attributes.value("setup") ?? attributes.value("setup")).flatMap(DTLSSetup.init(rawValue:))
    }

    /// The direction of a section: its own, else the session's, else `sendrecv`.
    public func direction(of section: MediaDescription) -> MediaDirection {
        section.ownDirection ?? MediaDirection.last(in: attributes) ?? .sendrecv
    }
}

extension MediaDirection {
    static func last(in attributes: [SDPAttribute]) -> MediaDirection? {
        attributes.reversed().lazy.compactMap { $0.value == nil ? MediaDirection(rawValue: $0.name) : nil }.first
    }
}
