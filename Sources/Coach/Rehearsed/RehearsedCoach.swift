import Wire

/// Gives written nudges where no model is asked or none answered in time. Pure and deterministic.
public struct RehearsedCoach: Sendable {
    public init() {}

    /// A nudge that this room has not had, starting at the request's `variation`.
    ///
    /// - Returns: nil when every nudge that fits was given already.
    public func hint(for request: HintRequest) -> Hint? {
        let anchor = request.document.flatMap(AnchorFinder.anchor)
        let given = Set(request.earlier.map { Self.key(of: $0.text) })
        for cell in cells(for: request, hasCode: anchor != nil) {
            let start = request.variation.magnitude % UInt(cell.count)
            for step in 0..<cell.count {
                let nudge = cell[(Int(start) + request.earlier.count + step) % cell.count]
                let text = Self.fill(nudge, anchor)
                guard !given.contains(Self.key(of: text)), !request.said.contains(Fingerprint.ofHint(text)) else {
                    continue
                }
                // A nudge that does not speak of a place has none.
                let place = nudge.contains(Nudges.place) ? anchor : nil
                return Hint(tier: request.tier, text: text, anchor: place, source: .rehearsed)
            }
        }
        return nil
    }

    /// The best cell first. Nudges without code fit a room with code too; those of the other trigger are better than none.
    private func cells(for request: HintRequest, hasCode: Bool) -> [[String]] {
        let own = Nudges.Occasion(trigger: request.trigger.kind)
        let other: Nudges.Occasion = own == .asked ? .pause : .asked
        let tier = request.tier <= 1 ? 1 : 2
        return [own, other].flatMap { occasion in
            (hasCode ? [true, false] : [false]).map { Nudges.cell(occasion, tier: tier, withCode: $0) }
        }
    }

    private static func fill(_ nudge: String, _ anchor: Anchor?) -> String {
        guard let anchor else { return nudge }
        let lines =
            anchor.startLine == anchor.endLine
            ? "line \(anchor.startLine)" : "lines \(anchor.startLine) to \(anchor.endLine)"
        return nudge.split(separator: Nudges.place, omittingEmptySubsequences: false).joined(separator: lines)
    }

    /// What makes two hints the same: their letters, without case, and without the lines they point at.
    static func key(of text: String) -> String {
        let words = text.lowercased().split { !$0.isLetter }
        // "line 4" and "lines 4 to 6" are the same place in another state of the file.
        var kept: [Substring] = []
        var afterPlace = false
        for word in words {
            if afterPlace && word == "to" { continue }
            afterPlace = word == "line" || word == "lines"
            kept.append(afterPlace ? "line" : word)
        }
        return kept.joined(separator: " ")
    }
}
