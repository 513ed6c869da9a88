/// A short mark of a text, by which a repetition is told without keeping the text. Not a secret-keeping hash: FNV-1a.
public enum Fingerprint {
    /// 16 hexadecimal digits.
    public static func of(_ text: String) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
