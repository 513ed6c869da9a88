extension SRTPKeyingMaterial {
    /// What the side with this DTLS role protects its own packets with.
    public func sending(as role: DTLSTransport.Role) -> MasterKey {
        role == .client ? client : server
    }

    /// What the side with this DTLS role opens its peer's packets with.
    public func receiving(as role: DTLSTransport.Role) -> MasterKey {
        role == .client ? server : client
    }
}
