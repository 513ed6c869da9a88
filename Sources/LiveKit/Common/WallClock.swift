import FoundationEssentials

/// The time of day, for tokens and time stamps. Drivers read it; cores are told.
enum WallClock {
    /// Seconds since 1970.
    static func seconds() -> Int64 { Int64(Date().timeIntervalSince1970) }
}
