import NIOCore
import RTCCore
import RTCNetwork

/// What follows from the address that a server listens on.
struct ListenAddresses {
    /// Where media is sent and received. Those of this machine's network too where the server itself is on loopback alone:
    /// Firefox takes no loopback candidate of another's.
    let media: [IPAddress]
    /// What a client on another machine, if it may be one, calls the server.
    let host: String
    /// Whether other machines reach it.
    let isOpen: Bool

    /// - Parameters:
    ///   - host: an address, a name, or a wildcard (`0.0.0.0`, `::`), which stands for every interface.
    ///   - interfaces: this machine's addresses, IPv6 too; those that others reach first.
    /// - Throws: what the system says of a name that it cannot resolve.
    init(host: String, interfaces: () throws -> [IPAddress]) throws {
        if let wildcard = IPAddress(host), wildcard == IPAddress("0.0.0.0") || wildcard == IPAddress("::") {
            let all = try interfaces().filter { !wildcard.isV4 || $0.isV4 }
            media = all
            self.host = Self.text(all.first { $0.isV4 } ?? all.first ?? .loopback)
            isOpen = true
            return
        }
        guard let address = try IPAddress(host) ?? TransportAddress(.makeAddressResolvingHost(host, port: 0))?.ip
        else {
            throw SocketAddressError.unsupported
        }
        self.host = host.contains(":") ? "[\(host)]" : host
        isOpen = !address.isLoopback
        // A machine without a network, or one that does not tell, still has loopback.
        let others = isOpen ? [] : (try? interfaces()) ?? []
        media = [address] + others.filter { !$0.isLoopback && $0.isV4 == address.isV4 }
    }

    /// Addresses that media uses though the server itself cannot be reached there.
    var mediaOnly: [IPAddress] { isOpen ? [] : media.filter { !$0.isLoopback } }

    init(host: String) throws {
        try self.init(host: host) { try InterfacePolicy(includesIPv6: true).addresses() }
    }

    private static func text(_ address: IPAddress) -> String { address.isV4 ? "\(address)" : "[\(address)]" }
}
