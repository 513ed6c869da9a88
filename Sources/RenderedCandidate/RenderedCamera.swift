import Pictures
import SansIO

/// A camera in front of a person who does not exist: pictures by time, drawn here, the same for one seed everywhere.
public struct RenderedCamera {
    public private(set) var script: CameraScript
    public let width: Int
    public let height: Int
    private var motion: Motion
    private let seed: UInt64
    private let companion: (motion: Motion, appearance: Appearance)?
    private var maker: PictureMaker
    private let pool: PicturePool

    /// - Parameters:
    ///   - seed: of small movements; another seed is another take of the same script.
    ///   - companion: somebody else in the picture, whose appearance says where (`offset`); light and background are the
    ///     first one's.
    ///   - pool: where pictures get their memory from.
    /// - Throws: `PictureError` where the pool refuses the size.
    public init(
        _ script: CameraScript, appearance: Appearance = Appearance(), seed: UInt64 = 1,
        beside companion: (script: CameraScript, appearance: Appearance)? = nil, width: Int, height: Int,
        pool: PicturePool = PicturePool()
    ) throws(PictureError) {
        try pool.check(width: width, height: height)
        self.script = script
        self.width = width
        self.height = height
        self.pool = pool
        self.seed = seed
        motion = Motion(script, seed: seed)
        self.companion = companion.map { other in
            var own = other.appearance
            (own.light, own.lightSide, own.backlight) = (appearance.light, appearance.lightSide, appearance.backlight)
            return (Motion(other.script, seed: seed ^ 0x5EC0_4D), own)
        }
        maker = PictureMaker(appearance, width: width, height: height)
    }

    /// Another script from now on; the small movements stay.
    public mutating func follow(_ script: CameraScript) {
        self.script = script
        motion = Motion(script, seed: seed)
    }

    /// The picture at a time since the script's start; after its end, the person sits there.
    public mutating func picture(at time: Duration) throws -> I420Picture {
        // Noise changes 60 times a second, and is the same for the same time.
        let number = Int(time.inSeconds * 60)
        let people = [(pose: motion.pose(at: time), appearance: maker.appearance)]
        let others = companion.map { [(pose: $0.motion.pose(at: time), appearance: $0.appearance)] } ?? []
        return try maker.draw(people + others, number: number, into: pool)
    }
}
