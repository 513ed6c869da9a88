import CPixels
import Pictures
import SansIO
import Testing

@testable import PerceptionModels

/// Crops against their definition: the pixel at a place is what four pixels give by their distance, in 1/32, rounded.
struct PictureCropTests {
    private func picture(width: Int, height: Int, seed: UInt64 = 1) throws -> RGBPicture {
        var state = seed
        let bytes = (0..<width * height * 3).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 40)
        }
        return try #require(RGBPicture(width: width, height: height, bytes: bytes))
    }

    private func write(
        _ crop: PictureCrop, _ region: PixelRegion, _ picture: RGBPicture,
        by instructions: jask_pixel_instructions = PictureCrop.bestInstructions
    ) -> [Float] {
        var numbers = [Float](repeating: .nan, count: crop.side * crop.side * 3)
        numbers.withUnsafeMutableBufferPointer { crop.write(region, of: picture, into: $0, by: instructions) }
        return numbers
    }

    /// One colour of one pixel of a crop, by the definition.
    private func expected(
        _ crop: PictureCrop, _ grid: (origin: SIMD2<Double>, across: SIMD2<Double>, down: SIMD2<Double>),
        _ picture: RGBPicture, column: Int, row: Int, colour: Int
    ) -> Float {
        let place = (grid.origin + Double(row) * grid.down) * 32 + Double(column) * (grid.across * 32)
        let (x, y) = (Int(place.x.rounded(.toNearestOrEven)), Int(place.y.rounded(.toNearestOrEven)))
        func sample(_ x: Int, _ y: Int) -> Int {
            let (near, line) = (min(max(x, 0), picture.width - 1), min(max(y, 0), picture.height - 1))
            if crop.border == .black, near != x || line != y { return 0 }
            return Int(picture.bytes[(line * picture.width + near) * 3 + colour])
        }
        let (left, top, right, bottom) = (x >> 5, y >> 5, x & 31, y & 31)
        let upper = sample(left, top) * (32 - right) + sample(left + 1, top) * right
        let lower = sample(left, top + 1) * (32 - right) + sample(left + 1, top + 1) * right
        return Float((upper * (32 - bottom) + lower * bottom + 512) >> 10) * crop.scale + crop.offset
    }

    /// All that this processor can, and Swift alone.
    private static let all = [
        JASK_PIXELS_NONE, JASK_PIXELS_ONE, JASK_PIXELS_FOUR, JASK_PIXELS_EIGHT,
    ].filter {
        $0.rawValue <= PictureCrop.bestInstructions.rawValue
    }

    @Test(arguments: all, [PictureCrop.Border.black, .nearest])
    func everyPixelOfRandomRegionsIsItsDefinition(
        instructions: jask_pixel_instructions, border: PictureCrop.Border
    ) throws {
        // 45: several times eight, then four, then one.
        for seed in UInt64(1)...40 {
            let side = seed % 2 == 0 ? 16 : 45
            var random = SplitMix64(seed: seed)
            func number(_ from: Float, _ to: Float) -> Float {
                from + (to - from) * Float(random.next() % 10_000) / 10_000
            }
            let picture = try picture(
                width: 1 + Int(random.next() % 60), height: 1 + Int(random.next() % 60), seed: seed)
            let size = number(0.01, 3)
            let region = try PixelRegion(
                PictureRegion(
                    centre: PicturePoint(x: number(-0.5, 1.5), y: number(-0.5, 1.5)), width: size, height: size,
                    rotation: seed % 4 == 0 ? 0 : number(-3.2, 3.2)), in: picture)
            let crop = PictureCrop(side: side, border: border, scale: 2 / 255, offset: -1)
            let found = write(crop, region, picture, by: instructions)
            let grid = region.grid(side: side)
            for index in found.indices {
                let wanted = expected(
                    crop, grid, picture, column: index / 3 % side, row: index / (3 * side), colour: index % 3)
                #expect(found[index] == wanted, "seed \(seed), number \(index)")
                if found[index] != wanted { return }
            }
        }
    }

    @Test func theWholePictureAtItsOwnSizeIsThePicture() throws {
        let picture = try picture(width: 32, height: 32)
        let found = write(.unit(side: 32, border: .black), PixelRegion(letterboxed: picture), picture)
        #expect(found == picture.bytes.map { Float($0) * (1 / 255) })
    }

    @Test func whatALetterboxAddsIsBlack() throws {
        let picture = try picture(width: 64, height: 16)
        let found = write(.signed(side: 16, border: .black), PixelRegion(letterboxed: picture), picture)
        // The picture takes the four rows in the middle.
        #expect(found[0..<16 * 3 * 5].allSatisfy { $0 == -1 } && found[(16 * 3 * 11)...].allSatisfy { $0 == -1 })
        #expect(found[16 * 3 * 6..<16 * 3 * 10].contains { $0 > -1 })
    }

    @Test func aQuarterTurnTurnsThePicture() throws {
        let picture = try picture(width: 17, height: 17)
        let region = try PixelRegion(
            PictureRegion(centre: PicturePoint(x: 0.5, y: 0.5), width: 1, height: 1, rotation: .pi / 2), in: picture)
        let found = write(.unit(side: 17, border: .nearest), region, picture)
        // Up in the crop is right in the picture: its first column is the picture's first row.
        for row in 1..<16 {
            let byte = picture.bytes[(3 * 17 + 17 - row) * 3]
            #expect(abs(found[(row * 17 + 3) * 3] - Float(byte) / 255) < 0.02, "row \(row)")
        }
    }

    @Test func tooLittleRoomIsLeftAlone() throws {
        var numbers: [Float] = [7]
        let picture = try picture(width: 4, height: 4)
        numbers.withUnsafeMutableBufferPointer {
            PictureCrop.unit(side: 8, border: .black).write(PixelRegion(letterboxed: picture), of: picture, into: $0)
        }
        #expect(numbers == [7])
    }
}
