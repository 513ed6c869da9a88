import Foundation

/// Who listens on a TCP port of this machine, as far as `/proc` lets this user see.
public enum PortHolder {
    /// `process 4711 (nginx)`, `this process`, or `another process` where it cannot be seen.
    public static func name(ofPort port: Int) -> String {
        let sockets = Set(inodes(ofPort: port))
        guard !sockets.isEmpty, let processes = try? FileManager.default.contentsOfDirectory(atPath: "/proc") else {
            return unknown
        }
        for process in processes.compactMap({ Int32($0) }) where holds(process, sockets) {
            guard process != getpid() else { return "this process" }
            let name = (try? String(contentsOfFile: "/proc/\(process)/comm", encoding: .utf8)) ?? ""
            let shown = name.filter { $0.isASCII && !$0.isNewline }
            return "process \(process)" + (shown.isEmpty ? "" : " (\(shown))")
        }
        return unknown
    }

    private static let unknown = "another process"

    private static func inodes(ofPort port: Int) -> [String] {
        ["/proc/net/tcp", "/proc/net/tcp6"].flatMap { path in
            listeners((try? String(contentsOfFile: path, encoding: .utf8)) ?? "", port: port)
        }
    }

    /// The inodes of listening sockets in a table of Linux's (proc(5), /proc/net/tcp): the second column is address and
    /// port in hexadecimal, the fourth the state (0A: listening), the tenth the inode.
    static func listeners(_ table: String, port: Int) -> [String] {
        table.split(separator: "\n").dropFirst().compactMap { line in
            let columns = line.split(separator: " ")
            guard columns.count > 9, columns[3] == "0A", let text = columns[1].split(separator: ":").last,
                Int(text, radix: 16) == port, columns[9] != "0"
            else { return nil }
            return String(columns[9])
        }
    }

    private static func holds(_ process: Int32, _ sockets: Set<String>) -> Bool {
        let folder = "/proc/\(process)/fd"
        // Those of other users cannot be read.
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return false }
        return names.contains { name in
            guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: folder + "/" + name),
                target.hasPrefix("socket:["), target.hasSuffix("]")
            else { return false }
            return sockets.contains(String(target.dropFirst("socket:[".count).dropLast()))
        }
    }
}
