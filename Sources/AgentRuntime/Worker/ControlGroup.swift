/// What Linux's control groups and `/proc` say of a process's own limits. Parsing only; nothing is read here.
enum ControlGroup {
    /// `cpu.max` of version 2: `max 100000` or `150000 100000`. Cores, or `nil` without a quota.
    static func cores(cpuMax text: String) -> Double? {
        let fields = text.split(whereSeparator: \.isWhitespace)
        guard fields.count == 2, let quota = Double(fields[0]), let period = Double(fields[1]) else { return nil }
        return ratio(quota, period)
    }

    /// `cpu.cfs_quota_us` and `cpu.cfs_period_us` of version 1; a quota of -1 is none.
    static func cores(quota: String, period: String) -> Double? {
        guard let quota = Double(trimmed(quota)), let period = Double(trimmed(period)) else { return nil }
        return ratio(quota, period)
    }

    /// `memory.max` or `memory.limit_in_bytes`. Bytes, or `nil` without a limit.
    static func bytes(limit text: String) -> UInt64? {
        // Version 1 writes "no limit" as a number near the largest there is.
        guard let bytes = UInt64(trimmed(text)), bytes > 0, bytes < 1 << 60 else { return nil }
        return bytes
    }

    /// The path of the process's group in `/proc/self/cgroup`: `0::/a/b` for version 2.
    static func path(inProcFile text: String) -> String? {
        for line in text.split(separator: "\n") where line.hasPrefix("0::") {
            return String(line.dropFirst(3))
        }
        return nil
    }

    /// The group's folder and those above it, innermost first: a limit of any of them holds.
    static func folders(of path: String, root: String = "/sys/fs/cgroup") -> [String] {
        var parts = path.split(separator: "/").filter { $0 != ".." }.map(String.init)
        var folders: [String] = []
        while !parts.isEmpty {
            folders.append(root + "/" + parts.joined(separator: "/"))
            parts.removeLast()
        }
        return folders + [root]
    }

    /// Resident pages in `/proc/self/statm`.
    static func residentPages(statm text: String) -> UInt64? {
        let fields = text.split(whereSeparator: \.isWhitespace)
        return fields.count > 1 ? UInt64(fields[1]) : nil
    }

    /// `MemTotal` in `/proc/meminfo`, in bytes.
    static func totalMemory(meminfo text: String) -> UInt64? {
        for line in text.split(separator: "\n") where line.hasPrefix("MemTotal:") {
            let fields = line.split(whereSeparator: \.isWhitespace)
            guard fields.count > 1, let kibibytes = UInt64(fields[1]) else { return nil }
            let (bytes, overflow) = kibibytes.multipliedReportingOverflow(by: 1024)
            return overflow ? nil : bytes
        }
        return nil
    }

    private static func ratio(_ quota: Double, _ period: Double) -> Double? {
        guard quota > 0, period > 0 else { return nil }
        return quota / period
    }

    private static func trimmed(_ text: String) -> Substring {
        text.split(whereSeparator: \.isWhitespace).first ?? ""
    }
}
