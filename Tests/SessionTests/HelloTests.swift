import SansIO
import Testing
import Wire

@testable import Session

@Suite("A client that says hello")
struct HelloTests {
    private func hello(
        _ stage: inout Stage, from sender: Identity, shows: [TopicName]? = nil, acknowledges: Bool? = nil
    ) {
        let payload = HelloMessage(shows: shows, acknowledges: acknowledges).encoded()
        stage.give(.packet(topic: Topic.hello, sender: sender, payload: payload))
    }

    @Test("gets the notice again, alone and not as chat, at most once in five seconds")
    func notice() throws {
        var stage = Stage()
        stage.joinBoth()
        let chats = stage.messages(Topic.chat).count
        hello(&stage, from: "ada")
        let notices = stage.notices(.observing, to: "ada")
        #expect(notices.count == 2 && notices[0].text == notices[1].text && notices[0].observed == notices[1].observed)
        #expect(stage.notices(.observing, to: "ivo").count == 1 && stage.messages(Topic.chat).count == chats)
        for _ in 0..<20 { hello(&stage, from: "ada") }
        #expect(stage.notices(.observing, to: "ada").count == 2)
        stage.control(.pause, from: "ivo")
        stage.pass(.seconds(5))
        hello(&stage, from: "ada")
        #expect(stage.notices(.observing, to: "ada").count == 3 && stage.notices(.paused, to: "ada").count == 2)
        stage.pass(.seconds(5))
        hello(&stage, from: "ada", shows: [Topic.hint])
        #expect(stage.notices(.observing, to: "ada").count == 3, "it does not show them")
    }

    @Test("before the first notice has left gets that one alone, and is held until it is known who it is")
    func early() {
        var stage = Stage()
        hello(&stage, from: "ada", acknowledges: true)
        stage.join("ada")
        #expect(stage.notices(.observing, to: "ada").count == 1)
        #expect(stage.core.consent["ada"]?.acknowledges == true)
    }

    @Test("gets the hints that live and were addressed to it, under their ids, also after a reload; others get none")
    func hints() {
        var stage = Stage()
        stage.joinBoth()
        stage.join("oto", role: "observer")
        stage.longPause()
        stage.answer()
        stage.join("eve", role: "interviewer")
        stage.join("ada", sid: "PA_2", role: "candidate")
        for identity: Identity in ["ada", "ivo", "oto", "eve"] { hello(&stage, from: identity) }
        #expect(stage.hints().count == 2 && Set(stage.hints().map(\.id)).count == 1)
        #expect(stage.hints()[0] == stage.hints()[1])
        #expect(stage.hints(to: "ivo").count == 2)
        #expect(stage.hints(to: "oto").isEmpty && stage.hints(to: "eve").isEmpty)
        stage.pass(.seconds(60))
        hello(&stage, from: "ada")
        #expect(stage.hints().count == 2, "it has expired")
    }

    @Test("gets no hint while the assistant is paused, none it dismissed, and none that has yet to leave")
    func notThose() throws {
        var stage = Stage()
        stage.joinBoth()
        stage.longPause()
        stage.isMute = true
        stage.answer()
        hello(&stage, from: "ada", shows: [Topic.hint])
        #expect(stage.muted.filter { $0.topic == Topic.hint && $0.to == "ada" }.count == 1)

        var other = Stage()
        other.joinBoth()
        other.longPause()
        other.answer()
        other.control(.pause, from: "ivo")
        hello(&other, from: "ada")
        #expect(other.hints().count == 1)
        other.control(.resume, from: "ivo")
        other.pass(.seconds(5))
        let id = try #require(other.hints().first?.id)
        other.give(.packet(topic: Topic.ack, sender: "ada", payload: AckMessage(id: id, status: .dismissed).encoded()))
        hello(&other, from: "ada")
        hello(&other, from: "ivo")
        #expect(other.hints().count == 1 && other.hints(to: "ivo").count == 2)
    }

    @Test("and acknowledges is awaited, until it joins anew", arguments: [true, false])
    func acknowledges(joinsAnew: Bool) {
        var stage = Stage(settings: ["hint.ack_timeout": "5s", "hint.ack_resends": "2"])
        stage.joinBoth()
        hello(&stage, from: "ada", acknowledges: true)
        if joinsAnew { stage.join("ada", sid: "PA_2", role: "candidate") }
        stage.longPause()
        stage.answer()
        stage.pass(.seconds(6))
        #expect(stage.hints().count == (joinsAnew ? 1 : 2))
    }
}
