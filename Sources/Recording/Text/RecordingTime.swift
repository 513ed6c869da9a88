import SansIO

extension Instant {
    /// Of a file, for people: `h:mm:ss.s`.
    var clock: String {
        let tenths = max(nanoseconds, 0) / 100_000_000 + (max(nanoseconds, 0) % 100_000_000 >= 50_000_000 ? 1 : 0)
        let (seconds, minutes) = (tenths / 10 % 60, tenths / 600 % 60)
        return
            "\(tenths / 36_000):\(minutes < 10 ? "0" : "")\(minutes):\(seconds < 10 ? "0" : "")\(seconds).\(tenths % 10)"
    }
}

extension Double {
    /// With so many decimals, rounded; always a point.
    func decimals(_ count: Int) -> String {
        guard isFinite, abs(self) < 1e12 else { return "0" }
        let factor = (0..<count).reduce(Int64(1)) { product, _ in product * 10 }
        let whole = Int64((abs(self) * Double(factor)).rounded())
        let digits = String(whole % factor)
        let sign = self < 0 && whole > 0 ? "-" : ""
        guard count > 0 else { return "\(sign)\(whole)" }
        return "\(sign)\(whole / factor).\(String(repeating: "0", count: count - digits.count))\(digits)"
    }
}

extension Duration {
    /// Tenths of a second: `6.7 s`; from a minute on `3 min 12 s`.
    var shown: String {
        let seconds = inSeconds
        guard seconds >= 60 else { return "\(seconds.decimals(1)) s" }
        let whole = Int64(seconds.rounded())
        return whole < 3_600
            ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3_600) h \(whole / 60 % 60) min \(whole % 60) s"
    }
}
