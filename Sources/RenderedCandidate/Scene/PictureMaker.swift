import Pictures

/// Draws people in front of the backdrop.
struct PictureMaker {
    let appearance: Appearance
    private let width: Int
    private let height: Int
    private let backdrop: Backdrop
    private var canvas: Canvas
    /// The picture as RGB before it is made planar.
    private var pixels: [Vector]

    init(_ appearance: Appearance, width: Int, height: Int) {
        self.appearance = appearance
        self.width = width
        self.height = height
        backdrop = Backdrop(appearance, width: width, height: height)
        canvas = Canvas(
            width: width, height: height, visibleHeight: appearance.visibleHeight,
            top: 11 + 0.14 * appearance.visibleHeight)
        pixels = Array(repeating: .zero, count: width * height)
    }

    /// - Parameters:
    ///   - people: who is in the picture, and how they sit. Of their appearance only what is the person's own counts.
    ///   - number: of the picture, which its noise depends on.
    mutating func draw(
        _ people: [(pose: PersonPose, appearance: Appearance)], number: Int, into pool: PicturePool
    ) throws -> I420Picture {
        canvas.clear()
        for (pose, appearance) in people {
            let body = Body(pose, appearance)
            let face = FaceState(mouth: pose.mouth, blink: pose.blink, gaze: pose.gaze)
            let surface = Surface(appearance, face: face, head: body.head)
            for shape in body.shapes { canvas.draw(shape, shade: surface.colour) }
        }
        develop()
        return try pool.makePicture(width: width, height: height, range: .limited) { planes in
            fill(planes, number: number)
        }
    }

    private mutating func develop() {
        for row in 0..<height {
            for column in 0..<width {
                let index = row * width + column
                let target = appearance.isMirrored ? row * width + width - 1 - column : index
                pixels[target] = canvas.colour(column: column, row: row, over: backdrop.colours[index])
            }
        }
    }

    /// BT.601 in the limited range, with the sensor's noise on the luma.
    private func fill(_ planes: PicturePool.MutablePlanes, number: Int) {
        var noise = UInt64(truncatingIfNeeded: number) &* 0x2545_F491_4F6C_DD1D | 1
        for row in 0..<height {
            for column in 0..<width {
                let rgb = pixels[row * width + column]
                noise ^= noise << 13
                noise ^= noise >> 7
                noise ^= noise << 17
                // The sum of two bytes is nearly bell-shaped enough.
                let grain = Float(Int(noise & 0xFF) + Int(noise >> 8 & 0xFF) - 255) / 104
                let luma = 16 + 219 * rgb.dot(Vector(0.299, 0.587, 0.114)) + appearance.noise * grain
                planes.y[row * planes.stride + column] = UInt8(max(16, min(235, luma.rounded())))
            }
        }
        for row in 0..<planes.chromaHeight {
            for column in 0..<planes.chromaStride {
                let rgb = pixels[min(2 * row, height - 1) * width + min(2 * column, width - 1)]
                let blue = 128 + 224 * rgb.dot(Vector(-0.168_736, -0.331_264, 0.5))
                let red = 128 + 224 * rgb.dot(Vector(0.5, -0.418_688, -0.081_312))
                planes.u[row * planes.chromaStride + column] = UInt8(max(16, min(240, blue.rounded())))
                planes.v[row * planes.chromaStride + column] = UInt8(max(16, min(240, red.rounded())))
            }
        }
    }
}
