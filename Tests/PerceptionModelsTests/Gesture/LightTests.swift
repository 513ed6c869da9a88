import Perception
import Pictures
import Testing

@testable import PerceptionModels

@Suite("Light")
struct LightTests {
    private let configuration = GestureSearchConfiguration()

    @Test("a dark picture is brightened to a usual mean, as far as its brightest part and the limit let it")
    func gain() throws {
        var meter = LightMeter()
        meter.measure(try Scene.picture { _, _ in 59 }, configuration)
        // 59 of 16…235 is 50 of 255.
        #expect(abs(meter.gain - 2) < 0.02)
        var bright = LightMeter()
        bright.measure(try Scene.picture { _, _ in 200 }, configuration)
        #expect(bright.gain == 1)
        var spot = LightMeter()
        spot.measure(try Scene.picture { x, y in x < 40 && y < 40 ? 235 : 30 }, configuration)
        #expect(spot.gain == 1, "a lamp in the picture would be burnt out")
        var black = LightMeter()
        black.measure(try Scene.picture { _, _ in 16 }, configuration)
        #expect(black.gain == configuration.lightMost)
    }

    @Test("it follows the light step by step")
    func smooth() throws {
        var meter = LightMeter()
        meter.measure(try Scene.picture { _, _ in 102 }, configuration)
        #expect(meter.gain == 1)
        meter.measure(try Scene.picture { _, _ in 59 }, configuration)
        #expect(abs(meter.gain - 1.3) < 0.01)
    }

    @Test("grey becomes grey in both ranges, colours what BT.601 says, brightened where that is wanted")
    func colours() throws {
        func rgb(y: UInt8, u: UInt8, v: UInt8, _ range: SampleRange, gain: Float = 1) throws -> [UInt8] {
            let picture = try Scene.pool.makePicture(width: 8, height: 6, range: range) { planes in
                for index in 0..<48 { planes.y[index] = y }
                for index in 0..<12 { (planes.u[index], planes.v[index]) = (u, v) }
            }
            var planes = WorkingPlanes()
            planes.blend(picture, share: 1)
            var bytes = Array(repeating: 0 as UInt8, count: 8 * 6 * 3)
            planes.writeRGB(gain: gain, sigma: 0, into: &bytes)
            return Array(bytes.prefix(3))
        }
        #expect(try rgb(y: 126, u: 128, v: 128, .limited) == [128, 128, 128])
        #expect(try rgb(y: 128, u: 128, v: 128, .full) == [128, 128, 128])
        #expect(try rgb(y: 16, u: 128, v: 128, .limited) == [0, 0, 0])
        #expect(try rgb(y: 235, u: 128, v: 128, .limited, gain: 6) == [255, 255, 255])
        let red = try rgb(y: 81, u: 90, v: 240, .limited)
        #expect(red[0] >= 253 && red[1] <= 1 && red[2] <= 1, "\(red)")
        #expect(try rgb(y: 50, u: 128, v: 128, .full, gain: 2) == [100, 100, 100])
    }

    @Test("in the dark pictures are averaged, and noise is blurred away without moving the mean")
    func dark() throws {
        var planes = WorkingPlanes()
        planes.blend(try Scene.picture { _, _ in 40 }, share: 1)
        planes.blend(try Scene.picture { _, _ in 60 }, share: 0.5)
        #expect(planes.y[1_000] == 50 << 8)
        planes = WorkingPlanes()
        var random = UInt32(7)
        planes.blend(
            try Scene.picture { _, _ in
                random = random &* 1_664_525 &+ 1_013_904_223
                return 100 + UInt8(random >> 27)
            }, share: 0.5)
        var (plain, blurred) = (Array(repeating: 0 as UInt8, count: 320 * 180 * 3), [UInt8]())
        blurred = plain
        planes.writeRGB(gain: 1, sigma: 0, into: &plain)
        planes.writeRGB(gain: 1, sigma: 2, into: &blurred)
        func spread(_ bytes: [UInt8]) -> (mean: Float, deviation: Float) {
            let mean = bytes.reduce(Float(0)) { $0 + Float($1) } / Float(bytes.count)
            let squares = bytes.reduce(Float(0)) { $0 + (Float($1) - mean) * (Float($1) - mean) }
            return (mean, (squares / Float(bytes.count)).squareRoot())
        }
        #expect(abs(spread(plain).mean - spread(blurred).mean) < 1)
        #expect(spread(blurred).deviation < spread(plain).deviation / 4)
    }

    @Test("large pictures are brought to 640 pixels, odd and tiny ones are taken as they are")
    func sizes() throws {
        for (width, height) in [(1_920, 1_080), (1_281, 721), (641, 3), (3, 641), (1, 1), (2, 2), (17, 9)] {
            let picture = try Scene.pool.makePicture(width: width, height: height, range: .full) { planes in
                for index in 0..<(width * height) { planes.y[index] = 100 }
                for index in 0..<(planes.chromaStride * planes.chromaHeight) {
                    planes.u[index] = 128
                    planes.v[index] = 128
                }
            }
            var planes = WorkingPlanes()
            planes.blend(picture, share: 1)
            #expect(max(planes.width, planes.height) <= WorkingPlanes.longestSide)
            var bytes = Array(repeating: 0 as UInt8, count: planes.width * planes.height * 3)
            planes.writeRGB(gain: 1, sigma: 1, into: &bytes)
            #expect(bytes.allSatisfy { $0 == 100 || $0 == 99 }, "\(width) x \(height)")
            var grid = MovementGrid()
            grid.receive(picture, gain: 1, configuration)
        }
    }
}
