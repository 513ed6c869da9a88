import SansIO
import Testing
import Wire

@testable import Session

@Suite("What was chosen in a room that the server made anew")
struct CarryOverTests {
    /// The same name with another sid. The earlier room was alive until `gap` ago.
    private func anew(
        after old: Stage, gap: Duration, sid: String = "RM_2", settings: [String: String] = [:],
        journal: [JournalEntry] = [], aliveAt: Int64? = nil
    ) -> Stage {
        var new = Stage(core: Stage(settings: settings, seed: 2).core)
        new.core = SessionCore(configuration: new.core.processConfiguration, random: .seeded(2))
        new.wallOffset = old.now + old.wallOffset + gap - new.now
        new.give(.wallClock(offset: new.wallOffset))
        if !journal.isEmpty { new.give(.restored(journal)) }
        let alive = aliveAt ?? (old.now + old.wallOffset).nanoseconds / 1_000_000
        new.give(.predecessor(RoomPredecessor(entries: old.journal, aliveAt: alive)))
        new.give(.joined(room: RoomFacts(sid: sid, name: "room"), jobMetadata: ""))
        return new
    }

    private func old(_ actions: ControlMessage.Action...) -> Stage {
        var stage = Stage()
        stage.joinBoth()
        for action in actions { stage.control(action, from: "ivo") }
        return stage
    }

    @Test("an opt-out holds in a new room of the name for a day, and is said in its notice")
    func optOutHolds() throws {
        var old = old()
        old.control(.optOut, from: "ada", sources: [.microphone])
        for (hours, holds) in [(23, true), (25, false)] {
            var new = anew(after: old, gap: .seconds(hours * 3600))
            new.joinBoth()
            #expect(new.core.listening == (holds ? ["ivo"] : ["ada", "ivo"]))
            let notice = try #require(new.notices(.observing, to: "ada").first)
            #expect(notice.observed?.first { $0.source == .microphone }?.used == !holds)
        }
        var never = anew(after: old, gap: .seconds(1), settings: ["consent.opt_out_lifetime": "0s"])
        never.joinBoth()
        #expect(never.core.listening == ["ada", "ivo"])
    }

    @Test("an opt-out holds too where the earlier room was over, and not for somebody else")
    func optOutHoldsAfterClosing() {
        var old = old()
        old.control(.optOut, from: "ada")
        var closed = old
        closed.close()
        var new = anew(after: closed, gap: .seconds(600))
        new.joinBoth()
        new.join("eve")
        #expect(new.core.listening == ["eve", "ivo"])
    }

    @Test("rooms that follow one another do not make an opt-out last longer")
    func optOutKeepsItsTime() {
        var old = old()
        old.control(.optOut, from: "ada", sources: [.microphone])
        var second = anew(after: old, gap: .seconds(20 * 3600))
        second.joinBoth()
        #expect(second.core.listening == ["ivo"])
        var third = anew(after: second, gap: .seconds(5 * 3600), sid: "RM_3")
        third.joinBoth()
        #expect(third.core.listening == ["ada", "ivo"])
        let started = SessionHistory(second.journal).startedAt
        #expect(started == (second.now + second.wallOffset).nanoseconds / 1_000_000, "not when it was chosen")
    }

    @Test("who opted in again in the new room stays in when the session is taken over there")
    func optInHolds() {
        var old = old()
        old.control(.optOut, from: "ada", sources: [.microphone])
        var new = anew(after: old, gap: .seconds(5))
        new.joinBoth()
        new.control(.optIn, from: "ada")
        var heir = anew(after: old, gap: .seconds(30), journal: new.journal)
        heir.joinBoth()
        #expect(heir.core.listening == ["ada", "ivo"])
    }

    @Test("pause and end hold in the new room once somebody of the old one is back", arguments: [true, false])
    func carriesOver(isEnd: Bool) {
        let old = old(isEnd ? .end : .pause)
        var new = anew(after: old, gap: .seconds(10))
        new.join("eve")
        #expect(new.core.listening.isEmpty, "not before it is known what holds")
        new.pass(.seconds(60))
        #expect(new.core.listening.isEmpty && !new.core.isPaused && !new.core.isEnded)
        new.join("ada", role: "candidate")
        #expect(new.core.isPaused == !isEnd && new.core.isEnded == isEnd && new.core.listening.isEmpty)
        for identity in ["eve", "ada"] as [Identity] {
            #expect(new.notices(isEnd ? .off : .paused, to: identity).count == 1)
        }
        new.longPause()
        #expect(new.asks.isEmpty)
        // A third process, and a third room.
        for var next in [
            anew(after: old, gap: .seconds(75), journal: new.journal), anew(after: new, gap: .seconds(5), sid: "RM_3"),
        ] {
            next.join("ada", role: "candidate")
            #expect(next.core.isPaused == !isEnd && next.core.isEnded == isEnd)
        }
    }

    @Test("a paused room that goes on can be resumed, for good")
    func resumes() {
        let old = old(.pause)
        var new = anew(after: old, gap: .seconds(10))
        new.joinBoth()
        new.control(.resume, from: "ivo")
        #expect(new.core.listening == ["ada", "ivo"])
        var heir = anew(after: old, gap: .seconds(20), journal: new.journal)
        heir.joinBoth()
        #expect(heir.core.listening == ["ada", "ivo"])
    }

    @Test("a room that was over silences nobody", arguments: [ControlMessage.Action.pause, .end])
    func closedRoom(action: ControlMessage.Action) {
        var old = old(action)
        old.close()
        var new = anew(after: old, gap: .seconds(1))
        new.joinBoth()
        #expect(new.core.listening == ["ada", "ivo"] && !new.core.isPaused && !new.core.isEnded)
    }

    @Test("strangers in a room of the same name are listened to once the time is over")
    func strangers() {
        let old = old(.end)
        var new = anew(after: old, gap: .seconds(10))
        new.join("bob", role: "candidate")
        new.join("eve", role: "interviewer")
        #expect(new.core.listening.isEmpty)
        new.pass(.seconds(109))
        #expect(new.core.listening.isEmpty)
        new.pass(.seconds(1))
        #expect(new.core.listening == ["bob", "eve"] && !new.core.isEnded)
        new.longPause("bob")
        #expect(new.asks.count == 1)
        new.join("ada")
        #expect(!new.core.isEnded, "too late")
    }

    @Test(
        "a stranger's pause, resumption or end counts at once", arguments: [ControlMessage.Action.resume, .pause, .end])
    func strangersChoice(action: ControlMessage.Action) {
        var new = anew(after: old(.pause), gap: .seconds(10))
        new.join("bob", role: "candidate")
        new.join("eve", role: "interviewer")
        new.control(action, from: "eve")
        new.join("ivo", role: "interviewer")
        #expect(new.core.listening == (action == .resume ? ["bob", "eve", "ivo"] : []))
        #expect(new.core.isPaused == (action == .pause) && new.core.isEnded == (action == .end))
        // And it is the choice of this room: what was said in the other is not told on top, when somebody of it is back.
        let kind: NoticeMessage.Kind = action == .end ? .off : .paused
        #expect(new.notices(kind, to: "eve").count == (action == .resume ? 0 : 1))
        new.pass(.seconds(300))
        #expect(new.core.listening.isEmpty == (action != .resume))
    }

    @Test("nothing carries over after two minutes, nor where that is switched off")
    func tooLate() {
        let old = old(.pause)
        for (gap, settings, holds) in [
            (119, [:], true), (120, [:], false), (1, ["consent.carry_over": "0s"], false),
        ] as [(Int, [String: String], Bool)] {
            var new = anew(after: old, gap: .seconds(gap), settings: settings)
            new.joinBoth()
            #expect(new.core.isPaused == holds, "\(gap) s")
        }
    }

    @Test("a time that no clock tells, or one in the future, makes nothing last longer")
    func oddTimes() {
        for alive in [Int64.min, Int64.max, 0] {
            var new = anew(after: old(.pause), gap: .seconds(5), aliveAt: alive)
            new.join("bob")
            new.pass(.seconds(120))
            #expect(new.core.listening == ["bob"])
        }
    }

    @Test("a participant that is told nothing is no witness: an agent of the earlier room's name")
    func agentIsNoWitness() {
        let old = old(.pause)
        var new = anew(after: old, gap: .seconds(10))
        new.join("ada", kind: .agent)
        #expect(!new.core.isPaused)
        new.join("ivo", role: "interviewer", isActive: false)
        #expect(!new.core.isPaused, "not here yet")
        new.join("ivo", role: "interviewer")
        #expect(new.core.isPaused)
    }
}

extension Stage {
    /// The server says that the room is over.
    fileprivate mutating func close() { addToJournal(.closed) }
}
