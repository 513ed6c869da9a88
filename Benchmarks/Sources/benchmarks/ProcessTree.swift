import Foundation

/// A process and all that it began, seen through /proc.
struct ProcessTree: Sendable {
    let root: Int32

    /// User and system time so far of each that runs, in seconds.
    var cpuSeconds: [Int32: Double] {
        let tick = Double(sysconf(Int32(_SC_CLK_TCK)))
        let times = members.map { process in
            let fields = fields(process)
            guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
                return (process, 0.0)
            }
            return (process, (user + system) / tick)
        }
        return Dictionary(times) { $1 }
    }

    /// What was used since, in seconds; what has ended by now counts for nothing.
    func cpuSeconds(since before: [Int32: Double]) -> Double {
        cpuSeconds.reduce(0) { $0 + $1.value - before[$1.key, default: 0] }
    }

    /// The memory of them all, what they share counted once (PSS).
    var megabytes: Double {
        members.reduce(0) { sum, process in
            let line = read("smaps_rollup", of: process).split(separator: "\n").first { $0.hasPrefix("Pss:") } ?? ""
            return sum + (line.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0) / 1024
        }
    }

    private var members: [Int32] {
        let processes = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }
        let parents = processes.map { ($0, fields($0).dropFirst().first.flatMap { Int32($0) } ?? 0) }
        let children = Dictionary(grouping: parents) { $0.1 }.mapValues { $0.map(\.0) }
        var (found, next) = ([Int32](), [root])
        while let process = next.popLast() {
            found.append(process)
            next += children[process] ?? []
        }
        return found
    }

    /// Of /proc/PID/stat, what follows the name: state, parent, …
    private func fields(_ process: Int32) -> [Substring] {
        read("stat", of: process).split(separator: ")").last.map { $0.split(separator: " ") } ?? []
    }

    func read(_ file: String, of process: Int32? = nil) -> String {
        (try? String(contentsOfFile: "/proc/\(process ?? root)/\(file)", encoding: .utf8)) ?? ""
    }
}
