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
    /// - Parameter output: at least `side * side * 3` numbers.
    func write(_ region: PixelRegion, of picture: RGBPicture, into output: UnsafeMutableBufferPointer<Float>) {
        guard output.count >= side * side * 3, let output = output.baseAddress else { return }
        let grid = region.grid(side: side)
        picture.bytes.withUnsafeBufferPointer { bytes in
            guard let bytes = bytes.baseAddress else { return }
            let source = Source(bytes: bytes, width: picture.width, height: picture.height, border: border)
            for row in 0..<side {
                writeRow(
                    from: (grid.origin + Double(row) * grid.down) * 32, step: grid.across * 32, of: source,
                    into: output + row * side * 3)
            }
        }
    }

    /// - Parameters:
    ///   - start: of the row's first pixel in the picture, in 1/32 of a pixel.
    ///   - step: from each to the next.
    private func writeRow(
        from start: SIMD2<Double>, step: SIMD2<Double>, of source: Source, into row: UnsafeMutablePointer<Float>
    ) {
        var output = row
        for column in 0..<side {
            let (x, y) = Self.rounded(start + Double(column) * step)
            let value = SIMD4<Float>(source.interpolated(x, y)) * scale + offset
            output[0] = value[0]
            output[1] = value[1]
            output[2] = value[2]
            output += 3
        }
    }

    /// The nearest whole numbers, the even one of two: what stays of a double once it is so large that no fraction fits.
    @inline(__always)
    private static func rounded(_ position: SIMD2<Double>) -> (x: Int, y: Int) {
        let large = position + 6_755_399_441_055_744
        return (
            Int(Int32(truncatingIfNeeded: large.x.bitPattern)), Int(Int32(truncatingIfNeeded: large.y.bitPattern))
        )
    }
}

/// The picture that is cut from.
private struct Source {
    let bytes: UnsafePointer<UInt8>
    let width: Int
    let height: Int
    let border: PictureCrop.Border

    /// The colour at a place between four pixels, in 1/32 of a pixel; the fourth number means nothing.
    @inline(__always)
    func interpolated(_ x: Int, _ y: Int) -> SIMD4<Int32> {
        let (left, top) = (x >> 5, y >> 5)
        let right = Int32(truncatingIfNeeded: x & 31)
        let bottom = Int32(truncatingIfNeeded: y & 31)
        // Four bytes are read of each pixel, so the last two of a row go the other way.
        guard UInt(bitPattern: left) < UInt(bitPattern: max(0, width - 2)),
            UInt(bitPattern: top) < UInt(bitPattern: height - 1)
        else { return atTheEdge(left, top, right, bottom) }
        let above = bytes + (top * width + left) * 3
        let below = above + width * 3
        return Self.blend(
            Self.pixel(above), Self.pixel(above + 3), Self.pixel(below), Self.pixel(below + 3), right, bottom)
    }

    @inline(__always)
    private static func blend(
        _ a: SIMD4<Int32>, _ b: SIMD4<Int32>, _ c: SIMD4<Int32>, _ d: SIMD4<Int32>, _ right: Int32, _ bottom: Int32
    ) -> SIMD4<Int32> {
        let upper = a &* (32 &- right) &+ b &* right
        let lower = c &* (32 &- right) &+ d &* right
        return (upper &* (32 &- bottom) &+ lower &* bottom &+ 512) &>> 10
    }

    @inline(__always)
    private static func pixel(_ at: UnsafePointer<UInt8>) -> SIMD4<Int32> {
        SIMD4<Int32>(truncatingIfNeeded: UnsafeRawPointer(at).loadUnaligned(as: SIMD4<UInt8>.self))
    }

    private func atTheEdge(_ left: Int, _ top: Int, _ right: Int32, _ bottom: Int32) -> SIMD4<Int32> {
        if border == .black, left < -1 || top < -1 || left >= width || top >= height { return .zero }
        return Self.blend(
            colour(left, top), colour(left + 1, top), colour(left, top + 1), colour(left + 1, top + 1), right, bottom)
    }

    private func colour(_ x: Int, _ y: Int) -> SIMD4<Int32> {
        let (column, row) = (min(max(x, 0), width - 1), min(max(y, 0), height - 1))
        if border == .black, column != x || row != y { return .zero }
        let at = bytes + (row * width + column) * 3
        return SIMD4(Int32(at[0]), Int32(at[1]), Int32(at[2]), 0)
    }
}
