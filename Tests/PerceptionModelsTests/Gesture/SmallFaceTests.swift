import Perception
import Pictures
import SansIO
import Testing

@testable import PerceptionModels

@Suite("Small faces")
struct SmallFaceTests {
    /// A square box with eyes in its upper third, in a picture of this size.
    private static func face(
        score: Float, x: Float, y: Float, side: Float, in width: Float, by height: Float
    ) -> Detection {
        func point(_ x: Float, _ y: Float) -> PicturePoint { PicturePoint(x: x / width, y: y / height) }
        let eyes = [point(x - side / 6, y - side / 6), point(x + side / 6, y - side / 6)]
        return Detection(
            score: score, topLeft: point(x - side / 2, y - side / 2), bottomRight: point(x + side / 2, y + side / 2),
            keyPoints: eyes + [point(x, y), point(x, y + side / 5)])
    }

    private static func frame(of side: Float, nearby: [Detection]) throws -> (FaceTrack, calls: Int) {
        let models = ScriptedModels()
        models.near = [face(score: 0.8, x: 160, y: 88, side: side, in: 320, by: 180)]
        models.nearby = nearby
        let looker = GestureLooker(models: models)
        _ = try looker.look(
            at: try Scene.picture { x, y in UInt8(100 + (x + y) % 50) }, time: .zero + .seconds(1), attention: [])
        return (try #require(looker.faces.tracks.first), models.nearCalls)
    }

    @Test("are measured from nearby, where their place fits, and are as sure as in the whole picture")
    func measured() throws {
        // Three faces wide: 144 pixels, from column 88 and row 16 on.
        let inPart = Self.face(score: 0.95, x: 73, y: 70, side: 36, in: 144, by: 144)
        let elsewhere = Self.face(score: 0.99, x: 20, y: 20, side: 30, in: 144, by: 144)
        let (track, calls) = try Self.frame(of: 48, nearby: [elsewhere, inPart])
        #expect(calls == 2)
        #expect(abs(track.frame.width - 36) < 0.01 && abs(track.frame.height - 36) < 0.01)
        #expect(abs(track.frame.centre.x - 161) < 0.01 && abs(track.frame.centre.y - 86) < 0.01)
        #expect(abs(track.frame.eyeLine - 80) < 0.01)
        #expect(track.detection.score == 0.8)
    }

    @Test("stay as they were where nothing is found nearby; larger ones are not looked at twice")
    func others() throws {
        let elsewhere = Self.face(score: 0.99, x: 20, y: 20, side: 30, in: 144, by: 144)
        let (alone, _) = try Self.frame(of: 48, nearby: [elsewhere])
        #expect(alone.frame.width == 48)
        let inPart = Self.face(score: 0.95, x: 73, y: 70, side: 36, in: 144, by: 144)
        let (large, calls) = try Self.frame(of: 60, nearby: [inPart])
        #expect(calls == 1 && abs(large.frame.width - 60) < 0.01)
    }

    @Test(
        "a known small face is measured from nearby too where the whole picture's box of it is large, as beside a hand")
    func grown() throws {
        let models = ScriptedModels()
        let looker = GestureLooker(models: models)
        let picture = try Scene.picture { x, y in UInt8(100 + (x + y) % 50) }
        // Three faces wide: 144 pixels around the box that is found first, then 108 around the one that is
        // known.
        for (second, found, part) in [(1, 48, 144), (3, 60, 108)] as [(Int, Float, Float)] {
            models.near = [Self.face(score: 0.8, x: 160, y: 88, side: found, in: 320, by: 180)]
            models.nearby = [Self.face(score: 0.9, x: part / 2, y: part / 2, side: 36, in: part, by: part)]
            _ = try looker.look(at: picture, time: .zero + .seconds(second), attention: [])
            let track = try #require(looker.faces.tracks.first)
            #expect(abs(track.frame.width - 36) < 0.01, "\(track.frame.width) of \(found)")
            #expect(abs(track.frame.centre.x - 160) < 1 && abs(track.frame.centre.y - 88) < 1)
        }
        #expect(models.nearCalls == 4)
    }

    /// Pictures of which each differs from the last, so that faces are looked for in all of them.
    private static func look(_ looker: GestureLooker, at milliseconds: Int, _ attention: GestureAttention = []) throws {
        let picture = try Scene.picture { x, y in UInt8(60 + (milliseconds / 7 + 3 * x + y) % 120) }
        _ = try looker.look(at: picture, time: .zero + .milliseconds(1_000 + milliseconds), attention: attention)
    }

    /// What it is from nearby: 36 pixels in the middle of a part of three widths.
    private static func inMiddle(of width: Float) -> Detection {
        face(score: 0.9, x: 1.5 * width, y: 1.5 * width, side: 36, in: 3 * width, by: 3 * width)
    }

    @Test("a small face whose box has hardly changed is not measured again within two seconds, and moves with its box")
    func unchanged() throws {
        let models = ScriptedModels()
        let looker = GestureLooker(models: models)
        // The first is measured by its box, a known one by its own width.
        for (time, x, runs) in [(0, 160, 2), (700, 162, 1), (1_400, 161, 1), (2_100, 161, 2), (2_800, 163, 1)]
            as [(Int, Float, Int)]
        {
            models.near = [Self.face(score: 0.8, x: x, y: 88, side: 48, in: 320, by: 180)]
            models.nearby = [Self.inMiddle(of: time == 0 ? 48 : 36)]
            let before = models.nearCalls
            try Self.look(looker, at: time)
            #expect(models.nearCalls - before == runs, "at \(time) ms")
            let track = try #require(looker.faces.tracks.first)
            #expect(looker.faces.tracks.count == 1)
            #expect(abs(track.frame.width - 36) < 0.6 && abs(track.frame.centre.x - x) < 2, "\(track.frame)")
        }
    }

    @Test("it is measured again while a gesture is decided, and where its box has grown little by little")
    func changed() throws {
        func runs(_ side: Float = 48, _ attention: GestureAttention = []) throws -> [Int] {
            let models = ScriptedModels()
            let looker = GestureLooker(models: models)
            return try (0..<3).map { index in
                // A step of 1.25 pixels to either side is no change, and two are.
                let side = 48 + (side - 48) * Float(index) / 2
                models.near = [Self.face(score: 0.8, x: 160, y: 88, side: side, in: 320, by: 180)]
                models.nearby = [Self.inMiddle(of: index == 0 ? 48 : 36)]
                let before = models.nearCalls
                try Self.look(looker, at: 700 * index, attention)
                return models.nearCalls - before
            }
        }
        #expect(try runs() == [2, 1, 1])
        #expect(try runs(48, .decidingPalm) == [2, 2, 2])
        #expect(try runs(53) == [2, 1, 2])
    }

    @Test("a known small face stays where it is seen from nearby, though the whole picture's box is of a hand below")
    func covered() throws {
        let models = ScriptedModels()
        let looker = GestureLooker(models: models)
        let picture = try Scene.picture { x, y in UInt8(100 + (x + y) % 50) }
        // The known face is in the upper middle of what is nearby the box: 108 pixels, from column 106 and
        // row 61 on.
        for (second, y, found, part, place) in [(1, 88, 36, 108, 54), (3, 115, 54, 108, 27)]
            as [(Int, Float, Float, Float, Float)]
        {
            models.near = [Self.face(score: 0.8, x: 160, y: y, side: found, in: 320, by: 180)]
            models.nearby = [Self.face(score: 0.9, x: 54, y: place, side: 36, in: part, by: part)]
            _ = try looker.look(at: picture, time: .zero + .seconds(second), attention: [])
            let track = try #require(looker.faces.tracks.first)
            #expect(looker.faces.tracks.count == 1)
            #expect(abs(track.frame.width - 36) < 0.01 && abs(track.frame.centre.y - 88) < 0.01, "\(track.frame)")
        }
    }

    @Test("at the picture's edge, tiny or far beyond it, trap nothing", arguments: [-400, 0, 319, 700] as [Float])
    func edges(x: Float) throws {
        for side in [1.5, 20, 50] as [Float] {
            let models = ScriptedModels()
            models.near = [Self.face(score: 0.9, x: x, y: x / 2, side: side, in: 320, by: 180)]
            models.nearby = models.near
            let looker = GestureLooker(models: models)
            _ = try looker.look(at: try Scene.picture { _, _ in 90 }, time: .zero + .seconds(1), attention: [])
            #expect(looker.faces.tracks.count == 1)
        }
    }
}
