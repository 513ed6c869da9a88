import Foundation
import Perception
import Pictures
import SansIO
import Testing

@testable import PerceptionModels

/// A looker and rules on a scripted camera.
private struct WatchedScene {
    let models = ScriptedModels()
    let looker: GestureLooker
    var detector = GestureDetector(participant: "ann")
    var seconds = 0.0
    private(set) var looks: [GestureLook] = []
    private(set) var begun: [Gesture] = []

    init(_ configuration: GestureSearchConfiguration = .init()) {
        looker = GestureLooker(models: models, configuration: configuration)
        models.near = [Scene.face()]
    }

    /// Shows a picture, five a second.
    mutating func show(_ picture: I420Picture, for duration: Double = 0.2) throws {
        for _ in 0..<Int((duration * 5).rounded()) {
            let now = Instant.zero + .milliseconds(Int64((seconds * 1_000).rounded()))
            seconds += 0.2
            guard let look = try looker.look(at: picture, time: now, attention: detector.attention) else { continue }
            looks.append(look)
            detector.receive(look)
            while let signal = detector.pollOutput() {
                if case .gestureBegan(let gesture) = signal { begun.append(gesture) }
            }
        }
    }
}

private struct ScriptedFailure: Error {}

@Suite("A camera's looker")
struct GestureLookerTests {
    private static func plain() throws -> I420Picture {
        try Scene.picture { x, y in UInt8(100 + (x / 9 + y / 7) % 5 * 9) }
    }
    private static func withHand(at x: Int = 225) throws -> I420Picture {
        try Scene.picture { column, y in
            (x..<(x + 30)).contains(column) && (60..<130).contains(y) ? 210 : UInt8(100 + (column / 9 + y / 7) % 5 * 9)
        }
    }

    @Test("a still person costs a face and a search every 6 s")
    func still() throws {
        var scene = WatchedScene()
        try scene.show(try Self.plain(), for: 60)
        #expect(scene.models.palmCalls <= 12 && scene.models.nearCalls <= 16 && scene.models.handCalls == 0)
        #expect(scene.looks.allSatisfy { $0.hands.isEmpty })
    }

    @Test("a hand that comes up is found at once, followed without the palm detector, and told after the dwell")
    func raisedHand() throws {
        var scene = WatchedScene()
        try scene.show(try Self.plain(), for: 4)
        let before = scene.models.palmCalls
        scene.models.foundPalms = [Scene.raisedPalm]
        scene.models.landmarks = [Scene.raised]
        try scene.show(try Self.withHand(), for: 3)
        let gesture = try #require(scene.begun.first)
        #expect(gesture.kind == .raisedHand && gesture.at == .zero + .milliseconds(4_800), "\(gesture)")
        #expect(scene.models.palmCalls - before == 1)
        #expect(scene.looks.contains { $0.reason == .bigChange } && scene.looks.contains { $0.reason == .deciding })
    }

    @Test(
        "a hand that came to the chin and rests there is not followed, in the dark it is; the other is found once it comes"
    )
    func restingHand() throws {
        for darkness in [0, 80] as [UInt8] {
            var scene = WatchedScene()
            func shown(_ picture: (Int, Int) -> UInt8) throws -> I420Picture {
                try Scene.picture { x, y in max(20, picture(x, y) - min(darkness, picture(x, y))) }
            }
            func room(_ x: Int, _ y: Int) -> UInt8 { UInt8(100 + (x / 9 + y / 7) % 5 * 9) }
            func chin(_ x: Int, _ y: Int) -> UInt8 {
                (140..<180).contains(x) && (110..<160).contains(y) ? 190 : room(x, y)
            }
            try scene.show(try shown(room), for: 4)
            scene.models.foundPalms = [Scene.palm(u: 0, wrist: 1.2, knuckles: 0.8)]
            scene.models.landmarks = [Scene.hand(u: 0, wrist: 1.2, knuckles: 0.8, tips: 0.5)]
            let before = scene.models.handCalls
            // It is found, and seen once more by the follow-up.
            try scene.show(try shown(chin), for: 3)
            let (reasons, hands) = (scene.looks.map(\.reason), scene.models.handCalls - before)
            #expect(reasons.contains(.bigChange), "\(darkness): \(reasons)")
            #expect(reasons.contains(.approach) == (darkness > 0), "\(darkness): \(reasons)")
            #expect(darkness > 0 ? hands > 3 : (1...3).contains(hands), "\(darkness): \(hands)")
            guard darkness == 0 else { continue }
            scene.models.foundPalms.append(Scene.raisedPalm)
            scene.models.landmarks = [Scene.raised]
            try scene.show(
                try shown { x, y in (225..<255).contains(x) && (60..<130).contains(y) ? 210 : chin(x, y) }, for: 2)
            let gesture = try #require(scene.begun.first)
            #expect(gesture.kind == .raisedHand && gesture.at <= .zero + .milliseconds(8_200), "\(gesture)")
        }
    }

    @Test("60 s of endless movement take 65 searches at most")
    func bounded() throws {
        var scene = WatchedScene()
        for index in 0..<300 { try scene.show(try Self.withHand(at: index % 2 == 0 ? 20 : 240)) }
        #expect(scene.models.palmCalls <= 65, "\(scene.models.palmCalls)")
    }

    @Test("nobody there: no palm and no hand is looked for, small faces every 2 s")
    func nobody() throws {
        var scene = WatchedScene()
        scene.models.near = []
        for index in 0..<150 { try scene.show(try Self.withHand(at: index % 2 == 0 ? 20 : 240)) }
        #expect(scene.models.palmCalls == 0 && scene.models.handCalls == 0 && scene.models.farCalls <= 16)
    }

    @Test(
        "nobody there and nothing moves: faces are looked for every 6 s, and at once when something moves",
        arguments: [false, true])
    func deserted(hasLeft: Bool) throws {
        var scene = WatchedScene()
        scene.models.near = []
        try scene.show(try Self.withHand(), for: 1)
        // Whoever leaves moves.
        let last = hasLeft ? try Self.plain() : try Self.withHand()
        try scene.show(last, for: 7)
        let (near, far) = (scene.models.nearCalls, scene.models.farCalls)
        try scene.show(last, for: 60)
        #expect((9...11).contains(scene.models.nearCalls - near) && (9...11).contains(scene.models.farCalls - far))
        scene.models.near = [Scene.face()]
        for index in 0..<4 { try scene.show(try Self.withHand(at: index % 2 == 0 ? 20 : 240)) }
        #expect(scene.looker.faces.tracks.count == 1)
    }

    /// A scene in which it is known how the forehead of a still person looks.
    private static func settledScene() throws -> WatchedScene {
        var scene = WatchedScene()
        try scene.show(try Self.plain(), for: 8)
        #expect(scene.looker.faces.areSettled(scene.looker.configuration))
        return scene
    }

    @Test("where nothing moves a known face is looked for every 6 s and stays meanwhile; once something moves, at once")
    func settled() throws {
        var scene = try Self.settledScene()
        let before = scene.models.nearCalls
        for _ in 0..<60 {
            try scene.show(try Self.plain(), for: 1)
            #expect(scene.looker.faces.tracks.count == 1)
        }
        #expect((9...13).contains(scene.models.nearCalls - before), "\(scene.models.nearCalls - before)")
        scene.models.near = [Scene.face(x: 230)]
        let still = scene.models.nearCalls
        try scene.show(try Self.withHand())
        #expect(scene.models.nearCalls > still)
        #expect(scene.looker.faces.tracks.contains { abs($0.frame.centre.x - 230) < 5 })
    }

    @Test(
        "a settled face that is missed once is looked for again before it is forgotten, and keeps what is known of it")
    func missedOnce() throws {
        var scene = try Self.settledScene()
        let face = scene.models.near
        let before = scene.models.nearCalls
        scene.models.near = []
        while scene.models.nearCalls == before { try scene.show(try Self.plain()) }
        scene.models.near = face
        try scene.show(try Self.plain(), for: 4)
        #expect(scene.looker.faces.tracks.first?.forehead.isKnown(after: 2) == true)
    }

    @Test("where faces can no longer be looked for, none stays")
    func failingModel() throws {
        var scene = try Self.settledScene()
        scene.models.failure = ScriptedFailure()
        for _ in 0..<60 { try? scene.show(try Self.plain()) }
        #expect(scene.looker.faces.tracks.isEmpty)
    }

    @Test("a face that leans is looked for every 2 s until it is known where it is")
    func leaning() throws {
        var scene = try Self.settledScene()
        let before = scene.models.nearCalls
        scene.models.near = [Scene.face(x: 175)]
        while scene.models.nearCalls == before { try scene.show(try Self.plain()) }
        let first = scene.models.nearCalls
        try scene.show(try Self.plain(), for: 2.2)
        #expect(scene.models.nearCalls > first)
        try scene.show(try Self.plain(), for: 20)
        #expect(abs((scene.looker.faces.tracks.first?.frame.centre.x ?? 0) - 175) < 2)
    }

    @Test("a face that is gone when it is looked for does not stay, though nothing moves")
    func goneWithoutMovement() throws {
        var scene = WatchedScene()
        try scene.show(try Self.plain(), for: 8)
        scene.models.near = []
        // It is looked for within 6 s, and forgotten 2.5 s after it was last found.
        try scene.show(try Self.plain(), for: 9)
        #expect(scene.looker.faces.tracks.isEmpty)
    }

    @Test("a face that a hand covers is kept for 6 s, another one for 2.5 s")
    func coveredFace() throws {
        for isCovered in [true, false] {
            var scene = WatchedScene()
            try scene.show(try Self.plain(), for: 4)
            if isCovered {
                scene.models.foundPalms = [Scene.palm(u: 0, wrist: 0.6, knuckles: 0)]
                scene.models.landmarks = [Scene.hand(u: 0, wrist: 0.6, knuckles: 0, tips: -0.4)]
                try scene.show(try Self.withHand(at: 190), for: 1)
            }
            scene.models.near = []
            scene.models.foundPalms = []
            scene.models.landmarks = []
            try scene.show(try Self.plain(), for: isCovered ? 3.8 : 0.4)
            #expect(scene.looker.faces.tracks.count == 1, "\(isCovered)")
            try scene.show(try Self.plain(), for: isCovered ? 4 : 3)
            #expect(scene.looker.faces.tracks.count == 0, "\(isCovered)")
        }
    }

    @Test("a weak face counts only if the face model sees it too")
    func weakFaces() throws {
        for presence in [0.2, 0.9] as [Float] {
            var scene = WatchedScene()
            scene.models.near = [Scene.face(score: 0.6)]
            scene.models.presence = presence
            try scene.show(try Self.plain(), for: 1)
            #expect(scene.looker.faces.tracks.count == (presence > 0.5 ? 1 : 0))
        }
    }

    @Test("a palm on the forehead is one while the forehead is covered, and none where it looks as usual")
    func palm() throws {
        for isCovered in [true, false] {
            var scene = WatchedScene()
            try scene.show(try Self.plain(), for: 6)
            scene.models.foundPalms = [Scene.palm(u: 0, wrist: 0.6, knuckles: 0)]
            scene.models.landmarks = [Scene.hand(u: 0, wrist: 0.6, knuckles: 0, tips: -0.4)]
            let over = try Scene.picture { x, y in
                let isHand = (200..<230).contains(x) || (isCovered && (130..<190).contains(x) && (50..<90).contains(y))
                return isHand ? UInt8(205 + (x + y) % 7) : UInt8(100 + (x / 9 + y / 7) % 5 * 9)
            }
            try scene.show(over, for: 3)
            let scores = try #require(scene.looks.last?.hands.first?.forehead)
            #expect(isCovered ? scores.likeness.value < 0.75 : scores.likeness.value > 0.85)
            #expect(scene.begun.map(\.kind) == (isCovered ? [.palmToForehead] : []))
        }
    }

    @Test("a weak hand away from the face is shown to the larger model once")
    func largerModel() throws {
        var scene = WatchedScene()
        scene.models.foundPalms = [Scene.raisedPalm]
        var hand = Scene.raised
        hand.presence = 0.35
        scene.models.landmarks = [hand]
        try scene.show(try Self.plain(), for: 0.2)
        #expect(scene.models.fullCalls == 1)
        #expect(scene.looks.first?.hands.first.map { $0.presence.value > 0.5 && $0.presence.value < 0.6 } == true)
    }

    @Test("a model that fails is told, and the next picture is looked at")
    func failure() throws {
        struct Broken: Error {}
        var scene = WatchedScene()
        scene.models.failure = Broken()
        #expect(throws: Broken.self) { try scene.show(try Self.plain()) }
        scene.models.failure = nil
        scene.seconds = 3
        try scene.show(try Self.plain(), for: 1)
        #expect(scene.looker.faces.tracks.count == 1)
    }

    @Test("what models make of nonsense harms nothing")
    func nonsense() throws {
        var scene = WatchedScene()
        let nowhere = PicturePoint(x: .nan, y: .infinity)
        let bad = Detection(
            score: 1, topLeft: nowhere, bottomRight: nowhere, keyPoints: Array(repeating: nowhere, count: 7))
        scene.models.near = [bad, Scene.face(), bad]
        scene.models.foundPalms = [bad, Detection(score: 1, topLeft: nowhere, bottomRight: nowhere, keyPoints: [])]
        scene.models.landmarks = [
            HandLandmarks(points: Array(repeating: nowhere, count: 21), presence: .nan, rightness: 0)
        ]
        try scene.show(try Self.withHand(), for: 2)
        scene.models.foundPalms = [Scene.raisedPalm]
        try scene.show(try Self.withHand(at: 20), for: 2)
        #expect(scene.begun.isEmpty)
    }

    @Test("faces keep their places where pictures get another size, and are forgotten where they get another shape")
    func resized() throws {
        for (width, height, isKept) in [(640, 360, true), (480, 272, true), (160, 90, true), (180, 320, false)] {
            var scene = WatchedScene()
            try scene.show(try Self.plain(), for: 10)
            let before = try #require(scene.looker.faces.tracks.first?.frame)
            scene.models.near = []
            let other = try Scene.pool.makePicture(width: width, height: height, range: .limited) { planes in
                for row in 0..<height {
                    for column in 0..<planes.stride {
                        let (x, y) = (column * 320 / width, row * 180 / height)
                        planes.y[row * planes.stride + column] = UInt8(100 + (x / 9 + y / 7) % 5 * 9)
                    }
                }
                for index in 0..<(planes.chromaStride * planes.chromaHeight) {
                    (planes.u[index], planes.v[index]) = (128, 128)
                }
            }
            try scene.show(other, for: 0.2)
            let tracks = scene.looker.faces.tracks
            #expect(tracks.count == (isKept ? 1 : 0), "\(width)")
            guard isKept, let track = tracks.first else { continue }
            let (across, down) = (Float(width) / 320, Float(height) / 180)
            #expect(abs(track.frame.centre.x - before.centre.x * across) < 0.5, "\(width)")
            #expect(abs(track.frame.width - before.width * across) < 0.5, "\(width)")
            #expect(abs(track.frame.height - before.height * down) < 0.5, "\(width)")
            #expect(abs(track.frame.eyeLine - before.eyeLine * down) < 0.5, "\(width)")
            let scores = try #require(track.foreheadScores(in: scene.looker.planes, scene.looker.configuration))
            #expect(width < 320 || scores.likeness.value > 0.8, "\(width): \(scores.likeness.value)")
        }
    }

    @Test("a far face that cannot be measured by hides none that follow it")
    func farFaces() throws {
        var scene = WatchedScene()
        let nowhere = PicturePoint(x: .nan, y: .infinity)
        scene.models.near = []
        scene.models.far = [
            Detection(score: 1, topLeft: nowhere, bottomRight: nowhere, keyPoints: []), Scene.face(),
        ]
        try scene.show(try Self.plain(), for: 0.4)
        #expect(scene.looker.faces.tracks.count == 1)
    }

    @Test("pictures of another size begin anew")
    func sizes() throws {
        var scene = WatchedScene()
        try scene.show(try Self.plain(), for: 1)
        let small = try Scene.pool.makePicture(width: 65, height: 33, range: .full) { planes in
            for index in 0..<(65 * 33) { planes.y[index] = 120 }
            for index in 0..<(33 * 17) { (planes.u[index], planes.v[index]) = (128, 128) }
        }
        try scene.show(small, for: 2)
        #expect(scene.models.lastPicture?.width == 65)
    }
}

/// Only scores leave: nothing of a picture can be written down, or is to be reached from what is.
@Suite("Only scores leave")
struct GesturePrivacyTests {
    @Test("no picture, place or landmark can be encoded")
    func types() {
        let held: [Any.Type] = [
            I420Picture.self, RGBPicture.self, PicturePoint.self, Detection.self, PictureRegion.self,
            HandLandmarks.self, WorkingPlanes.self, FaceFrame.self, FaceTrack.self, FaceTracks.self, CloseUp.self,
            PictureView.Face.self, HandSight.self,
            HandSight.Points.self, ForeheadReference.self, ForeheadReference.Patch.self, MovementGrid.self,
            PictureView.self, GestureLooker.self,
        ]
        for type in held {
            #expect(!(type is any Encodable.Type) && !(type is any Decodable.Type), "\(type)")
            #expect(!(type is any CustomStringConvertible.Type), "\(type)")
        }
    }

    @Test("what is kept of a look is a few whole numbers, of a byte or two each")
    func look() throws {
        var scene = WatchedScene()
        scene.models.foundPalms = [Scene.raisedPalm, Scene.palm(u: 0, wrist: 0.6, knuckles: 0)]
        scene.models.landmarks = [Scene.raised]
        try scene.show(try Scene.picture { x, y in UInt8(100 + (x + y) % 50) }, for: 2)
        let look = try #require(scene.looks.first { !$0.hands.isEmpty })
        let input = PerceptionInput.look("ann", camera: "TR", look)
        var names: Set<String> = []
        Self.walk(input, &names)
        let allowed: Set<String> = [
            "PerceptionInput", "(ExactText<Identity>, camera: String, GestureLook)", "ExactText<Identity>", "String",
            "GestureLook",
            "Instant", "Int64", "UInt8", "Reason", "GestureAttention", "Array<HandScores>", "HandScores", "Score",
            "Optional<Score>", "Thousandths", "Optional<Thousandths>", "Int16", "Optional<ForeheadScores>",
            "ForeheadScores",
        ]
        #expect(names.subtracting(allowed).isEmpty, "\(names.subtracting(allowed))")
        let text = String(decoding: try JSONEncoder().encode(look), as: UTF8.self)
        #expect(!text.contains(".") && text.utf8.count < 250 * max(look.hands.count, 1) + 150, "\(text)")
    }

    /// The names of all types in a value.
    private static func walk(_ value: Any, _ names: inout Set<String>) {
        names.insert("\(type(of: value))")
        for child in Mirror(reflecting: value).children { walk(child.value, &names) }
    }
}
