import SansIO

/// The key of one session's data. Only its wrapped form is stored: whoever forgets that has erased all that it sealed,
/// wherever copies of it are.
///
/// Randomness must be of a cryptographically secure source wherever a store lasts: one that repeats itself gives away what
/// is sealed.
public struct DataKey: Sendable {
    private let key: SealingKey
    public let session: String
    /// To be stored, apart from what it seals.
    public let wrapped: [UInt8]

    /// A new one.
    public init(session: String, wrappedBy ring: KeyRing, random: inout RandomSource) throws(SealingError) {
        let key = try SealingKey(random: &random)
        self.init(key, session, wrapped: try ring.wrap(key, with: Self.authenticated(session), random: &random))
    }

    /// One that was stored.
    /// - Throws: `unknownKey` where the ring lacks what wrapped it, `notAuthentic` where it is another session's.
    public init(session: String, wrapped: [UInt8], ring: KeyRing) throws(SealingError) {
        self.init(try ring.unwrap(wrapped, with: Self.authenticated(session)), session, wrapped: wrapped)
    }

    private init(_ key: SealingKey, _ session: String, wrapped: [UInt8]) {
        (self.key, self.session, self.wrapped) = (key, session, wrapped)
    }

    /// The same key wrapped by the ring's first one: what is sealed with it stays as it is.
    public func rewrapped(by ring: KeyRing, random: inout RandomSource) throws(SealingError) -> DataKey {
        DataKey(key, session, wrapped: try ring.wrap(key, with: Self.authenticated(session), random: &random))
    }

    private static func authenticated(_ session: String) throws(SealingError) -> [UInt8] {
        try SealedPlace(table: "data_keys", column: "wrapped", row: session).authenticated(session: session)
    }

    /// - Returns: 33 bytes more than there were.
    public func seal(
        _ bytes: [UInt8], for place: SealedPlace, random: inout RandomSource
    ) throws(SealingError) -> [UInt8] {
        try key.seal(bytes, with: place.authenticated(session: session), random: &random)
    }

    public func open(_ sealed: [UInt8], for place: SealedPlace) throws(SealingError) -> [UInt8] {
        try key.open(SealedBlob(sealed), with: place.authenticated(session: session))
    }
}
