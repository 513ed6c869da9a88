import Pictures
import RenderedCandidate
import SansIO
import Testing

@Suite struct RenderedCameraTests {
    private func samples(_ picture: I420Picture) -> [UInt8] {
        picture.withPlanes { planes in
            [planes.y, planes.u, planes.v].flatMap { plane in
                (0..<plane.height).flatMap { row in
                    Array(UnsafeBufferPointer(start: plane.samples + row * plane.stride, count: plane.width))
                }
            }
        }
    }

    /// The mean difference of luma in a part of the picture, in shares of its sides.
    private func difference(_ a: [UInt8], _ b: [UInt8], width: Int, columns: Range<Int>, rows: Range<Int>) -> Double {
        var sum = 0
        for row in rows {
            for column in columns { sum += abs(Int(a[row * width + column]) - Int(b[row * width + column])) }
        }
        return Double(sum) / Double(columns.count * rows.count)
    }

    private let script = CameraScript(
        [
            CameraScript.Step(.raiseHand, at: .seconds(1), hold: .seconds(2)),
            CameraScript.Step(.leave, at: .seconds(5), hold: .seconds(2)),
        ], duration: .seconds(10))

    @Test("a picture is the same for its seed and time, whatever was drawn before, and another for others")
    func determinism() throws {
        func picture(_ seed: UInt64, _ times: [Double], _ appearance: Appearance = Appearance()) throws -> [UInt8] {
            var camera = try RenderedCamera(script, appearance: appearance, seed: seed, width: 64, height: 36)
            var last: [UInt8] = []
            for time in times { last = samples(try camera.picture(at: .seconds(time))) }
            return last
        }
        let one = try picture(1, [2.2])
        #expect(try picture(1, [0.1, 7, 2.2]) == one)
        #expect(try picture(2, [2.2]) != one)
        #expect(try picture(1, [2.3]) != one)
        #expect(try picture(1, [2.2], Appearance(seed: 3)) != one)
        #expect(Appearance(seed: 3) == Appearance(seed: 3) && Appearance(seed: 3) != Appearance(seed: 4))
    }

    @Test("a hand is in its place from the label's start to its end, and not before and after")
    func placing() throws {
        var camera = try RenderedCamera(script, width: 160, height: 90)
        // How much redder it is beside the head, where the right hand is held up, than with no hand.
        func redness(_ time: Double) throws -> Double {
            let red = try camera.picture(at: .seconds(time)).withPlanes { planes in
                (8..<20).flatMap { row in (25..<30).map { Int(planes.v.samples[row * planes.v.stride + $0]) } }
            }
            return Double(red.reduce(0, +)) / Double(red.count)
        }
        let nothing = try redness(0.5)
        for time in [0.9, 1.05, 3.95, 4.1] { #expect(try redness(time) < nothing + 2, "\(time)") }
        for time in [1.5, 2.5, 3.5] { #expect(try redness(time) > nothing + 6, "\(time)") }
    }

    @Test("who leaves is gone, and comes back")
    func leaving() throws {
        var appearance = Appearance()
        appearance.noise = 0
        var camera = try RenderedCamera(script, appearance: appearance, width: 160, height: 90)
        let here = samples(try camera.picture(at: .seconds(0.5)))
        let gone = samples(try camera.picture(at: .seconds(6.5)))
        let later = samples(try camera.picture(at: .seconds(6.9)))
        let back = samples(try camera.picture(at: .seconds(9)))
        #expect(gone == later, "an empty room stands still")
        #expect(difference(here, gone, width: 160, columns: 70..<90, rows: 10..<80) > 20)
        #expect(difference(here, back, width: 160, columns: 70..<90, rows: 10..<80) < 12)
    }

    @Test("a mirrored picture is the other one from right to left; light and noise do what they say")
    func appearances() throws {
        func luma(_ change: (inout Appearance) -> Void) throws -> [UInt8] {
            var appearance = Appearance()
            appearance.noise = 0
            change(&appearance)
            var camera = try RenderedCamera(script, appearance: appearance, width: 96, height: 54)
            return Array(samples(try camera.picture(at: .seconds(2.5))).prefix(96 * 54))
        }
        let plain = try luma { _ in }
        let mirrored = try luma { $0.isMirrored = true }
        #expect(
            (0..<54).allSatisfy { row in
                Array(plain[row * 96..<row * 96 + 96].reversed()) == Array(mirrored[row * 96..<row * 96 + 96])
            })
        func mean(_ values: [UInt8]) -> Double { Double(values.reduce(0) { $0 + Int($1) }) / Double(values.count) }
        #expect(try mean(luma { $0.light = 0.3 }) < 0.6 * mean(plain))
        #expect(try mean(luma { $0.skinTone = 1 }) < mean(luma { $0.skinTone = 0 }) - 2)
        let noisy = try luma { $0.noise = 4 }
        let differences = zip(plain, noisy).map { abs(Double($0) - Double($1)) }
        #expect((1...6).contains(differences.reduce(0, +) / Double(differences.count)))
        for background in Appearance.Background.allCases where background != .plain {
            #expect(try luma { $0.background = background } != plain)
        }
        #expect(try luma { $0.wearsGlasses = true } != plain)
        for hair in Appearance.Hair.allCases where hair != .short { #expect(try luma { $0.hair = hair } != plain) }
    }

    @Test("odd and tiny sizes are drawn, and what the pool refuses is refused", arguments: [(1, 1), (3, 7), (101, 57)])
    func sizes(width: Int, height: Int) throws {
        var camera = try RenderedCamera(script, width: width, height: height)
        let picture = try camera.picture(at: .seconds(2))
        #expect(picture.width == width && picture.height == height)
        #expect(throws: PictureError.self) { try RenderedCamera(script, width: 20_000, height: height) }
        #expect(throws: PictureError.self) { try RenderedCamera(script, width: 0, height: height) }
    }

    @Test("each action is drawn with either hand, with all samples in range", arguments: CameraScript.Action.allCases)
    func actions(action: CameraScript.Action) throws {
        for side in [CameraScript.Side.right, .left] {
            var step = CameraScript.Step(action, at: .zero, hold: .seconds(1))
            step.side = side
            var camera = try RenderedCamera(
                CameraScript([step], duration: .seconds(2)), appearance: Appearance(seed: 5), width: 80, height: 45)
            for time in 0...8 {
                let luma = samples(try camera.picture(at: .milliseconds(250 * time))).prefix(80 * 45)
                #expect(luma.allSatisfy { (16...235).contains($0) })
            }
        }
    }
}
