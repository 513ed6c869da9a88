/// The master keys of both directions, as DTLS exports them (RFC 5764 §4.2).
public struct SRTPKeyingMaterial: Hashable, Sendable {
    /// What one side protects its packets with.
    public struct MasterKey: Hashable, Sendable {
        /// The master key; its length is the profile's `keyLength`.
        public var key: [UInt8]
        /// The master salt; its length is the profile's `saltLength`.
        public var salt: [UInt8]

        public init(key: [UInt8], salt: [UInt8]) {
            self.key = key
            self.salt = salt
        }
    }

    public var profile: SRTPProfile
    /// What the DTLS client sends with.
    public var client: MasterKey
    /// What the DTLS server sends with.
    public var server: MasterKey

    public init(profile: SRTPProfile, client: MasterKey, server: MasterKey) {
        self.profile = profile
        self.client = client
        self.server = server
    }

    /// Splits exported bytes into client key, server key, client salt and server salt. Bytes beyond these are ignored.
    /// - Returns: `nil` when there are fewer bytes than the profile needs.
    public init?(profile: SRTPProfile, exported: [UInt8]) {
        guard exported.count >= Self.exportedLength(of: profile) else { return nil }
        var rest = exported[...]
        func take(_ count: Int) -> [UInt8] {
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        let keys = (take(profile.keyLength), take(profile.keyLength))
        let salts = (take(profile.saltLength), take(profile.saltLength))
        self.init(
            profile: profile, client: MasterKey(key: keys.0, salt: salts.0),
            server: MasterKey(key: keys.1, salt: salts.1))
    }

    /// How many bytes have to be exported for a profile.
    public static func exportedLength(of profile: SRTPProfile) -> Int {
        2 * (profile.keyLength + profile.saltLength)
    }
}

/// Keys do not belong into logs.
extension SRTPKeyingMaterial.MasterKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "MasterKey(\(key.count) + \(salt.count) bytes)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
