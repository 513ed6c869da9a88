import Settings

/// Which pictures that clients send by data are looked at.
public struct PictureConfiguration: Sendable, Hashable {
    /// How many a second are asked for.
    public var rate: Double
    /// How many columns are asked for.
    public var width: Int
    /// Bytes of one; more are refused.
    public var maximumBytes: Int
    /// Columns by rows; more are refused.
    public var maximumPixels: Int

    public init(
        rate: Double = Schema.pictures.rate.defaultValue, width: Int = Schema.pictures.width.defaultValue,
        maximumBytes: Int = Schema.pictures.maximumBytes.defaultValue,
        maximumPixels: Int = Schema.pictures.maximumPixels.defaultValue
    ) {
        self.rate = rate
        self.width = width
        self.maximumBytes = maximumBytes
        self.maximumPixels = maximumPixels
    }

    /// From the settings that count.
    public init(_ settings: Configuration) {
        self.init(
            rate: settings[Schema.pictures.rate], width: settings[Schema.pictures.width],
            maximumBytes: settings[Schema.pictures.maximumBytes], maximumPixels: settings[Schema.pictures.maximumPixels]
        )
    }
}
