import Coach
import Perception
import SansIO
import Testing
import Wire

@testable import Session

@Suite("Gestures and the camera")
struct GestureTests {
    private static func cameraEntry(_ notice: NoticeMessage?) -> NoticeMessage.Observed? {
        notice?.observed?.first { $0.source == .camera }
    }

    @Test("the candidate's camera is watched after the notice that names it, nobody else's is, and theirs is not named")
    func watching() throws {
        var stage = Stage()
        stage.join("ada", role: "candidate", camera: true)
        stage.join("ivo", role: "interviewer", camera: true)
        let notice = try #require(stage.log.firstIndex(of: "send jask.notice ada"))
        let watch = try #require(stage.log.firstIndex(of: "watch ada"))
        #expect(notice < watch && stage.core.watching == ["ada"])
        let told = try #require(stage.notices(.observing, to: "ada").first)
        #expect(Self.cameraEntry(told)?.used == true && told.text.contains("your camera (for a raised hand"))
        #expect(told.text.contains("turn off your camera"))
        #expect(Self.cameraEntry(stage.notices(.observing, to: "ivo").first) == nil)
        #expect(!stage.notices(.observing, to: "ivo")[0].text.contains("camera"))
    }

    @Test("without a camera, and with gestures switched off, the notice does not name it")
    func unnamed() {
        var plain = Stage()
        plain.join("ada", role: "candidate")
        var off = Stage(settings: ["gesture.enabled": "false"])
        off.join("ada", role: "candidate", camera: true)
        for stage in [plain, off] {
            #expect(stage.core.watching.isEmpty && !stage.notices(.observing)[0].text.contains("camera"))
            #expect(Self.cameraEntry(stage.notices(.observing)[0]) == nil)
        }
    }

    @Test("a camera that comes later is told of first, while listening goes on")
    func laterCamera() {
        var stage = Stage()
        stage.join("ada", role: "candidate")
        stage.isMute = true
        stage.join("ada", role: "candidate", camera: true)
        #expect(stage.core.watching.isEmpty && stage.core.listening == ["ada"])
        stage.isMute = false
        for message in stage.muted { stage.give(.sent(messageID: message.id, at: stage.now)) }
        #expect(stage.core.watching == ["ada"] && !stage.log.contains("deafen ada"))
        #expect(stage.journal.contains { $0.event == .noticedCamera(identity: "ada", sid: "PA_ada") })
    }

    @Test("opting out of the camera ends watching at once and takes back what rests on it; opting in needs its notice")
    func optingOut() {
        var stage = Stage()
        stage.join("ada", role: "candidate", camera: true)
        stage.gesture(.raisedHand)
        #expect(stage.asks.count == 1)
        stage.control(.optOut, from: "ada", sources: [.camera])
        #expect(stage.core.watching.isEmpty && stage.core.listening == ["ada"] && stage.cancelled.count == 1)
        stage.gesture(.raisedHand)
        #expect(stage.asks.count == 1)
        #expect(stage.notices(.choices, to: "ada").last?.text.contains("does not use your camera") == true)
        stage.pass(.seconds(30))
        stage.control(.optIn, from: "ada", sources: [.camera])
        #expect(stage.core.watching == ["ada"])
    }

    @Test("a camera that cannot be decoded is not used, and the notice says why; later it can be")
    func undecodable() throws {
        var stage = Stage()
        stage.join("ada", role: "candidate", camera: true)
        stage.give(.cameraProblem(participant: "ada", "it sends AV1, which cannot be decoded here"))
        #expect(stage.core.watching.isEmpty)
        let told = try #require(stage.notices(.observing, to: "ada").last)
        #expect(told.text.contains("Your camera is not used: it sends AV1") && Self.cameraEntry(told)?.used == false)
        stage.give(.cameraProblem(participant: "ada", nil))
        #expect(stage.core.watching == ["ada"])
        stage.give(.cameraProblem(participant: nil, "the models could not be loaded"))
        #expect(stage.core.watching.isEmpty)
    }

    @Test("pausing and ending stop watching")
    func pausing() {
        var stage = Stage()
        stage.joinBoth()
        stage.join("ada", role: "candidate", camera: true)
        stage.control(.pause, from: "ivo")
        #expect(stage.core.watching.isEmpty && stage.log.contains("unwatch ada"))
        stage.control(.resume, from: "ivo")
        #expect(stage.core.watching == ["ada"])
        stage.control(.end, from: "ivo")
        #expect(stage.core.watching.isEmpty)
    }

    @Test("a raised hand is a request: in the quiet start and cooldown too, and its hint says so")
    func raisedHand() throws {
        var stage = Stage(settings: ["policy.quiet_start": "60s"])
        stage.join("ada", role: "candidate", camera: true)
        stage.gesture(.raisedHand)
        stage.answer()
        let hint = try #require(stage.hints().first)
        #expect(hint.trigger.kind == "raised_hand" && hint.trigger.confidence == 0.9)
        #expect(stage.journal.contains { if case .asked(_, "raised_hand", 1) = $0.event { true } else { false } })
        stage.gestureEnds(.raisedHand)
        stage.pass(.seconds(5))
        stage.gesture(.raisedHand)
        #expect(stage.asks.count == 1 && stage.waiting() == ["cooldown"])
        stage.pass(.seconds(15))
        #expect(stage.asks.count == 2, "the hand is still up when the cooldown of requests is over")
        #expect(stage.notices(.declined).isEmpty, "whoever raises a hand may mean somebody else")
    }

    @Test("a hand that goes up while the coach is asked is served by the answer, and asked for where there is none")
    func handDuringQuestion() throws {
        for isAnswered in [true, false] {
            var stage = Stage()
            stage.join("ada", role: "candidate", camera: true)
            stage.longPause(confidence: 0.9)
            stage.gesture(.raisedHand)
            #expect(stage.asks.count == 1 && stage.waiting() == ["already_asking"])
            if isAnswered {
                stage.answer()
                #expect(stage.hints().count == 1 && stage.dropped() == ["already_asking"])
                stage.pass(.seconds(60))
                #expect(stage.asks.count == 1)
            } else {
                // Nothing comes of the question within its time.
                stage.pass(.seconds(120))
                #expect(stage.asks.count >= 2 && stage.asks[1].request.trigger.kind == "raised_hand")
            }
        }
    }

    @Test("a palm on the forehead alone is a moment, of lower confidence, and ends with the palm")
    func palm() throws {
        var stage = Stage()
        stage.join("ada", role: "candidate", camera: true)
        stage.gesture(.palmToForehead)
        let ask = try #require(stage.asks.first)
        #expect(ask.request.trigger.kind == "palm_to_forehead" && ask.request.trigger.confidence < 0.6)
        #expect(ask.request.trigger[.reasons] == "handModel")
        stage.answer()
        stage.gestureEnds(.palmToForehead)
        stage.gesture(.palmToForehead)
        #expect(stage.waiting().last == "cooldown")
        stage.gestureEnds(.palmToForehead)
        #expect(stage.dropped().last == "gesture_ended")
    }

    @Test("gestures of others, and of a camera that is not watched, ask for nothing")
    func others() {
        var stage = Stage()
        stage.join("ada", role: "candidate")
        stage.join("ivo", role: "interviewer", camera: true)
        stage.gesture(.raisedHand)
        stage.gesture(.raisedHand, of: "ivo")
        #expect(stage.asks.isEmpty)
    }

    @Test("who takes over watches at once where the camera was told of, and else tells of it first")
    func takeOver() {
        for wasTold in [true, false] {
            var old = Stage()
            old.join("ada", role: "candidate", camera: wasTold)
            var new = Stage(journal: old.journal)
            new.isOpen = false
            new.join("ada", role: "candidate", camera: true)
            #expect(new.core.listening == ["ada"])
            #expect(new.core.watching == (wasTold ? ["ada"] : []))
        }
    }

    @Test("who was last told that the camera is not used is told anew by who takes over, before it is looked at")
    func takeOverAfterWithdrawal() throws {
        let problem = SessionInput.cameraProblem(participant: "ada", "it sends AV1")
        for withdrawal in [problem, nil] {
            var old = Stage()
            old.join("ada", role: "candidate", camera: true)
            #expect(old.core.watching == ["ada"])
            if let withdrawal { old.give(withdrawal) } else { old.control(.optOut, from: "ada", sources: [.camera]) }
            #expect(old.core.watching.isEmpty)
            for journal in [old.journal, SessionHistory(old.journal).entries] {
                var new = Stage(journal: journal)
                new.isMute = true
                new.join("ada", role: "candidate", camera: true)
                if withdrawal == nil { new.control(.optIn, from: "ada", sources: [.camera]) }
                #expect(new.core.watching.isEmpty && new.core.listening == ["ada"])
                new.isMute = false
                for message in new.muted { new.give(.sent(messageID: message.id, at: new.now)) }
                #expect(new.core.watching == ["ada"])
            }
        }
    }

    @Test("a hand that waits for the end of the cooldown counts no more once nobody looks at the camera")
    func heldHandUnwatched() {
        for end in [
            SessionInput.cameraProblem(participant: "ada", "it sends AV1"),
            .cameraProblem(participant: nil, "no models"),
        ] {
            var stage = Stage()
            stage.join("ada", role: "candidate", camera: true)
            stage.gesture(.raisedHand)
            stage.answer()
            stage.gestureEnds(.raisedHand)
            stage.pass(.seconds(5))
            stage.gesture(.raisedHand)
            #expect(stage.waiting() == ["cooldown"])
            stage.give(end)
            #expect(stage.core.watching.isEmpty)
            stage.gestureEnds(.raisedHand)
            stage.pass(.seconds(60))
            #expect(stage.asks.count == 1 && stage.dropped().last == "gesture_ended")
        }
    }

    @Test("a failed run makes a moment surer")
    func failedRun() throws {
        var stage = Stage()
        stage.joinBoth()
        stage.packet(Topic.runResult, from: "ada", #"{"type":"jask.run.result","version":1,"passed":1,"failed":2}"#)
        stage.longPause(confidence: 0.5)
        let trigger = try #require(stage.asks.first?.request.trigger)
        #expect(trigger.confidence > 0.5 && trigger[.reasons]?.contains("failedRun") == true)
    }

    @Test("the run of somebody who does not want their code to be used any more makes nothing surer")
    func failedRunOptedOut() throws {
        var stage = Stage()
        stage.joinBoth()
        stage.packet(Topic.runResult, from: "ada", #"{"type":"jask.run.result","version":1,"passed":1,"failed":2}"#)
        stage.control(.optOut, from: "ada", sources: [.code])
        stage.longPause(confidence: 0.5)
        let trigger = try #require(stage.asks.first?.request.trigger)
        #expect(trigger.confidence == 0.5 && trigger[.reasons]?.contains("failedRun") != true)
    }
}
