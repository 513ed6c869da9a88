/// From luma and colour differences to red, green and blue: BT.601.
struct ColourConversion {
    private let black: Float
    private let lumaGain: Float
    private let chromaGain: Float

    init(_ range: SampleRange) {
        switch range {
        case .limited: (black, lumaGain, chromaGain) = (16, 255 / 219, 255 / 224)
        case .full: (black, lumaGain, chromaGain) = (0, 1, 1)
        }
    }

    /// 0…255, from black to white.
    func luma(_ sample: Float) -> Float { min(max((sample - black) * lumaGain, 0), 255) }

    /// Eight pixels at once: red in the lowest byte of each number, then green and blue, rounded.
    @inline(__always)
    func rgb(_ y: SIMD8<Float>, _ u: SIMD8<Float>, _ v: SIMD8<Float>) -> SIMD8<UInt32> {
        let luma = (y - black) * lumaGain
        let (blueness, redness) = ((u - 128) * chromaGain, (v - 128) * chromaGain)
        let red = Self.sample(luma + 1.402 * redness)
        let green = Self.sample(luma - 0.344136 * blueness - 0.714136 * redness)
        let blue = Self.sample(luma + 1.772 * blueness)
        return red | green &<< 8 | blue &<< 16
    }

    /// To 0…255. A float of 2^23 or more has no fraction: what is added to it is rounded, and stands in its lowest bits.
    @inline(__always)
    private static func sample(_ value: SIMD8<Float>) -> SIMD8<UInt32> {
        let bounded = value.clamped(lowerBound: .zero, upperBound: .init(repeating: 255))
        return unsafeBitCast(bounded + 8_388_608, to: SIMD8<UInt32>.self) & 0xFF
    }
}

/// One picture size to one in red, green and blue.
struct ColourScaler: Sendable {
    let sizes: ScaledSizes
    private var y: PlaneScaler
    private var chroma: PlaneScaler
    /// A row of luma and of the two colour differences, each up to a whole number of vectors.
    private var rows: [Float]
    private let rowLength: Int

    init(_ sizes: ScaledSizes) {
        self.sizes = sizes
        let layout = I420Layout(width: sizes.width, height: sizes.height)
        y = PlaneScaler(width: sizes.width, height: sizes.height, toWidth: sizes.toWidth, toHeight: sizes.toHeight)
        chroma = PlaneScaler(
            width: layout.chromaWidth, height: layout.chromaHeight, toWidth: sizes.toWidth, toHeight: sizes.toHeight)
        rowLength = (sizes.toWidth + 7) / 8 * 8
        rows = [Float](repeating: 0, count: 3 * rowLength)
    }

    mutating func converted(_ picture: I420Picture) -> RGBPicture {
        let (width, height) = (sizes.toWidth, sizes.toHeight)
        let conversion = ColourConversion(picture.range)
        // Eight pixels are written at once, each with a byte that the next one overwrites: the last row goes beyond its end.
        let bytes = [UInt8](unsafeUninitializedCapacity: (width * height + 8) * 3) { bytes, count in
            guard let start = bytes.baseAddress else { return }
            picture.withPlanes { planes in
                for row in 0..<height { convert(row, planes, conversion, into: start + row * width * 3) }
            }
            count = width * height * 3
        }
        return RGBPicture(scaledTo: width, height, bytes: bytes)
    }

    private mutating func convert(
        _ row: Int, _ planes: I420Picture.Planes, _ conversion: ColourConversion,
        into output: UnsafeMutablePointer<UInt8>
    ) {
        rows.withUnsafeMutableBufferPointer { rows in
            guard let luma = rows.baseAddress else { return }
            let (blueness, redness) = (luma + rowLength, luma + 2 * rowLength)
            y.write(row: row, of: planes.y, into: luma)
            chroma.write(row: row, of: planes.u, into: blueness)
            chroma.write(row: row, of: planes.v, into: redness)
            var pixel = UnsafeMutableRawPointer(output)
            for at in stride(from: 0, to: sizes.toWidth, by: 8) {
                let colours = conversion.rgb(Self.eight(luma + at), Self.eight(blueness + at), Self.eight(redness + at))
                for index in 0..<8 { pixel.storeBytes(of: colours[index], toByteOffset: 3 * index, as: UInt32.self) }
                pixel += 24
            }
        }
    }

    @inline(__always)
    private static func eight(_ at: UnsafeMutablePointer<Float>) -> SIMD8<Float> {
        UnsafeRawPointer(at).loadUnaligned(as: SIMD8<Float>.self)
    }
}

extension RGBPicture {
    /// - Parameters: of a size that was checked, `width * height * 3` bytes.
    init(scaledTo width: Int, _ height: Int, bytes: [UInt8]) {
        (self.width, self.height, self.bytes) = (width, height, bytes)
    }
}
