import AgentRuntime
import Glibc

/// What a crash would leave on a disk.
enum CoreDumps {
    /// Lets the system write no core dump of this process, unless the settings allow one: there would be pictures, sound
    /// and code of candidates in it. A limit that was lowered for good is not raised again.
    static func forbid(unlessIn settings: WorkerConfiguration, log: (Telemetry.Level, String) -> Void) {
        guard let reason = reasonItFailed(settings) else { return }
        log(.warning, "a crash may leave a core dump with pictures, sound and code in it: \(reason)")
    }

    private static func reasonItFailed(_ settings: WorkerConfiguration) -> String? {
        guard !settings.allowsCoreDumps else { return nil }
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        guard setrlimit(__rlimit_resource_t(UInt32(RLIMIT_CORE.rawValue)), &none) != 0 else { return nil }
        return String(cString: strerror(errno))
    }
}
