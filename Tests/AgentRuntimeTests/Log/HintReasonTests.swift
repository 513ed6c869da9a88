import Coach
import SansIO
import Session
import Settings
import Testing

@testable import AgentRuntime

/// Why there is no hint, as a terminal says it.
@Suite struct HintReasonTests {
    private static let dropped: [HintDecision.DropReason] = [
        .paused, .quietStart(remaining: .zero), .cooldown(remaining: .zero), .spacing(remaining: .zero), .budgetSpent,
        .lowConfidence, .tierLimit, .interviewerSpeaking, .alreadyAsking, .alreadyWaiting, .replacedByRequest,
        .candidateSpoke, .candidateTyped, .passed, .supersededByNewer, .unheard, .candidateChanged, .optedOut,
    ]

    @Test("every reason of the policy has words, and settings in them exist")
    func words() {
        let waits: [HintDecision.WaitReason] = [.typing, .interviewerSpeaking]
        for name in Self.dropped.map(\.label) + waits.map(\.rawValue) {
            #expect(HintReason.words[name] != nil, "\(name)")
        }
        for text in HintReason.words.values {
            let keys = text.split { !($0.isLetter || $0 == "." || $0 == "_") }.filter {
                $0.dropFirst().dropLast().contains(".")
            }
            for key in keys { #expect(Schema.settings.contains { $0.key == String(key) }, "\(key)") }
        }
        #expect(HintReason.text("moon_phase") == "moon phase")
    }

    @Test("a reason is news once a room, and again after a hint or with another candidate")
    func once() {
        var told = ToldReasons()
        let cooldown = TimelineEvent.Kind.waiting(trigger: "long_pause", reason: "cooldown")
        let events: [(TimelineEvent.Kind, String, Bool)] = [
            (cooldown, "a", true), (cooldown, "a", false), (cooldown, "b", true),
            (.waiting(trigger: "long_pause", reason: "typing"), "a", true),
            (.dropped(trigger: "long_pause", reason: "cooldown"), "a", true),
            (.candidate(identity: "ada"), "a", true), (cooldown, "a", true), (cooldown, "b", false),
            (.hintSentAgain(id: "1"), "a", true), (.hintSentAgain(id: "1"), "a", true),
        ]
        for (index, (event, room, expected)) in events.enumerated() {
            let isNews = told.isNews(event, in: room)
            #expect(isNews == expected, "\(index)")
        }
    }
}
