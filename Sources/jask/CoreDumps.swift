import AgentRuntime
import Glibc

/// What a crash would leave on a disk.
enum CoreDumps {
    /// Lets the system write no core dump of this process, unless that is allowed (`worker.core_dumps`): there would be pictures, sound
    /// and code of candidates in it. A limit that was lowered for good is not raised again.
    static func forbid(unless isAllowed: Bool, log: (Telemetry.Level, String) -> Void) {
        guard !isAllowed, let reason = reasonItFailed() else { return }
        log(.warning, "a crash may leave a core dump with pictures, sound and code in it: \(reason)")
    }

    private static func reasonItFailed() -> String? {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        guard setrlimit(__rlimit_resource_t(UInt32(RLIMIT_CORE.rawValue)), &none) != 0 else { return nil }
        return String(cString: strerror(errno))
    }
}
