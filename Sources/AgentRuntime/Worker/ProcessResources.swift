import Foundation
import SansIO

/// This process's limits, read once, and what it uses, read again and again.
struct ProcessResources: Sendable {
    /// Cores that the process may use: its control group's quota, else its affinity.
    let cores: Double
    /// Bytes that it may use: its control group's limit, else what the machine has. 0 where neither is known.
    let memoryLimit: UInt64
    private let pageSize: UInt64

    init() {
        pageSize = UInt64(max(sysconf(Int32(_SC_PAGESIZE)), 4096))
        let group = Self.read("/proc/self/cgroup").flatMap(ControlGroup.path(inProcFile:)) ?? "/"
        let folders = ControlGroup.folders(of: group)
        let available = Double(max(ProcessInfo.processInfo.activeProcessorCount, 1))
        var quotas = folders.compactMap { Self.read($0 + "/cpu.max").flatMap(ControlGroup.cores(cpuMax:)) }
        let old = "/sys/fs/cgroup/cpu/cpu.cfs_"
        if let quota = Self.read(old + "quota_us"), let period = Self.read(old + "period_us"),
            let cores = ControlGroup.cores(quota: quota, period: period)
        {
            quotas.append(cores)
        }
        cores = min(available, quotas.min() ?? available)
        var limits = folders.compactMap { Self.read($0 + "/memory.max").flatMap(ControlGroup.bytes(limit:)) }
        limits += ["/sys/fs/cgroup/memory/memory.limit_in_bytes"].compactMap {
            Self.read($0).flatMap(ControlGroup.bytes(limit:))
        }
        let total = Self.read("/proc/meminfo").flatMap(ControlGroup.totalMemory(meminfo:))
        memoryLimit = (limits + [total].compactMap(\.self)).min() ?? 0
    }

    /// Resident bytes now.
    var residentMemory: UInt64 {
        (Self.read("/proc/self/statm").flatMap(ControlGroup.residentPages(statm:)) ?? 0) &* pageSize
    }

    /// Processor time of all threads since the process began.
    var processorTime: Duration {
        var time = timespec()
        guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return .zero }
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    private static func read(_ path: String) -> String? {
        try? String(contentsOfFile: path, encoding: .utf8)
    }
}
