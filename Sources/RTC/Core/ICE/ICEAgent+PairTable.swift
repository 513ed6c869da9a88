import SansIO

extension ICEAgent {
    /// What was tried and what came of it, a line a pair, for a log when a connection fails. Holds addresses, no
    /// passwords.
    public func pairTable() -> String {
        var lines = [
            "ICE \(role) \(state), local \(localCandidates.count), remote \(remoteCandidates.count), "
                + "waiting for credentials \(earlyCandidates.count)"
        ]
        if let previous, previous.selected != nil { lines += Self.rows(of: previous, titled: "before the restart") }
        lines += Self.rows(of: current, titled: nil)
        lines += setAsideCandidates.map { "  set aside (\($0.reason.rawValue)): \($0.candidate.attributeValue)" }
        let counts = statistics
        lines.append(
            "  requests out \(counts.requestsSent) in \(counts.requestsAccepted), "
                + "answers in \(counts.responsesAccepted), unauthenticated \(counts.unauthenticated), "
                + "unmatched \(counts.unmatched), asymmetric \(counts.asymmetric), unknown local \(counts.unknownLocal), malformed \(counts.malformed)"
        )
        return lines.joined(separator: "\n")
    }

    private static func rows(of session: ICEGeneration, titled title: String?) -> [String] {
        session.checkList.pairs.map { pair in
            let flags = [
                pair.id == session.selected ? "selected" : nil, pair.isValid ? "valid" : nil,
                pair.nominatedAt == nil ? nil : "nominated", pair.requestedAt == nil ? nil : "peer checks it", title,
            ]
            let ends =
                "\(pair.local.endpoint) (\(pair.local.kind.rawValue)) → \(pair.remote.address) "
                + "(\(pair.remote.kind.rawValue))"
            return "  \(ends) \(pair.state.rawValue) priority \(pair.priority)"
                + flags.compactMap { $0 }.map { ", \($0)" }.joined()
        }
    }
}
