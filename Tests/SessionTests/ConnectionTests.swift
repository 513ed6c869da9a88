import Coach
import SansIO
import Testing
import Wire

@testable import Session

@Suite("Lost and restored")
struct ConnectionTests {
    @Test("a hint that is due while the connection is lost leaves at once when it is back, once")
    func lostWhileDue() {
        var stage = Stage()
        stage.joinBoth()
        stage.longPause()
        stage.give(.connection(.lost))
        stage.answer()
        stage.pass(.seconds(20))
        #expect(stage.hints().isEmpty)
        #expect(stage.notes.contains { if case .hintHeld(_, "connection_lost") = $0 { true } else { false } })
        stage.give(.connection(.restored))
        #expect(stage.hints().count == 1)
        stage.pass(.seconds(300))
        #expect(stage.hints().count == 1)
    }

    @Test("a hint that expired meanwhile is dropped and recorded, and counts for nothing")
    func expiresMeanwhile() {
        var stage = Stage(settings: ["hint.lifetime": "30s"])
        stage.joinBoth()
        stage.ask(from: "ada")
        stage.give(.connection(.lost))
        stage.answer()
        stage.pass(.seconds(31))
        stage.give(.connection(.restored))
        #expect(stage.hints().isEmpty && stage.dropped() == ["expired"])
        #expect(stage.journal.contains { if case .hintDropped(_, "expired") = $0.event { true } else { false } })
        stage.ask(from: "ada")
        #expect(stage.asks.count == 2, "no cooldown for a hint that never left")
    }

    @Test("a send that failed is tried again, within three seconds of the path's return, and is not doubled")
    func sendFails() {
        var stage = Stage()
        stage.joinBoth()
        stage.longPause()
        stage.isOpen = false
        stage.answer()
        stage.pass(.seconds(10))
        #expect(stage.hints().isEmpty && stage.failedSends > 5)
        stage.isOpen = true
        let back = stage.now
        stage.pass(.seconds(3))
        #expect(stage.hints().count == 1 && stage.hints(to: "ivo").count == 1)
        #expect(stage.messages(Topic.hint, to: "ada").allSatisfy { $0.at - back <= .seconds(3) })
        #expect(stage.journal.filter { if case .intended = $0.event { true } else { false } }.count == 1)
        stage.pass(.seconds(60))
        #expect(stage.hints().count == 1 && stage.messages(Topic.chat, to: "ada").count == 2)
    }

    @Test(
        "a hint that was to leave but never did costs neither cooldown nor budget",
        arguments: [
            "expired", "paused",
        ])
    func neverLeft(cause: String) {
        var stage = Stage(settings: ["hint.lifetime": "30s", "policy.cooldown": "10min", "policy.budget": "1"])
        stage.joinBoth()
        stage.longPause()
        stage.isOpen = false
        stage.answer()
        if cause == "paused" {
            stage.control(.pause, from: "ivo")
            stage.control(.resume, from: "ivo")
        } else {
            stage.pass(.seconds(31))
        }
        stage.isOpen = true
        stage.pass(.seconds(6))
        #expect(stage.hints().isEmpty && stage.dropped().contains(cause))
        stage.longPause()
        #expect(stage.asks.count == 2)
        #expect(stage.asks.last?.request.tier == 1, "and the ladder does not go on from it")
        stage.answer("Two.")
        #expect(stage.hints().map(\.text) == ["Two."])
    }

    @Test(
        "a candidate who is away gets the hint on coming back, if it has not expired",
        arguments: [
            (20, 1), (70, 0),
        ])
    func candidateAway(seconds: Int, expected: Int) {
        var stage = Stage()
        stage.joinBoth()
        stage.longPause()
        stage.give(.participantLeft(identity: "ada"))
        stage.answer()
        stage.pass(.seconds(seconds))
        stage.join("ada", sid: "PA_new", role: "candidate")
        #expect(stage.hints().count == expected)
        // The notice of the new session goes first.
        let order = stage.sent.filter { $0.to == "ada" }.map(\.topic)
        if expected == 1 {
            #expect(order.lastIndex(of: Topic.notice) ?? .max < order.lastIndex(of: Topic.hint) ?? .min)
        }
    }

    @Test("the candidate's voice while a hint is held withdraws it")
    func spokeWhileHeld() {
        var stage = Stage()
        stage.joinBoth()
        stage.longPause()
        stage.give(.connection(.lost))
        stage.answer()
        stage.speak("ada")
        stage.give(.connection(.restored))
        #expect(stage.hints().isEmpty && stage.dropped() == ["candidate_spoke"])
    }

    @Test("participants told again after a rejoin of the agent are not told twice")
    func agentRejoins() {
        var stage = Stage()
        stage.joinBoth()
        let before = stage.sent.count
        stage.give(.connection(.lost))
        stage.give(.joined(room: RoomFacts(sid: "RM_1", name: "room"), jobMetadata: ""))
        stage.joinBoth()
        stage.give(.connection(.restored))
        #expect(stage.sent.count == before)
        #expect(stage.journal.filter { if case .began = $0.event { true } else { false } }.count == 1)
    }

    @Test("what failed, in whatever order that became known, leaves in the order it was meant to")
    func keepsOrder() {
        var stage = Stage()
        stage.joinBoth()
        stage.longPause()
        stage.isMute = true
        stage.answer()
        stage.give(.connection(.lost))
        stage.ask(from: "ada")
        let lost = stage.muted
        #expect(lost.count == 6)
        for message in lost.reversed() { stage.give(.sendFailed(messageID: message.id, isForGood: false)) }
        stage.isMute = false
        let before = stage.sent.count
        stage.give(.connection(.restored))
        stage.pass(.seconds(2))
        let topics = stage.sent[before...].filter { $0.to == "ada" }.map(\.topic)
        #expect(
            topics == [
                Topic.hint, Topic.chat, Topic.legacyChat, Topic.chat, Topic.legacyChat, Topic.notice,
            ])
        #expect(stage.notices(.declined, to: "ada").map(\.code) == ["cooldown"])
    }

    private func sentEntries(_ stage: Stage) -> [JournalEntry] {
        stage.journal.filter { if case .sent = $0.event { true } else { false } }
    }

    @Test("a hint that was handed over is sent only once the server has it, and at the time at which it left")
    func handedOverIsNotSent() throws {
        var stage = Stage()
        stage.joinBoth()
        stage.longPause()
        stage.isMute = true
        stage.answer()
        let message = try #require(stage.muted.first { $0.topic == Topic.hint && $0.to == "ada" })
        stage.pass(.seconds(8))
        #expect(sentEntries(stage).isEmpty && !stage.notes.contains { if case .hintSent = $0 { true } else { false } })
        let left = message.at + .seconds(7)
        stage.give(.sent(messageID: message.id, at: left))
        #expect(sentEntries(stage).map(\.at) == [stage.core.timestamp(left).milliseconds])
        let sent = stage.notes.compactMap { if case .hintSent(let sent) = $0 { sent } else { nil } }
        #expect(
            sent.map(\.sinceTrigger) == [.milliseconds(7800)], "the dead path counts, the way of the answer does not")
    }

    @Test("a hint of which nobody knows whether it arrived counts as said; a first notice is given again")
    func nobodyKnows() throws {
        var stage = Stage()
        stage.isMute = true
        stage.joinBoth()
        let notice = try #require(stage.muted.first { $0.topic == Topic.notice && $0.to == "ada" })
        for message in stage.muted where message.id != notice.id {
            stage.give(.sent(messageID: message.id, at: stage.now))
        }
        #expect(!stage.log.contains("listen ada"))
        stage.isMute = false
        stage.give(.sendUnknown(messageID: notice.id))
        #expect(stage.notices(.observing, to: "ada").count == 1 && stage.log.contains("listen ada"))
        stage.longPause()
        stage.isMute = true
        stage.answer()
        let hint = try #require(stage.muted.last { $0.topic == Topic.hint && $0.to == "ada" })
        stage.give(.sendUnknown(messageID: hint.id))
        stage.isMute = false
        stage.pass(.seconds(30))
        #expect(stage.hints().isEmpty && sentEntries(stage).isEmpty)
        #expect(SessionHistory(stage.journal).hints.map(\.wasSent) == [false] && stage.core.hints.given.count == 1)
    }

    @Test(
        "a hint that was asked to be sent and has not left does not leave after a pause, an end or a lower limit",
        arguments: [ControlMessage.Action.pause, .end, .tierLimit])
    func heldUpThenPaused(action: ControlMessage.Action) {
        var stage = Stage()
        stage.joinBoth()
        stage.longPause()
        stage.isMute = true
        stage.answer()
        let held = stage.muted.filter { $0.to == "ada" }
        #expect(held.count == 3 && held.allSatisfy { stage.core.mayLeave($0.id) })
        stage.control(action, from: "ivo", tier: action == .tierLimit ? 0 : nil)
        #expect(held.allSatisfy { !stage.core.mayLeave($0.id) })
        for message in held { stage.give(.sendFailed(messageID: message.id, isForGood: false)) }
        stage.isMute = false
        if action == .pause { stage.control(.resume, from: "ivo") }
        stage.pass(.seconds(10))
        #expect(
            stage.hints().isEmpty
                && stage.messages(Topic.chat, to: "ada").allSatisfy { $0.text?.contains("line 1") != true })
        let dropped = stage.journal.count { if case .hintDropped = $0.event { true } else { false } }
        #expect(dropped == 1 && SessionHistory(stage.journal).hints.isEmpty, "and it was not said")
    }

    @Test("what could not be sent to somebody who has left meanwhile does not wait for them")
    func refusedAfterLeaving() {
        var stage = Stage()
        stage.joinBoth()
        stage.isMute = true
        stage.join("oto", role: "observer")
        stage.longPause()
        stage.answer()
        let held = stage.muted
        for identity: Identity in ["oto", "ivo", "ada"] { stage.give(.participantLeft(identity: identity)) }
        for message in held { stage.give(.sendFailed(messageID: message.id, isForGood: false)) }
        #expect(!stage.core.outbox.isEmpty, "a hint waits for the candidate's return")
        stage.give(.participantLeft(identity: "ada"))
        #expect(held.allSatisfy { stage.core.outbox.waits($0.id) == ($0.to == "ada") })
        stage.isMute = false
        stage.join("ada", sid: "PA_new", role: "candidate")
        stage.pass(.seconds(3))
        #expect(stage.hints().count == 1)
    }
}
