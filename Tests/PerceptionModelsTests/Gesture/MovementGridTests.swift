import Perception
import Pictures
import SansIO
import Testing

@testable import PerceptionModels

@Suite("What moves")
struct MovementGridTests {
    private let configuration = GestureSearchConfiguration()
    private static let everywhere = Array(repeating: true, count: 48 * 27)

    /// A scene with edges in all places, moved to the side by a share of a pixel.
    private func scene(shiftedBy pixels: Float = 0, block: Bool = false, light: Float = 1) throws -> I420Picture {
        func texture(_ x: Float, _ y: Int) -> Float {
            // Stripes of 30 pixels, of different brightness in each band.
            let place = x / 60 - (x / 60).rounded(.down)
            let inStripe = min(max((place < 0.5 ? place : 1 - place) * 60 - 14.5, 0), 1)
            return 60 + 90 * inStripe + Float((y / 30) % 3) * 20
        }
        return try Scene.picture { x, y in
            if block, (200..<235).contains(x), (60..<110).contains(y) { return 215 }
            return UInt8(min(max(texture(Float(x) + pixels, y) * light, 16), 235))
        }
    }

    private func changes(_ first: I420Picture, _ second: I420Picture) -> MovementGrid.Changes {
        var grid = MovementGrid()
        grid.receive(first, gain: 1, configuration)
        grid.receive(second, gain: 1, configuration)
        return grid.changes(in: Self.everywhere)
    }

    @Test("the middle number is that of all in order", arguments: UInt64(1)...60)
    func middleNumber(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let count = 1 + Int(random.next() % 1_400)
        // Few values often, so that many are equal.
        let values = seed.isMultiple(of: 2) ? 8 : 100_000
        var numbers = (0..<count).map { _ in Float(random.next() % UInt64(values)) - 3.5 }
        let expected = numbers.sorted()[count / 2]
        #expect(numbers.withUnsafeMutableBufferPointer { middle(of: $0) } == expected)
    }

    @Test("a camera that shakes by .3 of a cell moves nothing")
    func shake() throws {
        let changes = changes(try scene(), try scene(shiftedBy: 2))
        #expect(Float(changes.sincePicture) < configuration.movedCells, "\(changes)")
    }

    @Test("a block of a hand's size is a big movement, since the picture before and since the last look")
    func block() throws {
        let changes = changes(try scene(), try scene(block: true))
        #expect(Float(changes.sincePicture) >= configuration.bigCells && changes.sinceLook == changes.sincePicture)
    }

    @Test("a change of light moves nothing")
    func light() throws {
        let changes = changes(try Scene.picture { _, _ in 100 }, try Scene.picture { _, _ in 140 })
        #expect(changes.sincePicture == 0)
    }

    @Test("what changed stays changed since the last look, until there is another")
    func sinceLook() throws {
        var grid = MovementGrid()
        grid.receive(try scene(), gain: 1, configuration)
        grid.receive(try scene(block: true), gain: 1, configuration)
        grid.receive(try scene(block: true), gain: 1, configuration)
        var changes = grid.changes(in: Self.everywhere)
        #expect(changes.sincePicture == 0 && Float(changes.sinceLook) >= configuration.bigCells)
        grid.lookedAt()
        grid.receive(try scene(block: true), gain: 1, configuration)
        changes = grid.changes(in: Self.everywhere)
        #expect(changes.sinceLook == 0)
    }

    @Test("around a face counts, in it does not, and far from it does not")
    func zone() {
        let face = FaceFrame(centre: PixelPoint(x: 160, y: 88), width: 30, height: 30, eyeLine: 84)
        let zone = MovementZone([face], Scene.size, configuration)
        func isWatched(_ x: Float, _ y: Float) -> Bool { zone.mask[Int(y / 180 * 27) * 48 + Int(x / 320 * 48)] }
        #expect(
            !isWatched(160, 90) && isWatched(200, 90) && isWatched(160, 40) && !isWatched(300, 90)
                && !isWatched(160, 170))
        #expect(zone.needed == configuration.movedCells && zone.big == configuration.bigCells)
        let large = FaceFrame(centre: PixelPoint(x: 160, y: 88), width: 90, height: 90, eyeLine: 84)
        #expect(MovementZone([large], Scene.size, configuration).big > 50)
        #expect(MovementZone([], Scene.size, configuration).mask.allSatisfy { $0 })
    }
}
