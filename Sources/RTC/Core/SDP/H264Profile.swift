/// The profile and level of an H.264 `profile-level-id` (RFC 6184 §8.1).
struct H264Profile: Hashable {
    enum Profile: Hashable {
        case constrainedBaseline
        case baseline
        case main
        case constrainedHigh
        case high
        /// profile_idc and profile-iop of any other.
        case other(UInt8, UInt8)
    }

    var profile: Profile
    /// level_idc: ten times the level.
    var level: UInt8

    /// - Parameter text: six hexadecimal digits; `nil` gives the default 420010 of the RFC.
    init?(_ text: String?) {
        let text = text ?? "420010"
        guard text.utf8.count == 6, let value = UInt32(text, radix: 16) else { return nil }
        let idc = UInt8(truncatingIfNeeded: value >> 16)
        let flags = UInt8(truncatingIfNeeded: value >> 8)
        level = UInt8(truncatingIfNeeded: value)
        // Several codes mean one profile: table 5 of the RFC. The low four bits are reserved there.
        profile =
            switch (idc, flags) {
            case (0x42, let flags) where flags & 0x4F == 0x40: .constrainedBaseline
            case (0x4D, let flags) where flags & 0x8F == 0x80: .constrainedBaseline
            case (0x58, let flags) where flags & 0xCF == 0xC0: .constrainedBaseline
            case (0x42, let flags) where flags & 0x4F == 0x00: .baseline
            case (0x58, let flags) where flags & 0xCF == 0x80: .baseline
            case (0x4D, let flags) where flags & 0xAF == 0x00: .main
            case (0x64, 0x00): .high
            case (0x64, 0x0C): .constrainedHigh
            default: .other(idc, flags)
            }
    }
}
