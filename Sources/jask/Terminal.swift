import Foundation
import SansIO

/// What a person sits in front of, if one does.
enum Terminal {
    /// On a terminal that has them, unless NO_COLOR (no-color.org) is set.
    static var showsColours: Bool {
        let environment = ProcessInfo.processInfo.environment
        return isatty(STDOUT_FILENO) == 1 && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }

    /// On standard error, cleared of secrets.
    static func complain(_ text: String) {
        FileHandle.standardError.write(Data(("jask: " + KnownSecrets.clear(text) + "\n").utf8))
    }
}

/// How far a file was read or written: one line on standard error, and only where that is a terminal.
final class ProgressBar {
    private let name: String
    private var shownAt: Duration?

    private static let cells = 24
    /// How often it is drawn.
    private static let interval = Duration.milliseconds(100)

    init?(name: String) {
        guard isatty(STDERR_FILENO) == 1, ProcessInfo.processInfo.environment["TERM"] != "dumb" else { return nil }
        self.name = (name as NSString).lastPathComponent
    }

    func show(_ at: Duration, of whole: Duration?, after took: Duration) {
        guard shownAt.map({ took - $0 >= Self.interval }) ?? true else { return }
        shownAt = took
        write("\r\u{1B}[K" + Self.text(at, of: whole, after: took) + "  " + name.prefix(40))
    }

    func clear() { if shownAt != nil { write("\r\u{1B}[K") } }

    static func text(_ at: Duration, of whole: Duration?, after took: Duration) -> String {
        let speed = Int((at.inSeconds / max(took.inSeconds, 0.001)).rounded())
        let done = "\(Int(at.inSeconds)) s, \(speed) × real time"
        guard let whole, whole > .zero else { return done }
        let share = min(at.inSeconds / whole.inSeconds, 1)
        let full = Int(share * Double(cells))
        return "[" + String(repeating: "#", count: full) + String(repeating: ".", count: cells - full) + "] "
            + "\(Int(share * 100)) %  \(done)"
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
