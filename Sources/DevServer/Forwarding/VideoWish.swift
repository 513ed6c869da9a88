/// What a subscriber wants of a track of pictures, at most.
struct VideoWish: Hashable, Sendable {
    /// The highest layer: 0 is the smallest.
    var layer: Int
    /// Pictures a second; 0 where it does not matter.
    var rate: UInt32

    static let everything = VideoWish(layer: 2, rate: 0)
}
