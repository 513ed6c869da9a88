import SansIO

/// Who is listed under which sid, and so whose data a packet may be.
///
/// Servers stamp a packet with its sender's sid, but let agents put another participant's identity on the header of a
/// stream, so that it shows as theirs.
struct SenderRoster {
    enum Standing {
        /// The identity is the one listed under the sid, or there is none.
        case genuine
        /// Nobody is listed under the sid; the server may be about to tell.
        case unlisted
        case foreign
    }

    private var identities: [String: Identity] = [:]

    mutating func joined(sid: String, identity: Identity) { identities[sid] = identity }

    mutating func left(sid: String) { identities[sid] = nil }

    func identity(of sid: String) -> Identity? { identities[sid] }

    /// Under which sid somebody is here.
    func sid(of identity: Identity) -> String? { identities.first { $0.value == identity }?.key }

    func standing(of sender: DataSender) -> Standing {
        guard !sender.identity.isEmpty else { return .genuine }
        guard let listed = identities[sender.sid] else { return .unlisted }
        return listed == sender.identity ? .genuine : .foreign
    }

    /// The sender as it is known here: without an identity that is not its own.
    func known(_ sender: DataSender) -> DataSender {
        DataSender(identity: identities[sender.sid] ?? "", sid: sender.sid)
    }
}
