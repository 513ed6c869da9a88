import AnthropicStandIn
import Coach
import Foundation
import SansIO
import Simulation
import Testing

@testable import Claude

/// What leaves the process, read from the requests that the stand-in recorded.
@Suite struct PrivacyTests {
    private static let identities = [
        "candidate-4711", "Jane Q. Doe", "PA_9xYzParticipant", "interviewer@example.org", "RM_roomsid", "TR_microphone",
    ]

    private func recorded() async throws -> ([StandInRequest], AnthropicStandIn) {
        let standIn = try AnthropicStandIn.start(script: [
            .failure(status: 529, type: "overloaded_error"), .hint(), .input("{}"), .hint(),
        ])
        var workspace = Workspace()
        try workspace.replace(
            path: "main.py", language: "python", revision: 1, text: "def f(a):\n    return a",
            from: Identity(Self.identities[0]),
            at: .zero)
        var trigger = TriggerFacts(kind: TriggerFacts.longPause, confidence: 0.6, silentFor: 11)
        for (index, identity) in Self.identities.enumerated() { trigger.details["fact_\(index)"] = identity }
        trigger.details["participant"] = Self.identities[0]
        trigger[.reasons] = "editorIdle"
        let coach = ClaudeCoachTests.coach(try ClaudeCoachTests.configuration(standIn, attempts: 2))
        for tier in [1, 2, 1] {
            _ = await coach.hint(
                for: HintRequest(
                    trigger: trigger, tier: tier, problem: "Sum the list.",
                    document: workspace.currentDocument(of: Identity(Self.identities[0])),
                    earlier: [HintSummary(tier: 1, text: "Look at line 1.")], variation: 99_887_766))
        }
        let requests = standIn.requests
        #expect(requests.count == 4)
        return (requests, standIn)
    }

    @Test func neitherKeyNorIdentityNorSoundIsInAnyRequest() async throws {
        let (requests, standIn) = try await recorded()
        for request in requests {
            #expect(request.violation == nil)
            #expect(!request.body.contains(standIn.apiKey))
            #expect(!request.path.contains(standIn.apiKey))
            let everywhere = request.body + request.path + request.headers.description
            for identity in Self.identities { #expect(!everywhere.contains(identity), "\(identity)") }
            #expect(!everywhere.contains("99887766"))
            #expect(
                request.headers.keys.sorted() == [
                    "accept", "anthropic-version", "content-length", "content-type", "host", "user-agent", "x-api-key",
                ])
            #expect(request.headers.filter { $0.value.contains(standIn.apiKey) }.map(\.key) == ["x-api-key"])
        }
    }

    /// Every block is text of a known member: there is no place for a picture, a sound or a file.
    @Test func onlyTextBlocksLeave() async throws {
        for request in try await recorded().0 {
            let body = try #require(
                JSONSerialization.jsonObject(with: Data(request.body.utf8)) as? [String: Any])
            #expect(
                Set(body.keys) == [
                    "max_tokens", "messages", "model", "output_config", "stream", "system", "thinking",
                ])
            var types: Set<String> = []
            let messages = try #require(body["messages"] as? [[String: Any]])
            for blocks in [body["system"]] + messages.map({ $0["content"] }) {
                for block in try #require(blocks as? [[String: Any]]) {
                    types.insert(try #require(block["type"] as? String))
                    #expect(Set(block.keys) == ["text", "type"])
                }
            }
            #expect(types == ["text"])
            #expect(request.body.utf8.count < 12_000)
        }
    }
}
