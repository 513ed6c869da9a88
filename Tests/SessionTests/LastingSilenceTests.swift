import Coach
import Perception
import SansIO
import Testing
import Wire

@testable import Session

/// A silence that lasts is offered when what held it back is over, once: whatever held it back.
@Suite("A lasting silence")
struct LastingSilenceTests {
    /// A session whose ears are the real ones, over voices that are written down. A silence is told once: nothing is
    /// offered because it is told again.
    struct Room {
        var stage: Stage
        private var perception: RoomPerception
        private var speaking: Set<Identity> = []
        /// Whose microphone is unmuted and heard.
        private var present: [Identity] = []
        private var revision = 0

        init(_ settings: [String: String] = [:]) {
            stage = Stage(settings: ["pause.repeat_after": "0s"].merging(settings) { $1 })
            perception = RoomPerception(configuration: stage.core.configuration.perception)
            perceive(.connection(isUp: true))
            follow()
        }

        /// With a microphone; by default a candidate and an interviewer, by their tokens.
        mutating func join(_ identity: Identity, role: String?, kind: ParticipantFacts.Kind = .standard) {
            stage.join(identity, role: role, kind: kind)
            if !present.contains(identity) { present.append(identity) }
            perceive(.microphones(identity, [Microphone(sid: "TR_\(identity)", isMuted: false)]))
            follow()
        }

        mutating func joinBoth() {
            join("ada", role: "candidate")
            join("ivo", role: "interviewer")
        }

        mutating func leave(_ identity: Identity) {
            present.removeAll { $0 == identity }
            speaking.remove(identity)
            change { $0.give(.participantLeft(identity: identity)) }
            perceive(.left(identity))
        }

        mutating func change(_ body: (inout Stage) -> Void) {
            body(&stage)
            follow()
        }

        mutating func type() {
            revision += 1
            change { [revision] in $0.code(from: "ada", revision: revision, "a = \(revision)") }
        }

        mutating func speak(_ identity: Identity, _ seconds: Double) {
            speaking.insert(identity)
            pass(seconds)
            speaking.remove(identity)
        }

        /// Silence, but for those who speak.
        mutating func pass(_ seconds: Double, untilAsks: Int = .max) {
            for _ in 0..<Int((seconds / 0.032).rounded()) where stage.asks.count < untilAsks {
                let start = stage.now
                stage.pass(VoiceChunk.duration)
                follow()
                for identity in present {
                    let isVoice = speaking.contains(identity)
                    let chunk = VoiceChunk(
                        start: start, probability: isVoice ? 0.95 : 0.02, level: isVoice ? -25 : -70)
                    perceive(.sound(identity, track: "TR_\(identity)", .chunks([chunk])))
                }
            }
        }

        /// The candidate speaks and falls silent, until that is a long pause.
        mutating func fallSilent() {
            speak("ada", 3)
            pass(15)
        }

        private mutating func perceive(_ input: PerceptionInput) {
            perception.receive(input, at: stage.now)
            while let signal = perception.pollOutput() {
                stage.give(.signal(signal, participant: signal.participant))
                follow()
            }
        }

        private mutating func follow() {
            for input in stage.takePerceived() { perceive(input) }
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var what: String
        var settings: [String: String] = [:]
        /// Before the silence.
        var begin: @Sendable (inout Room) -> Void = { $0.joinBoth() }
        var silence: @Sendable (inout Room) -> Void = { $0.fallSilent() }
        /// From the silence's being long on.
        var during: @Sendable (inout Room) -> Void = { _ in }
        /// What ends that which held it back.
        var end: @Sendable (inout Room) -> Void
        /// How long after that it may take.
        var within = 1.0

        var testDescription: String { what }
    }

    private static func ask(_ room: inout Room, from identity: Identity) {
        room.change { $0.ask(from: identity) }
    }

    /// The coach comes back with nothing.
    private static func fail(_ room: inout Room) {
        room.change { stage in
            guard let ask = stage.asks.last else { return }
            stage.give(
                .coachAnswered(requestID: ask.id, CoachOutcome(hint: nil, notClaude: .noKey, elapsed: .zero)))
        }
    }

    static let cases: [Case] = [
        Case(what: "the quiet start", settings: ["policy.quiet_start": "60s"], end: { $0.pass(42) }),
        Case(
            what: "the cooldown",
            begin: {
                $0.joinBoth()
                $0.change { $0.ask(from: "ada") }
                $0.change { $0.answer() }
            }, end: { $0.pass(42) }, within: 2),
        Case(
            what: "the spacing of questions to the coach", settings: ["policy.settle": "0s"],
            begin: { room in
                room.joinBoth()
                room.speak("ada", 3)
                room.pass(7)
                ask(&room, from: "ivo")
                fail(&room)
            }, silence: { $0.pass(2) }, end: { _ in }, within: 6),
        Case(
            what: "the budget", settings: ["policy.budget": "1", "policy.cooldown": "0s"],
            begin: {
                $0.joinBoth()
                $0.change { $0.ask(from: "ada") }
                $0.change { $0.answer() }
            },
            end: { $0.change { $0.give(.roomMetadata(#"{"jask":{"settings":{"policy.budget":"2"}}}"#)) } }),
        Case(
            what: "an interviewer's limit of tiers",
            begin: {
                $0.joinBoth()
                $0.change { $0.control(.tierLimit, from: "ivo", tier: 0) }
            }, end: { $0.change { $0.control(.tierLimit, from: "ivo", tier: 2) } }),
        Case(
            what: "an interviewer's limit while the coach is asked",
            during: { $0.change { $0.control(.tierLimit, from: "ivo", tier: 0) } },
            end: { $0.change { $0.control(.tierLimit, from: "ivo", tier: 2) } }, within: 6),
        Case(
            what: "the settings' limit of tiers", settings: ["policy.tier_ceiling": "0"],
            end: { $0.change { $0.give(.roomMetadata(#"{"jask":{"settings":{"policy.tier_ceiling":"1"}}}"#)) } }),
        Case(
            what: "a word of the interviewer's while the coach is asked", during: { $0.speak("ivo", 0.6) },
            end: { $0.pass(1) }, within: 6),
        Case(
            what: "a turn of the interviewer's, after which the silence begins anew", during: { $0.speak("ivo", 5) },
            end: { $0.pass(12) }, within: 4),
        Case(
            what: "a word of an agent's while the coach is asked",
            begin: {
                $0.joinBoth()
                $0.join("bot", role: nil, kind: .agent)
            }, during: { $0.speak("bot", 0.6) }, end: { $0.pass(1) }, within: 6),
        Case(
            what: "a request that comes to nothing",
            begin: {
                $0.joinBoth()
                $0.speak("ada", 3)
                $0.pass(8)
                ask(&$0, from: "ivo")
            }, silence: { $0.pass(7) }, end: { fail(&$0) }, within: 6),
        Case(
            what: "a request that comes to a hint, and its cooldown",
            begin: {
                $0.joinBoth()
                $0.speak("ada", 3)
                $0.pass(8)
                ask(&$0, from: "ivo")
            }, silence: { $0.pass(7) },
            end: {
                $0.change { $0.answer() }
                $0.pass(59)
            }, within: 2),
        Case(
            what: "the middle of an edit", settings: ["policy.settle": "10s", "pause.typing_quiet": "1s"],
            begin: {
                $0.joinBoth()
                $0.type()
                $0.speak("ada", 3)
                $0.pass(9)
                $0.type()
            }, silence: { $0.pass(3) }, end: { $0.pass(4) }, within: 12),
        Case(
            what: "an interviewer's pause",
            during: { $0.change { $0.control(.pause, from: "ivo") } },
            end: {
                $0.pass(30)
                $0.change { $0.control(.resume, from: "ivo") }
                $0.pass(9)
            }, within: 12),
        Case(
            what: "an opt-out of the microphone",
            during: { $0.change { $0.control(.optOut, from: "ada", sources: [.microphone]) } },
            end: {
                $0.pass(30)
                $0.change { $0.control(.optIn, from: "ada", sources: [.microphone]) }
                $0.pass(9)
            }, within: 12),
        Case(
            what: "an opt-out of the code, on which the silence rested", settings: ["policy.quiet_start": "40s"],
            begin: {
                $0.joinBoth()
                $0.type()
            },
            during: { $0.change { $0.control(.optOut, from: "ada", sources: [.code]) } }, end: { $0.pass(22) },
            within: 2),
        Case(
            what: "nobody's knowing who the candidate is",
            begin: {
                $0.join("ada", role: nil)
                $0.join("ivo", role: nil)
            }, end: { $0.join("ada", role: "candidate") }),
        Case(
            what: "a second who might be the candidate, and leaves",
            begin: {
                $0.join("ada", role: nil)
                $0.join("ivo", role: nil)
            }, end: { $0.leave("ivo") }),
        Case(
            what: "a candidate who is named in the quiet start", settings: ["policy.quiet_start": "40s"],
            begin: {
                $0.join("ada", role: nil)
                $0.join("ivo", role: nil)
            }, during: { $0.join("ada", role: "candidate") }, end: { $0.pass(22) }, within: 2),
        Case(
            what: "a candidate who is in doubt for a while",
            begin: { $0.join("ada", role: nil) }, during: { $0.join("ivo", role: nil) },
            end: { $0.join("ivo", role: "interviewer") }, within: 6),
        Case(
            what: "a word of another's while nobody knows who the candidate is",
            begin: {
                $0.join("ada", role: nil)
                $0.join("ivo", role: nil)
            }, during: { $0.speak("ivo", 0.6) }, end: { $0.join("ada", role: "candidate") }),
    ]

    @Test("is offered when what held it back is over, once", arguments: cases)
    func isOffered(_ scene: Case) {
        var room = Room(scene.settings)
        scene.begin(&room)
        scene.silence(&room)
        scene.during(&room)
        let before = room.stage.asks.count
        scene.end(&room)
        room.pass(scene.within, untilAsks: before + 1)
        #expect(room.stage.asks.count == before + 1, "\(room.stage.log.suffix(20)) \(room.stage.dropped())")
        #expect(room.stage.asks.last?.request.trigger.kind == TriggerFacts.longPause)
        let silentFor = room.stage.asks.last?.request.trigger.silentFor ?? 0
        #expect(silentFor >= 8, "\(silentFor) s")
        room.change { $0.answer("What of an empty list?") }
        #expect(room.stage.hints().last?.text == "What of an empty list?")
        room.pass(300)
        #expect(room.stage.asks.count == before + 1, "once")
    }
}
