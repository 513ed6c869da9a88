import Perception
import PerceptionModels
import Pictures
import SansIO

/// What a single picture says, without any history.
public struct StillEvaluation: Sendable {
    public var still: LabelledStill
    public var hasFace: Bool
    public var kinds: Set<Gesture.Kind>
    public var hasStrongHand: Bool

    public init(_ still: LabelledStill, of corpus: GestureCorpus, models: any VisionModels) throws {
        self.still = still
        let rules = GestureConfiguration()
        let looker = GestureLooker(models: models)
        let look = try looker.look(at: try corpus.picture(of: still), time: .zero, attention: [])
        hasFace = looker.hasFace
        kinds = Set(look?.hands.compactMap { rules.verdict(on: $0).kind } ?? [])
        hasStrongHand = look?.hands.contains { $0.presence.value >= rules.handPresence } ?? false
    }

    /// A row a label and origin, as Markdown.
    public static func table(_ evaluations: [StillEvaluation]) -> String {
        var lines = [
            "| origin | label | n | face | strong hand | says raised | says palm |", "|---|---|---|---|---|---|---|",
        ]
        for (name, isMeant) in [
            ("all", { (_: LabelledStill) in true }), ("real", { $0.origin == "real" }),
            ("320", { $0.width == 320 }), ("640", { $0.width == 640 }),
        ] as [(String, (LabelledStill) -> Bool)] {
            for label in ["raised_hand", "palm_to_forehead", "hand_at_face_other", "none"] {
                let rows = evaluations.filter { $0.still.label == label && isMeant($0.still) }
                guard !rows.isEmpty else { continue }
                let shares = [
                    rows.count { $0.hasFace }, rows.count { $0.hasStrongHand },
                    rows.count { $0.kinds.contains(.raisedHand) }, rows.count { $0.kinds.contains(.palmToForehead) },
                ].map { share(Double($0) / Double(rows.count)) }
                lines.append("| \(name) | \(label) | \(rows.count) | \(shares.joined(separator: " | ")) |")
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func share(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        return hundredths == 100 ? "1.00" : ".\(hundredths / 10)\(hundredths % 10)"
    }
}
