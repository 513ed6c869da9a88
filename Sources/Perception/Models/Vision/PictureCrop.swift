import CPixels
import Pictures

/// A model's input: a region of a picture, turned upright and scaled to a square by bilinear interpolation, as MediaPipe
/// has it done by OpenCV's `warpPerspective`: coordinates are rounded to 1/32 of a pixel, values to whole numbers.
struct PictureCrop {
    /// What stands where the region reaches beyond the picture.
    enum Border {
        case black
        /// The picture's nearest pixel.
        case nearest
    }

    /// Pixels of a side.
    var side: Int
    var border: Border
    /// A sample of 0…255 becomes `sample * scale + offset`.
    var scale: Float
    var offset: Float

    /// Samples of 0…255 become 0…1.
    static func unit(side: Int, border: Border) -> PictureCrop {
        PictureCrop(side: side, border: border, scale: 1 / 255, offset: 0)
    }

    /// Samples of 0…255 become -1…1.
    static func signed(side: Int, border: Border) -> PictureCrop {
        PictureCrop(side: side, border: border, scale: 2 / 255, offset: -1)
    }

    /// Writes the region, red, green and blue of each pixel.
    /// - Parameters:
    ///   - output: at least `side * side * 3` numbers.
    ///   - instructions: some that the processor has; none: by Swift alone.
    func write(
        _ region: PixelRegion, of picture: RGBPicture, into output: UnsafeMutableBufferPointer<Float>,
        by instructions: jask_pixel_instructions = PictureCrop.bestInstructions
    ) {
        guard output.count >= side * side * 3, let output = output.baseAddress else { return }
        let grid = region.grid(side: side)
        picture.bytes.withUnsafeBufferPointer { bytes in
            guard let bytes = bytes.baseAddress else { return }
            let source = Source(
                bytes: bytes, width: picture.width, height: picture.height, border: border, scale: scale, offset: offset
            )
            for row in 0..<side {
                let places = Places(start: (grid.origin + Double(row) * grid.down) * 32, step: grid.across * 32)
                source.write(places, count: side, by: instructions, into: output + row * side * 3)
            }
        }
    }

    static let bestInstructions = jask_pixels_best()
}

/// The places of a row of pixels in the picture that they are taken from.
private struct Places {
    /// Of the first, in 1/32 of a pixel.
    var start: SIMD2<Double>
    /// From each to the next.
    var step: SIMD2<Double>

    /// Rounded to whole numbers, to the even one of two: what stays of a double once it is so large that no fraction fits.
    @inline(__always)
    func place(_ column: Int) -> (x: Int, y: Int) {
        let large = start + Double(column) * step + 6_755_399_441_055_744
        return (Int(Int32(truncatingIfNeeded: large.x.bitPattern)), Int(Int32(truncatingIfNeeded: large.y.bitPattern)))
    }
}

/// The picture that is cut from.
private struct Source {
    let bytes: UnsafePointer<UInt8>
    let width: Int
    let height: Int
    let border: PictureCrop.Border
    let scale: Float
    let offset: Float

    func write(
        _ places: Places, count: Int, by instructions: jask_pixel_instructions, into row: UnsafeMutablePointer<Float>
    ) {
        let inside = inside(places, count: count)
        writeEdge(places, 0..<inside.lowerBound, into: row)
        if instructions != JASK_PIXELS_NONE {
            var way = jask_pixel_row(
                x: places.start.x, y: places.start.y, step_x: places.step.x, step_y: places.step.y, scale: scale,
                offset: offset)
            jask_pixels_write(
                instructions, &way, bytes, width * 3, inside.lowerBound, inside.count, row + inside.lowerBound * 3)
        } else {
            writeInside(places, inside, into: row)
        }
        writeEdge(places, inside.upperBound..<count, into: row)
    }

    /// The columns whose four pixels are all in the picture, with another one to the right of them: together, since the
    /// places lie on a line.
    private func inside(_ places: Places, count: Int) -> Range<Int> {
        var (first, end) = (0, count)
        if places.step.y == 0, !isInside((0, places.place(0).y)) { return 0..<0 }
        while first < count, !isInside(places.place(first)) { first += 1 }
        while end > first, !isInside(places.place(end - 1)) { end -= 1 }
        return first..<end
    }

    @inline(__always)
    private func isInside(_ place: (x: Int, y: Int)) -> Bool {
        UInt(bitPattern: place.x >> 5) < UInt(bitPattern: max(0, width - 2))
            && UInt(bitPattern: place.y >> 5) < UInt(bitPattern: height - 1)
    }

    private func writeInside(_ places: Places, _ columns: Range<Int>, into row: UnsafeMutablePointer<Float>) {
        for column in columns {
            let (x, y) = places.place(column)
            let above = bytes + ((y >> 5) * width + (x >> 5)) * 3
            let below = above + width * 3
            let colour = Self.blend(
                Self.pixel(above), Self.pixel(above + 3), Self.pixel(below), Self.pixel(below + 3), x & 31, y & 31)
            put(colour, row + column * 3)
        }
    }

    private func writeEdge(_ places: Places, _ columns: Range<Int>, into row: UnsafeMutablePointer<Float>) {
        for column in columns {
            let (x, y) = places.place(column)
            let (left, top) = (x >> 5, y >> 5)
            if border == .black, left < -1 || top < -1 || left >= width || top >= height {
                put(.zero, row + column * 3)
                continue
            }
            let colour = Self.blend(
                colour(left, top), colour(left + 1, top), colour(left, top + 1), colour(left + 1, top + 1), x & 31,
                y & 31)
            put(colour, row + column * 3)
        }
    }

    @inline(__always)
    private func put(_ colour: SIMD4<Int32>, _ pixel: UnsafeMutablePointer<Float>) {
        let value = SIMD4<Float>(colour) * scale + offset
        pixel[0] = value[0]
        pixel[1] = value[1]
        pixel[2] = value[2]
    }

    /// Four pixels by their distance in 1/32 each way, rounded.
    @inline(__always)
    private static func blend(
        _ a: SIMD4<Int32>, _ b: SIMD4<Int32>, _ c: SIMD4<Int32>, _ d: SIMD4<Int32>, _ right: Int, _ bottom: Int
    ) -> SIMD4<Int32> {
        let (right, bottom) = (Int32(truncatingIfNeeded: right), Int32(truncatingIfNeeded: bottom))
        let upper = a &* (32 &- right) &+ b &* right
        let lower = c &* (32 &- right) &+ d &* right
        return (upper &* (32 &- bottom) &+ lower &* bottom &+ 512) &>> 10
    }

    /// A pixel, with the first byte of the next.
    @inline(__always)
    private static func pixel(_ at: UnsafePointer<UInt8>) -> SIMD4<Int32> {
        SIMD4<Int32>(truncatingIfNeeded: UnsafeRawPointer(at).loadUnaligned(as: SIMD4<UInt8>.self))
    }

    /// A pixel of the picture or of its border.
    private func colour(_ x: Int, _ y: Int) -> SIMD4<Int32> {
        let (column, row) = (min(max(x, 0), width - 1), min(max(y, 0), height - 1))
        if border == .black, column != x || row != y { return .zero }
        let at = bytes + (row * width + column) * 3
        return SIMD4(Int32(at[0]), Int32(at[1]), Int32(at[2]), 0)
    }
}
