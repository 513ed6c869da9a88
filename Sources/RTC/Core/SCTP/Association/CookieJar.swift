import NIOCore
import SansIO

/// The state cookies handed out (RFC 9260 §5.1.3).
///
/// A cookie is random and stands for state kept here, for a few cookies at a time. Signing the state and keeping none
/// would protect against floods of INIT from anywhere; below DTLS there is only the one, authenticated peer.
struct CookieJar {
    struct Entry {
        var cookie: ByteBuffer
        var localTag: UInt32
        var localInitialTSN: TSN
        var peer: PeerParameters
        /// The tags of the association that existed when the cookie was made; 0 where there was none.
        var tieTags: (local: UInt32, peer: UInt32)
        var expiry: Instant
    }

    private static let capacity = 4
    private static let cookieBytes = 32
    private var entries: [Entry] = []

    /// The cookie for an INIT; the same INIT again gets the same cookie.
    ///
    /// - Parameter local: the tag and TSN to answer with, asked for when the INIT is new.
    mutating func entry(
        for peer: PeerParameters, tieTags: (local: UInt32, peer: UInt32), expiry: Instant, random: inout RandomSource,
        local: (inout RandomSource) -> (tag: UInt32, initialTSN: TSN)
    ) -> Entry {
        let known = entries.firstIndex {
            $0.peer.tag == peer.tag && $0.peer.initialTSN == peer.initialTSN && $0.tieTags == tieTags
        }
        if let known {
            entries[known].expiry = expiry
            return entries[known]
        }
        let (tag, tsn) = local(&random)
        let entry = Entry(
            cookie: ByteBuffer(bytes: random.bytes(Self.cookieBytes)), localTag: tag, localInitialTSN: tsn, peer: peer,
            tieTags: tieTags, expiry: expiry)
        if entries.count == Self.capacity { entries.removeFirst() }
        entries.append(entry)
        return entry
    }

    func find(_ cookie: ByteBuffer) -> Entry? {
        entries.first { $0.cookie == cookie }
    }
}
