import Pictures
import RenderedCandidate
import SansIO
import Synchronization

/// A rendered camera that several candidates show, each picture drawn once: candidates that draw for themselves take the
/// cores from what is measured.
final class SharedFilm: Sendable {
    /// Pictures a second: those of livekit-client's preset of 360 lines.
    static let rate = 20
    /// As many as candidates may be apart that joined together.
    private static let mostKept = 4 * rate

    let script: CameraScript
    private let width: Int
    private let state: Mutex<State>

    private struct State {
        var camera: RenderedCamera
        let pool = PicturePool(mostKept: 8)
        /// By its time, in full size and in half.
        var drawn: [Duration: (whole: I420Picture, half: I420Picture)] = [:]
        var order: [Duration] = []
    }

    init(_ script: CameraScript, width: Int, height: Int) throws {
        self.script = script
        self.width = width
        state = Mutex(State(camera: try RenderedCamera(script, width: width, height: height)))
    }

    /// - Parameter width: the film's own, or half of it.
    func picture(at time: Duration, width: Int, height: Int) throws -> I420Picture {
        try state.withLock { state in
            if let pair = state.drawn[time] { return width == self.width ? pair.whole : pair.half }
            let whole = try state.camera.picture(at: time)
            let pair = (whole: whole, half: try Self.half(whole, in: state.pool))
            state.drawn[time] = pair
            state.order.append(time)
            if state.order.count > Self.mostKept { state.drawn[state.order.removeFirst()] = nil }
            return width == self.width ? pair.whole : pair.half
        }
    }

    private static func half(_ picture: I420Picture, in pool: PicturePool) throws -> I420Picture {
        let (width, height) = (picture.width / 2, picture.height / 2)
        return try pool.makePicture(width: width, height: height, range: picture.range) { half in
            picture.withPlanes { whole in
                shrink(whole.y, into: half.y, half.stride, half.height)
                shrink(whole.u, into: half.u, half.chromaStride, half.chromaHeight)
                shrink(whole.v, into: half.v, half.chromaStride, half.chromaHeight)
            }
        }
    }

    /// Each sample the mean of four.
    private static func shrink(
        _ plane: I420Picture.Plane, into output: UnsafeMutablePointer<UInt8>, _ width: Int, _ height: Int
    ) {
        for row in 0..<height {
            let above = plane.samples + 2 * row * plane.stride
            let below = above + plane.stride
            for column in 0..<width {
                let sum =
                    Int(above[2 * column]) + Int(above[2 * column + 1]) + Int(below[2 * column])
                    + Int(below[2 * column + 1])
                output[row * width + column] = UInt8(truncatingIfNeeded: (sum + 2) >> 2)
            }
        }
    }
}
