import NIOCore
import NIOPosix
import RTCCore

/// Which of the machine's addresses a connection gathers host candidates from.
public struct InterfacePolicy: Sendable {
    /// Whether loopback addresses are used; needed when the server runs on the same machine and offers only loopback.
    public var includesLoopback: Bool
    /// Whether IPv6 addresses are used.
    public var includesIPv6: Bool
    /// When not empty, only these addresses are used, whatever else is set.
    public var only: [IPAddress]

    public init(includesLoopback: Bool = true, includesIPv6: Bool = false, only: [IPAddress] = []) {
        self.includesLoopback = includesLoopback
        self.includesIPv6 = includesIPv6
        self.only = only
    }

    /// The addresses to bind, most preferable first. Link-local ones are left out: their zone would be lost.
    public func addresses() throws -> [IPAddress] {
        guard only.isEmpty else { return only }
        let found = try System.enumerateDevices().compactMap { $0.address.flatMap(TransportAddress.init)?.ip }
        let usable = found.filter { address in
            !address.isLinkLocal && (includesLoopback || !address.isLoopback) && (includesIPv6 || address.isV4)
        }
        var seen: Set<IPAddress> = []
        return usable.filter { seen.insert($0).inserted }.sorted { !$0.isLoopback && $1.isLoopback }
    }
}

extension TransportAddress {
    /// The address of an IP socket; `nil` for a Unix-domain one.
    public init?(_ address: SocketAddress) {
        switch address {
        case .v4(let v4):
            let bits = UInt32(bigEndian: v4.address.sin_addr.s_addr)
            self.init(ip: IPAddress(v4: bits), port: UInt16(bigEndian: v4.address.sin_port))
        case .v6(let v6):
            let ip = withUnsafeBytes(of: v6.address.sin6_addr) { bytes in
                IPAddress(
                    high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                    low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
            }
            self.init(ip: ip, port: UInt16(bigEndian: v6.address.sin6_port))
        case .unixDomainSocket:
            return nil
        }
    }
}

extension SocketAddress {
    /// The socket address of a transport address.
    public init(_ address: TransportAddress) throws {
        var bytes = ByteBuffer()
        if address.ip.isV4 {
            bytes.writeInteger(address.ip.v4)
        } else {
            bytes.writeInteger(address.ip.high)
            bytes.writeInteger(address.ip.low)
        }
        try self.init(packedIPAddress: bytes, port: Int(address.port))
    }
}
