/// Where a path begins on our side: what a datagram came in on, and what it is to leave from. Whoever owns the sockets
/// finds the one by it.
public struct LocalEndpoint: Hashable, Sendable, CustomStringConvertible {
    public enum Transport: UInt8, Hashable, Sendable {
        case udp
        /// Connections that we open, one a peer's address, each datagram framed (RFC 4571).
        case tcp
        /// UDP from a relay server (RFC 8656), to which we speak by whatever means.
        case relay
    }

    /// The socket's address; that of a relay is the one at its server, the address of ``tcp`` stands for all connections
    /// from there.
    public let address: TransportAddress
    // Behind the port, where an address has room: a datagram is no larger for it.
    public let transport: Transport

    public init(_ transport: Transport, _ address: TransportAddress) {
        self.transport = transport
        self.address = address
    }

    /// A UDP socket bound to the address.
    public static func udp(_ address: TransportAddress) -> LocalEndpoint { LocalEndpoint(.udp, address) }

    /// Connections from an IP address; their ports are not known beforehand, 9 stands for them (RFC 6544 §4.5).
    public static func tcp(_ ip: IPAddress) -> LocalEndpoint {
        LocalEndpoint(.tcp, TransportAddress(ip: ip, port: 9))
    }

    public var description: String {
        switch transport {
        case .udp: address.description
        case .tcp: "tcp \(address.ip)"
        case .relay: "relay \(address)"
        }
    }
}
