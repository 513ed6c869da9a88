/// One address at which an agent may be reached (RFC 8445 §5.1, RFC 8839 §5.1).
public struct ICECandidate: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case host
        case serverReflexive = "srflx"
        case peerReflexive = "prflx"
        case relayed = "relay"

        /// RFC 8445 §5.1.2.2; over TCP below all of its own kind and of the reflexive ones over UDP (RFC 6544 §4.2).
        public func typePreference(over transport: Transport) -> UInt32 {
            switch self {
            case .host: transport == .tcp ? 99 : 126
            case .peerReflexive: transport == .tcp ? 83 : 110
            case .serverReflexive: transport == .tcp ? 73 : 100
            case .relayed: 0
            }
        }
    }

    public enum Transport: String, Hashable, Sendable {
        case udp
        case tcp
    }

    /// Who opens the connection of a TCP candidate (RFC 6544 §4.5).
    public enum TCPType: String, Hashable, Sendable {
        case active
        case passive
        case simultaneousOpen = "so"
    }

    /// 1...32 `ice-char`s, equal for candidates that are likely to fare alike.
    public var foundation: String
    /// 1 for RTP and whatever is multiplexed with it, 2 for RTCP of its own.
    public var component: Int
    public var transport: Transport
    /// 1...2³¹−1, larger is better (RFC 8445 §5.1.2).
    public var priority: UInt32
    /// Where to send to. The IP is `0.0.0.0` while the candidate has a ``hostName`` instead.
    public var address: TransportAddress
    /// The name that stands in place of an IP address, in practice an mDNS one ending in `.local`.
    public var hostName: String?
    public var kind: Kind
    /// The base of a reflexive or relayed candidate; `nil` where none or none readable is given.
    public var relatedAddress: TransportAddress?
    public var tcpType: TCPType?
    /// The ICE session that the candidate belongs to, where the line says so.
    public var ufrag: String?

    public init(
        foundation: String, component: Int = 1, transport: Transport = .udp, priority: UInt32,
        address: TransportAddress, kind: Kind, relatedAddress: TransportAddress? = nil
    ) {
        self.foundation = foundation
        self.component = component
        self.transport = transport
        self.priority = priority
        self.address = address
        self.kind = kind
        self.relatedAddress = relatedAddress
    }

    /// The candidate of an endpoint of ours, for component 1.
    /// - Parameters:
    ///   - localPreference: 0...65535, larger is better; unlike for each address of a multi-homed host.
    ///   - relatedAddress: of a relay, where its server sees us.
    public init(_ endpoint: LocalEndpoint, localPreference: UInt16, relatedAddress: TransportAddress? = nil) {
        let kind: Kind = endpoint.transport == .relay ? .relayed : .host
        let transport: Transport = endpoint.transport == .tcp ? .tcp : .udp
        self.init(
            foundation: Self.foundation(kind: kind, transport: transport, base: endpoint.address.ip),
            transport: transport,
            priority: Self.priority(kind: kind, over: transport, localPreference: localPreference, component: 1),
            address: endpoint.address, kind: kind, relatedAddress: relatedAddress)
        tcpType = transport == .tcp ? .active : nil
    }

    /// A UDP host candidate for component 1.
    public static func host(_ address: TransportAddress, localPreference: UInt16) -> ICECandidate {
        ICECandidate(.udp(address), localPreference: localPreference)
    }

    /// What is sent from a candidate of ours leaves from: the base of a reflexive one, else itself.
    var endpoint: LocalEndpoint {
        switch kind {
        case .relayed: LocalEndpoint(.relay, address)
        case .host: LocalEndpoint(transport == .tcp ? .tcp : .udp, address)
        case .serverReflexive, .peerReflexive:
            LocalEndpoint(transport == .tcp ? .tcp : .udp, relatedAddress ?? address)
        }
    }

    /// Whether it stands for this address. One port may serve UDP and TCP.
    func isAt(_ address: TransportAddress, over transport: Transport) -> Bool {
        self.address == address && self.transport == transport
    }

    /// RFC 8445 §5.1.2.1.
    public static func priority(
        kind: Kind, over transport: Transport, localPreference: UInt16, component: Int
    ) -> UInt32 {
        let componentPart = UInt32(256 - min(max(component, 1), 256))
        return kind.typePreference(over: transport) << 24 | UInt32(localPreference) << 8 | componentPart
    }

    /// Equal for equal kind, base address and transport (RFC 8445 §5.1.1.3).
    static func foundation(kind: Kind, transport: Transport, base: IPAddress) -> String {
        String(STUNFingerprint.crc32("\(kind.rawValue) \(transport.rawValue) \(base)".utf8))
    }
}
