import Coach
import SansIO
import Testing
import Wire

@testable import Session

@Suite("The interviewer's control")
struct ControlTests {
    @Test("pausing stops listening and hints and is told to all; resuming brings both back")
    func pauseAndResume() {
        var stage = Stage()
        stage.joinBoth()
        stage.control(.pause, from: "ivo")
        stage.control(.pause, from: "ivo")
        #expect(stage.core.isPaused && stage.core.listening.isEmpty)
        #expect(stage.notices(.paused, to: "ada").count == 1 && stage.notices(.paused, to: "ivo").count == 1)
        stage.longPause()
        stage.ask(from: "ada")
        #expect(stage.asks.isEmpty)
        #expect(stage.notices(.declined, to: "ada").map(\.code) == ["paused"])
        stage.join("oto", microphone: false)
        #expect(stage.notices(.paused, to: "oto").count == 1)
        stage.control(.resume, from: "ivo")
        #expect(stage.core.listening == ["ada", "ivo"])
        #expect(stage.notices(.on, to: "ada").count == 1)
        stage.longPause()
        #expect(stage.asks.count == 1)
    }

    @Test("an ended session stays ended")
    func ending() {
        var stage = Stage()
        stage.joinBoth()
        stage.control(.end, from: "ivo")
        #expect(stage.notices(.off, to: "ada").count == 1 && stage.core.listening.isEmpty)
        stage.control(.resume, from: "ivo")
        stage.ask(from: "ada")
        stage.longPause()
        #expect(stage.asks.isEmpty && stage.refusals() == ["not_allowed"])
        #expect(stage.notices(.declined, to: "ada").map(\.code) == ["ended"])
    }

    @Test(
        "the candidate, observers and packets without a sender control nothing",
        arguments: [
            "ada", "oto", nil, "", "nobody",
        ])
    func noAuthority(sender: Identity?) {
        var stage = Stage()
        stage.joinBoth()
        stage.join("oto", role: "observer")
        for action in [ControlMessage.Action.pause, .end, .tierLimit, .resume] {
            stage.give(
                .packet(topic: Topic.control, sender: sender, payload: ControlMessage(action: action).encoded()))
        }
        // Someone who is not known yet might be announced.
        stage.pass(.seconds(6))
        #expect(!stage.core.isPaused && !stage.core.isEnded)
        #expect(stage.refusals().count == 4)
    }

    @Test("a tier limit holds, and null lifts it")
    func tierLimit() {
        var stage = Stage(settings: ["policy.first_tier": "2"])
        stage.joinBoth()
        stage.packet(Topic.control, from: "ivo", #"{"type":"jask.control","version":1,"action":"tier_limit","tier":0}"#)
        stage.ask(from: "ada")
        #expect(stage.asks.isEmpty && stage.notices(.declined).map(\.code) == ["tier_limit"])
        stage.packet(Topic.control, from: "ivo", #"{"type":"jask.control","version":1,"action":"tier_limit","tier":1}"#)
        stage.ask(from: "ada")
        #expect(stage.asks.last?.request.tier == 1)
        stage.answer()
        stage.pass(.seconds(60))
        stage.packet(
            Topic.control, from: "ivo", #"{"type":"jask.control","version":1,"action":"tier_limit","tier":null}"#)
        stage.ask(from: "ada")
        #expect(stage.asks.last?.request.tier == 2)
    }

    @Test(
        "a tier limit also ends what is under way above it, and spares what is not",
        arguments: [
            (0, "asked"), (1, "asked"), (2, "asked"), (0, "held"), (1, "held"), (2, "held"), (0, "unsent"),
            (1, "unsent"), (2, "unsent"),
        ])
    func tierLimitWhileUnderWay(limit: Int, stageOf: String) {
        var stage = Stage(settings: ["policy.first_tier": "2"])
        stage.joinBoth()
        stage.ask(from: "ada")
        #expect(stage.asks.last?.request.tier == 2)
        if stageOf == "held" { stage.give(.connection(.lost)) }
        if stageOf == "unsent" { stage.isOpen = false }
        if stageOf != "asked" { stage.answer() }
        stage.packet(
            Topic.control, from: "ivo",
            #"{"type":"jask.control","version":1,"action":"tier_limit","tier":\#(limit)}"#)
        if stageOf == "asked" { stage.answer() }
        stage.isOpen = true
        stage.give(.connection(.restored))
        stage.pass(.seconds(5))
        #expect(stage.hints().count == (limit < 2 ? 0 : 1))
        #expect(stage.hints(to: "ivo").count == (limit < 2 ? 0 : 1))
        #expect(stage.dropped().contains("tier_limit") == (limit < 2))
        #expect(stage.messages(Topic.chat, to: "ada").contains { $0.text == "Jask: Look at line 1." } == (limit == 2))
    }

    @Test("a ceiling that the room's metadata lowers ends what is under way above it too")
    func ceilingLowered() {
        var stage = Stage(settings: ["policy.first_tier": "2"])
        stage.joinBoth()
        stage.ask(from: "ada")
        stage.give(.roomMetadata(#"{"jask":{"settings":{"policy.tier_ceiling":1}}}"#))
        stage.answer()
        #expect(stage.hints().isEmpty)
    }

    @Test("an interviewer sets the problem, in a packet or a stream; nobody else does")
    func problem() {
        var stage = Stage(jobMetadata: #"{"problem":"old"}"#)
        stage.joinBoth()
        stage.give(.text(topic: Topic.problem, sender: "ada", attributes: [:], text: "mine", streamID: "s"))
        #expect(stage.core.problem == "old")
        stage.give(.text(topic: Topic.problem, sender: "ivo", attributes: [:], text: "new", streamID: "s"))
        #expect(stage.core.problem == "new")
        stage.give(.packet(topic: Topic.problem, sender: "ivo", payload: ProblemMessage(text: "newer").encoded()))
        #expect(stage.core.problem == "newer")
    }

    @Test("job and room set what a session may set, and nothing else")
    func metadataSettings() {
        var stage = Stage(
            jobMetadata: #"{"settings":{"policy.cooldown":"30s","worker.maximum_rooms":5}}"#,
            roomMetadata: #"{"app":1,"jask":{"settings":{"policy.cooldown":45,"policy.budget":99999}}}"#)
        #expect(stage.core.configuration.policy.cooldown == .seconds(45))
        let complaints = stage.notes.compactMap { if case .badMetadata(let text) = $0 { text } else { nil } }
        #expect(complaints.count == 2)
        #expect(complaints.contains { $0.contains("worker.maximum_rooms") && $0.contains("operator") })
        #expect(complaints.contains { $0.contains("policy.budget") && $0.contains("0…1000") })
        stage.give(.roomMetadata("not ours"))
        #expect(stage.core.configuration.policy.cooldown == .seconds(30))
    }

    @Test("a hint that was not acknowledged does not go again once the assistant is paused")
    func noResendWhilePaused() {
        var stage = Stage()
        stage.joinBoth(attributes: ["jask.ack": "1"])
        stage.longPause()
        stage.answer()
        stage.control(.pause, from: "ivo")
        stage.pass(.seconds(60))
        #expect(stage.hints().count == 1)
    }
}
