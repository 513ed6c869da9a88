import SansIO
import Testing
import Wire

@testable import Session

@Suite("Pictures by data")
struct PictureTests {
    /// What was told of wanted pictures, in order.
    private static func wanted(_ stage: Stage, to identity: String = "ada") throws -> [FrameMessage] {
        try stage.sent.filter { $0.topic == Topic.frame && $0.to == identity }.map {
            try FrameMessage(decoding: $0.payload)
        }
    }

    private static func errors(_ stage: Stage, to identity: Identity = "ada") -> [String] {
        stage.notices(.error, to: identity).compactMap(\.code)
    }

    @Test("the first picture is told of before one is looked at, and which are wanted")
    func first() throws {
        var stage = Stage()
        stage.join("ada", role: "candidate")
        #expect(!stage.notices(.observing, to: "ada")[0].text.contains("camera"))
        stage.picture("1", from: "ada")
        #expect(!stage.log.contains("look 1 ada"))
        #expect(stage.notices(.observing, to: "ada").last?.text.contains("your camera") == true)
        #expect(stage.core.watching == ["ada"])
        stage.pass(.milliseconds(250))
        stage.picture("2", from: "ada")
        #expect(stage.log.last == "look 2 ada")
        let wanted = try Self.wanted(stage)
        #expect(
            wanted.last
                == FrameMessage(
                    wanted: true, rate: 4, width: 320, maximumBytes: 262_144, maximumPixels: 921_600))
        #expect(wanted.count == 1)
    }

    @Test("nothing is looked at while the notice is on its way")
    func beforeTheNotice() {
        var stage = Stage()
        stage.join("ada", role: "candidate")
        stage.isMute = true
        for number in 0..<8 {
            stage.picture("\(number)", from: "ada")
            stage.pass(.milliseconds(250))
        }
        #expect(!stage.log.contains { $0.hasPrefix("look") })
        stage.isMute = false
        for message in stage.muted { stage.give(.sent(messageID: message.id, at: stage.now)) }
        stage.picture("9", from: "ada")
        #expect(stage.log.contains("look 9 ada"))
    }

    @Test("others' pictures are refused, and those of nobody counted")
    func others() {
        var stage = Stage()
        stage.join("ada", role: "candidate")
        stage.join("ivo", role: "interviewer")
        stage.picture("1", from: "ivo")
        stage.picture("2", from: nil)
        stage.picture("3", from: "eve")
        #expect(Self.errors(stage, to: "ivo") == ["not_allowed"])
        #expect(!stage.log.contains { $0.hasPrefix("look") })
        #expect(!stage.notices(.observing, to: "ivo").contains { $0.text.contains("camera") })
    }

    @Test("a bad one is answered with what is wrong, and changes nothing")
    func bad() {
        var stage = Stage(settings: ["pictures.maximum_bytes": "10000"])
        stage.join("ada", role: "candidate")
        stage.picture("0", from: "ada")
        stage.picture("1", from: "ada", bytes: 10_001)
        stage.picture("2", from: "ada", mediaType: "image/png")
        stage.picture("3", from: "ada", attributes: ["sequence": "x"])
        #expect(Self.errors(stage) == ["too_large", "bad_picture", "wrong_type"])
        stage.give(.streamFailed(topic: Topic.frame, sender: "ada", WireError(.badPicture, "it is broken")))
        stage.pass(.seconds(20))
        #expect(!stage.log.contains { $0.hasPrefix("look") })
        stage.picture("4", from: "ada")
        #expect(stage.log.last == "look 4 ada")
    }

    @Test("a flood of pictures is told once, and takes nothing of what code may cost")
    func flood() {
        var stage = Stage()
        stage.join("ada", role: "candidate")
        for number in 0..<500 {
            stage.picture("\(number)", from: "ada")
            stage.pass(.milliseconds(10))
        }
        #expect(Self.errors(stage) == ["too_much"])
        let looks = stage.log.filter { $0.hasPrefix("look") }.count
        #expect((20...40).contains(looks), "\(looks)")
        stage.code(from: "ada", revision: 1, "print(1)")
        #expect(stage.log.contains("feed ada true"))
    }

    @Test("leaving and joining renews nothing of what is read")
    func rejoining() {
        var stage = Stage()
        var looks = 0
        for _ in 0..<20 {
            stage.join("ada", role: "candidate")
            for number in 0..<8 { stage.picture("\(number)", from: "ada") }
            stage.give(.participantLeft(identity: "ada"))
        }
        looks = stage.log.filter { $0.hasPrefix("look") }.count
        #expect(looks <= 8, "\(looks)")
        stage.pass(.seconds(10))
        stage.join("ada", role: "candidate")
        for number in 0..<8 { stage.picture("\(number)", from: "ada") }
        #expect(stage.log.filter { $0.hasPrefix("look") }.count > looks)
    }

    @Test("no pictures are wanted while a camera is to be seen, and again where it cannot be")
    func besideCamera() throws {
        var stage = Stage()
        stage.join("ada", role: "candidate")
        stage.picture("1", from: "ada")
        func facts(camera: Bool, shown: Bool) -> SessionInput {
            .participant(
                ParticipantFacts(
                    identity: "ada", sid: "PA_ada", attributes: ["jask.role": "candidate"], isPublisher: true,
                    publishesMicrophone: true, publishesCamera: camera, showsCamera: shown))
        }
        stage.give(facts(camera: true, shown: true))
        #expect(try Self.wanted(stage).map(\.wanted) == [true, false])
        stage.give(facts(camera: true, shown: false))
        stage.give(facts(camera: true, shown: true))
        stage.give(.cameraProblem(participant: "ada", "it sends AV1"))
        #expect(try Self.wanted(stage).map(\.wanted) == [true, false, true, false, true])
        stage.give(facts(camera: false, shown: false))
        #expect(try Self.wanted(stage).last?.wanted == true)
    }

    @Test("pause, opting out and gestures that are off end it, and the client is told that none are wanted")
    func unwanted() throws {
        var stage = Stage()
        stage.join("ada", role: "candidate")
        stage.join("ivo", role: "interviewer")
        func next() { stage.picture("\(stage.log.count)", from: "ada") }
        func looks() -> Int { stage.log.filter { $0.hasPrefix("look") }.count }
        next()
        stage.pass(.seconds(1))
        next()
        #expect(looks() == 1)
        stage.control(.pause, from: "ivo")
        stage.pass(.seconds(1))
        next()
        #expect(looks() == 1)
        #expect(try Self.wanted(stage).map(\.wanted) == [true, false])
        stage.pass(.seconds(5))
        stage.control(.resume, from: "ivo")
        stage.pass(.seconds(1))
        next()
        #expect(looks() == 2)
        stage.control(.optOut, from: "ada", sources: [.camera])
        stage.pass(.seconds(1))
        next()
        #expect(looks() == 2)
        #expect(try Self.wanted(stage).map(\.wanted) == [true, false, true, false])
    }

    @Test("gestures that are switched off want no pictures, and no notice names a camera")
    func off() throws {
        var stage = Stage(settings: ["gesture.enabled": "false"])
        stage.join("ada", role: "candidate")
        stage.picture("1", from: "ada")
        stage.pass(.seconds(1))
        stage.picture("2", from: "ada")
        #expect(!stage.log.contains { $0.hasPrefix("look") })
        #expect(!stage.notices(.observing, to: "ada").contains { $0.text.contains("camera") })
        #expect(try Self.wanted(stage).map(\.wanted) == [false])
    }

    @Test("a client that names the topic in its hello is told before it sends any")
    func hello() throws {
        var stage = Stage(settings: ["pictures.rate": "2.5", "pictures.width": "240"])
        stage.join("ada", role: "candidate")
        stage.give(.packet(topic: Topic.hello, sender: "ada", payload: HelloMessage().encoded()))
        #expect(try Self.wanted(stage).isEmpty)
        stage.pass(.seconds(6))
        stage.give(.packet(topic: Topic.hello, sender: "ada", payload: HelloMessage(shows: [Topic.frame]).encoded()))
        let wanted = try #require(try Self.wanted(stage).first)
        #expect(wanted.wanted && wanted.rate == 2.5 && wanted.width == 240)
        #expect(!stage.notices(.observing, to: "ada").contains { $0.text.contains("camera") })
    }

    @Test("a page that is loaded anew is told again, and counts from the beginning")
    func reload() throws {
        var stage = Stage()
        stage.join("ada", role: "candidate")
        for number in [40, 41] {
            stage.picture("\(number)", from: "ada", attributes: ["sequence": "\(number)"])
            stage.pass(.seconds(1))
        }
        stage.join("ada", sid: "PA_again", role: "candidate")
        #expect(stage.core.watching.isEmpty)
        stage.picture("0", from: "ada", attributes: ["sequence": "0"])
        stage.pass(.seconds(1))
        stage.picture("1", from: "ada", attributes: ["sequence": "1"])
        #expect(stage.log.last == "look 1 ada")
        #expect(try Self.wanted(stage).count == 2)
    }
}

extension Stage {
    mutating func picture(
        _ id: String, from sender: Identity?, bytes: Int = 9_000, mediaType: String = "image/jpeg",
        attributes: [AttributeKey: String] = [:]
    ) {
        give(
            .picture(
                ArrivedPicture(mediaType: mediaType, attributes: attributes, byteCount: bytes), sender: sender, id: id))
    }
}
