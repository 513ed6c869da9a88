import SansIO
import Settings

/// Decides when a process reads its configuration again, and what of it counts for the rooms that run.
///
/// A file is read when it has changed and then stayed the same for one look, so that one that is being written is not
/// taken half; a reading during which it changed does not count. What cannot be used changes nothing: the last good
/// configuration stays, and the problem is told once. Settings of the process stay as they were at its start.
struct ConfigurationSourceCore: Sendable {
    /// Why a configuration was not taken; every problem, without secrets.
    struct Refusal: Error, Sendable, Hashable {
        var problems: String
    }

    enum Input: Sendable {
        /// Answers `look`: nil where there is no file.
        case looked(FileStamp?)
        /// Somebody wants it read now: SIGHUP.
        case asked
        /// Answers `read`, with the file's stamps before and after.
        case read(Result<Configuration, Refusal>, before: FileStamp?, after: FileStamp?)
    }

    enum Output: Sendable, Equatable {
        /// See whether the file has changed.
        case look
        /// Read all sources anew.
        case read
        /// Give this to every room, and to those that come. `changes`: `key: old → new`, secrets hidden.
        case apply(Configuration, changes: [String])
        /// These settings of the process have other values now, which count only after a restart.
        case needsRestart([String])
        case refused(Refusal)
        /// After a refusal: what is there now can be used again.
        case recovered
        /// It was asked for, and there is nothing new.
        case unchanged
    }

    /// How often the file is looked at. A change counts after two to three looks: within 2 s.
    static let usualInterval = Duration.milliseconds(500)

    /// What counts now.
    private(set) var current: Configuration
    private let started: Configuration
    private let interval: Duration
    /// When the file is looked at next; nil where there is no file.
    private(set) var deadline: Instant?
    /// Of what was read last, be it good or bad; nil before the first reading, since which the file may have changed.
    private var taken: FileStamp??
    private var seen: FileStamp??
    private var isReading = false
    private var isAsked = false
    private var refusal: Refusal?
    private var waiting: [String] = []
    private var outputs = OutputQueue<Output>()

    /// - Parameter followsFile: whether there is a file to be looked at.
    init(started: Configuration, followsFile: Bool, interval: Duration = Self.usualInterval, at now: Instant) {
        self.started = started
        self.interval = interval
        current = started
        deadline = followsFile ? now : nil
    }

    mutating func pollOutput() -> Output? { outputs.popFirst() }

    mutating func timeout(at now: Instant) {
        guard let deadline, deadline <= now else { return }
        self.deadline = now + interval
        if !isReading { outputs.append(.look) }
    }

    mutating func receive(_ input: Input, at now: Instant) {
        switch input {
        case .looked(let stamp): looked(stamp)
        case .asked:
            isAsked = true
            read()
        case .read(let result, let before, let after):
            isReading = false
            seen = after
            // It changed meanwhile: it is read when it has settled, or at once where somebody waits.
            guard before == after else { return isAsked && deadline == nil ? read() : () }
            taken = after
            take(result)
            isAsked = false
        }
    }

    private mutating func looked(_ stamp: FileStamp?) {
        let isSettled = seen == .some(stamp)
        seen = stamp
        guard isSettled, taken != .some(stamp) else { return }
        read()
    }

    private mutating func read() {
        guard !isReading else { return }
        isReading = true
        outputs.append(.read)
    }

    private mutating func take(_ result: Result<Configuration, Refusal>) {
        switch result {
        case .failure(let refusal): refuse(refusal)
        case .success(let new):
            let merged = new.keeping(.process, of: started)
            do throws(ConfigurationErrors) {
                // What is left of it must hold together too.
                try merged.validated()
            } catch {
                return refuse(Refusal(problems: error.errors.map(\.description).joined(separator: "; ")))
            }
            if refusal != nil { outputs.append(.recovered) }
            refusal = nil
            let restart = new.differences(from: started, in: .process)
            if restart != waiting, !restart.isEmpty { outputs.append(.needsRestart(restart)) }
            waiting = restart
            let keys = merged.differences(from: current, in: .session)
            guard !keys.isEmpty else {
                if isAsked { outputs.append(.unchanged) }
                return
            }
            let changes = keys.map { "\($0): \(current.shown($0)) → \(merged.shown($0))" }
            current = merged
            outputs.append(.apply(merged, changes: changes))
        }
    }

    private mutating func refuse(_ new: Refusal) {
        guard new != refusal || isAsked else { return }
        refusal = new
        outputs.append(.refused(new))
    }
}
