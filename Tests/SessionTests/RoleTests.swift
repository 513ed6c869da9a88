import SansIO
import Testing

@testable import Session

@Suite("Who is who")
struct RoleTests {
    /// Who joins, in order, and who is the candidate then; nil where nobody can be told.
    struct Scene: CustomTestStringConvertible {
        var name: String
        var job = ""
        var room = ""
        var people: [ParticipantFacts]
        var candidate: Identity?
        var isAmbiguous = false
        var testDescription: String { name }
    }

    static func person(
        _ identity: Identity, role: String? = nil, own: Bool = false, publishes: Bool = true,
        kind: ParticipantFacts.Kind = .standard, hidden: Bool = false
    ) -> ParticipantFacts {
        ParticipantFacts(
            identity: identity, sid: "PA_\(identity)", attributes: role.map { ["jask.role": $0] } ?? [:],
            canUpdateMetadata: own, kind: kind, isHidden: hidden, isPublisher: publishes,
            publishesMicrophone: publishes)
    }

    static let scenes = [
        Scene(name: "the only publisher", people: [person("ada")], candidate: "ada"),
        Scene(name: "nobody publishes", people: [person("ada", publishes: false)]),
        Scene(name: "two publishers", people: [person("ada"), person("ivo")], isAmbiguous: true),
        Scene(
            name: "a listener beside a publisher", people: [person("ada"), person("ivo", publishes: false)],
            candidate: "ada"),
        Scene(
            name: "a token names the candidate", people: [person("ada", role: "candidate"), person("ivo")],
            candidate: "ada"),
        Scene(
            name: "a token names the interviewer", people: [person("ivo", role: "interviewer"), person("ada")],
            candidate: "ada"),
        Scene(
            name: "a role that its owner may change counts for nothing",
            people: [person("ada", role: "interviewer", own: true)], candidate: "ada"),
        Scene(
            name: "two who could both have written their role",
            people: [person("ada", role: "candidate", own: true), person("ivo")], isAmbiguous: true),
        Scene(
            name: "two named candidates", people: [person("ada", role: "candidate"), person("ivo", role: "candidate")],
            isAmbiguous: true),
        Scene(
            name: "the job's word goes before the token's", job: #"{"candidate":"ivo"}"#,
            people: [person("ada", role: "candidate"), person("ivo")], candidate: "ivo"),
        Scene(
            name: "the job names an interviewer, under jask", job: #"{"jask":{"interviewers":["ivo"]}}"#,
            people: [person("ada", own: true), person("ivo", own: true)], candidate: "ada"),
        Scene(
            name: "the room's metadata cannot name anyone", room: #"{"jask":{"candidate":"ivo"}}"#,
            people: [person("ada"), person("ivo", publishes: false)], candidate: "ada"),
        Scene(
            name: "agents and bridges are no candidates",
            people: [person("bot", kind: .agent), person("sip", kind: .service), person("ada")], candidate: "ada"),
        Scene(
            name: "a hidden publisher is no candidate", people: [person("spy", hidden: true), person("ada")],
            candidate: "ada"),
        Scene(name: "an unknown role is none", people: [person("ada", role: "boss")], candidate: "ada"),
    ]

    @Test("is resolved from job, tokens and tracks", arguments: scenes)
    func resolves(_ scene: Scene) {
        var stage = Stage(jobMetadata: scene.job, roomMetadata: scene.room)
        for facts in scene.people { stage.give(.participant(facts)) }
        #expect(stage.core.candidate == scene.candidate)
        #expect(stage.core.consent.ambiguous.isEmpty == !scene.isAmbiguous)
    }

    @Test("with two possible candidates everyone is told, and nobody gets a hint until one is named")
    func twoPublishersAreTold() {
        var stage = Stage()
        stage.join("ada")
        #expect(stage.core.candidate == "ada")
        stage.join("ivo")
        #expect(stage.notices(.noCandidate, to: "ada").count == 1)
        #expect(stage.notices(.noCandidate, to: "ivo").count == 1)
        stage.speak("ada")
        stage.longPause("ada")
        stage.longPause("ivo")
        stage.ask(from: "ada")
        #expect(stage.asks.isEmpty)
        #expect(stage.notices(.declined, to: "ada").map(\.code) == ["no_candidate"])

        stage.join("ivo", role: "interviewer")
        #expect(stage.core.candidate == "ada")
        #expect(stage.notices(.on, to: "ada").count == 1)
        stage.longPause("ada")
        #expect(stage.asks.count == 1)
    }

    @Test("a candidate who drops out and comes back is still the candidate")
    func candidateComesBack() {
        var stage = Stage()
        stage.join("ada")
        stage.give(.participantLeft(identity: "ada"))
        #expect(stage.core.candidate == "ada")
        stage.join("ada", sid: "PA_again", microphone: false)
        #expect(stage.core.candidate == "ada")
    }

    @Test("while a candidate whom a role named is away, nobody else is taken for one")
    func namedCandidateIsAway() {
        var stage = Stage()
        stage.join("ada", role: "candidate")
        stage.join("ivo")
        #expect(stage.core.candidate == "ada")
        stage.give(.participantLeft(identity: "ada"))
        #expect(stage.core.candidate == "ada")
        stage.speak("ivo")
        stage.longPause("ivo")
        #expect(stage.asks.isEmpty)
        stage.join("ada", sid: "PA_again", role: "candidate")
        #expect(stage.core.candidate == "ada")
        stage.longPause("ada")
        #expect(stage.asks.count == 1)
    }

    @Test("a role that names another makes that one the candidate, and one that is taken back makes it a guess again")
    func anotherIsNamed() {
        var stage = Stage()
        stage.join("ada", role: "candidate")
        stage.give(.participantLeft(identity: "ada"))
        stage.join("ivo", role: "candidate")
        #expect(stage.core.candidate == "ivo")
        stage.join("ivo")
        #expect(stage.core.candidate == "ivo", "the only one who publishes")
        stage.join("eva")
        #expect(!stage.core.consent.ambiguous.isEmpty)
    }

    @Test("a change of the candidate ends what was asked for the former one")
    func changeOfCandidate() {
        var stage = Stage()
        stage.join("ada")
        stage.longPause("ada")
        #expect(stage.asks.count == 1)
        stage.join("ivo", role: "candidate")
        #expect(stage.core.candidate == "ivo")
        #expect(stage.cancelled == [stage.asks[0].id])
        stage.answer()
        #expect(stage.hints(to: "ada").isEmpty && stage.hints(to: "ivo").isEmpty)
    }

    @Test("who was the candidate for want of another is not, once told to be something else")
    func candidateBecomesObserver() {
        var stage = Stage()
        stage.join("ada")
        #expect(stage.core.candidate == "ada")
        stage.join("ada", role: "observer", microphone: false)
        #expect(stage.core.candidate == nil)
        stage.longPause()
        #expect(stage.asks.isEmpty)
    }
}
