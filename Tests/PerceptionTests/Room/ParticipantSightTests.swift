import Foundation
import Perception
import SansIO
import Testing

/// A room in which one candidate is watched, fed as a looker would.
private struct WatchedRoom {
    var room = SimulatedRoom()

    init() {
        room.tell(.cameras("ann", [Camera(sid: "TR_cam", isMuted: false)]))
        room.tell(.watch("ann"))
    }

    mutating func show(_ hands: [HandScores], for seconds: Double, camera: String = "TR_cam") {
        for _ in 0..<Int((seconds / 0.2).rounded()) {
            look(hands, camera: camera)
            room.now = room.now + .milliseconds(200)
        }
    }

    mutating func look(_ hands: [HandScores], camera: String = "TR_cam") {
        let look = GestureLook(
            at: room.now, interval: .milliseconds(200), reason: .change,
            attention: room.perception.attention(to: "ann", camera: camera), hands: hands)
        room.tell(.look("ann", camera: camera, look))
    }
}

@Suite("What a camera shows of one participant")
struct ParticipantSightTests {
    @Test("gestures of who is watched are signals, and the rules' attention can be asked for")
    func watched() {
        var ann = WatchedRoom()
        ann.show([HandSamples.raised], for: 0.4)
        #expect(ann.room.perception.attention(to: "ann", camera: "TR_cam") == .decidingRaisedHand)
        #expect(ann.room.perception.attention(to: "ann", camera: "TR_other") == [])
        ann.show([HandSamples.raised], for: 1)
        ann.show([], for: 4)
        #expect(ann.room.names(of: "ann") == ["raised_hand", "raised_hand unmade"])
    }

    @Test("of who is not watched, of another camera and of a muted one nothing counts")
    func notWatched() {
        var ann = WatchedRoom()
        ann.show([HandSamples.raised], for: 2, camera: "TR_screen")
        ann.room.tell(.cameras("ann", [Camera(sid: "TR_cam", isMuted: true)]))
        ann.show([HandSamples.raised], for: 2)
        ann.room.tell(.cameras("ann", [Camera(sid: "TR_cam", isMuted: false)]))
        ann.room.tell(.unwatch("ann"))
        ann.show([HandSamples.raised], for: 2)
        #expect(ann.room.signals.isEmpty)
    }

    @Test("of two cameras the first that is not muted counts")
    func severalCameras() {
        var ann = WatchedRoom()
        ann.room.tell(
            .cameras("ann", [Camera(sid: "TR_1", isMuted: true), Camera(sid: "TR_2", isMuted: false)]))
        ann.show([HandSamples.raised], for: 2, camera: "TR_2")
        #expect(ann.room.names(of: "ann") == ["raised_hand"])
    }

    @Test(
        "what ends the picture ends the gesture",
        arguments: [
            PerceptionInput.cameras("ann", []), .cameras("ann", [Camera(sid: "TR_cam", isMuted: true)]),
            .unwatch("ann"), .left("ann"), .connection(isUp: false), .unseen("ann", camera: "TR_cam"),
        ])
    func ended(by input: PerceptionInput) {
        var ann = WatchedRoom()
        ann.show([HandSamples.palm], for: 2)
        ann.room.tell(input)
        let cause = input == .left("ann") ? "left" : "unseen"
        #expect(ann.room.names(of: "ann") == ["palm_to_forehead", "palm_to_forehead \(cause)"])
    }

    @Test("pictures that stop forget what was being decided, and a gesture that goes on after them is another")
    func unseen() {
        var ann = WatchedRoom()
        ann.show([HandSamples.raised], for: 0.6)
        ann.room.tell(.unseen("ann", camera: "TR_other"))
        #expect(ann.room.perception.attention(to: "ann", camera: "TR_cam") == .decidingRaisedHand)
        ann.room.tell(.unseen("ann", camera: "TR_cam"))
        #expect(ann.room.perception.attention(to: "ann", camera: "TR_cam") == [])
        ann.show([HandSamples.raised], for: 2)
        ann.room.tell(.unseen("ann", camera: "TR_cam"))
        ann.room.now = ann.room.now + .seconds(10)
        ann.show([HandSamples.raised], for: 2)
        #expect(ann.room.names(of: "ann") == ["raised_hand", "raised_hand unseen", "raised_hand"])
    }

    @Test("a palm whose pictures stopped says nothing of a later silence")
    func palmUnseen() throws {
        var ann = WatchedRoom()
        ann.room.join("ann")
        ann.show([HandSamples.palm], for: 2)
        ann.room.tell(.unseen("ann", camera: "TR_cam"))
        ann.room.hear(1, ("ann", .voice))
        ann.room.hear(12, ("ann", .silence))
        let pause = try #require(ann.room.longPauses(of: "ann").first)
        #expect(pause.at - pause.since == .seconds(10) && !pause.reasons.contains(.palmToForehead))
    }

    @Test("of who is not watched any more a palm says nothing, also of the silence in which it was seen")
    func palmForgotten() throws {
        var ann = WatchedRoom()
        ann.room.join("ann")
        ann.room.hear(1, ("ann", .voice))
        ann.room.hear(2, ("ann", .silence))
        ann.show([HandSamples.palm], for: 2)
        ann.room.tell(.unwatch("ann"))
        ann.room.hear(15, ("ann", .silence))
        let pause = try #require(ann.room.longPauses(of: "ann").first)
        #expect(pause.at - pause.since == .seconds(10) && !pause.reasons.contains(.palmToForehead))
    }

    @Test("a look from before somebody was watched does not count")
    func before() {
        var room = SimulatedRoom()
        room.tell(.cameras("ann", [Camera(sid: "TR_cam", isMuted: false)]))
        let early = room.now
        room.now = room.now + .seconds(1)
        room.tell(.watch("ann"))
        for index in 0..<5 {
            let look = GestureLook(
                at: early + .milliseconds(200 * index), interval: .milliseconds(200), reason: .change, attention: [],
                hands: [HandSamples.raised])
            room.tell(.look("ann", camera: "TR_cam", look))
        }
        #expect(room.signals.isEmpty)
    }

    @Test("a palm on the forehead makes a silence long sooner, and surer; not before it is known")
    func palmInSilence() throws {
        func longPause(palm: Bool) throws -> LongPause {
            var ann = WatchedRoom()
            ann.room.join("ann")
            ann.room.hear(1, ("ann", .voice))
            ann.room.hear(2, ("ann", .silence))
            if palm { ann.show([HandSamples.palm], for: 2) } else { ann.room.now = ann.room.now + .seconds(2) }
            ann.room.hear(15, ("ann", .silence))
            return try #require(ann.room.longPauses(of: "ann").first)
        }
        let (plain, sooner) = (try longPause(palm: false), try longPause(palm: true))
        #expect(plain.at - plain.since == .seconds(10) && sooner.at - sooner.since == .seconds(6))
        #expect(sooner.reasons.contains(.palmToForehead) && !plain.reasons.contains(.palmToForehead))
        #expect(abs(sooner.confidence - (plain.confidence + 1) / 2) < 1e-9)

        var late = WatchedRoom()
        late.room.join("ann")
        late.room.hear(1, ("ann", .voice))
        late.room.hear(8, ("ann", .silence))
        let known = late.room.now + .milliseconds(800)
        late.show([HandSamples.palm], for: 1.2)
        late.room.hear(2, ("ann", .silence))
        let pause = try #require(late.room.longPauses(of: "ann").first)
        #expect(pause.at >= known && pause.at - pause.since < .seconds(10))
    }

    @Test("a palm that was gone before the silence says nothing of it")
    func palmBeforeSilence() throws {
        var ann = WatchedRoom()
        ann.room.join("ann")
        ann.show([HandSamples.palm], for: 2)
        ann.show([], for: 4)
        ann.room.hear(1, ("ann", .voice))
        ann.room.hear(12, ("ann", .silence))
        let pause = try #require(ann.room.longPauses(of: "ann").first)
        #expect(pause.at - pause.since == .seconds(10) && !pause.reasons.contains(.palmToForehead))
    }

    @Test("a written trace of sound and looks gives the same signals again")
    func replay() throws {
        var ann = WatchedRoom()
        ann.room.join("ann")
        ann.room.hear(1, ("ann", .voice))
        ann.show([HandSamples.palm], for: 2)
        ann.room.hear(8, ("ann", .silence))
        ann.show([HandSamples.raised], for: 2)
        ann.show([], for: 4)
        let written = try JSONEncoder().encode(ann.room.trace)
        var replayed: [Signal] = []
        var perception = RoomPerception()
        for entry in try JSONDecoder().decode([SimulatedRoom.Entry].self, from: written) {
            perception.receive(entry.input, at: entry.at)
            while let signal = perception.pollOutput() { replayed.append(signal) }
        }
        #expect(replayed == ann.room.signals && replayed.count > 5)
    }
}
