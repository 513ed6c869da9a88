/// A picture with red, green and blue in one byte each, 0…255, pixel by pixel, rows without gaps: what models look at.
public struct RGBPicture: Hashable, Sendable {
    public let width: Int
    public let height: Int
    /// `width * height * 3` bytes.
    public var bytes: [UInt8]

    /// - Returns: nil where the count of bytes does not fit the size, or a side is not from 1 to
    ///   ``PicturePool/greatestSide``.
    public init?(width: Int, height: Int, bytes: [UInt8]) {
        guard width >= 1, height >= 1, width <= PicturePool.greatestSide, height <= PicturePool.greatestSide,
            bytes.count == width * height * 3
        else { return nil }
        self.width = width
        self.height = height
        self.bytes = bytes
    }
}
