import AgentRuntime
import Dispatch
import Foundation
import RTCNetwork
import SansIO
import Session
import Settings
import Synchronization

/// The log on standard error: a line, or a JSON object, an entry. Never makes anybody wait.
final class Log: Sendable {
    private let minimum: Int
    private let line: LogLine
    private let pipe: LogPipe
    private let repeats = Mutex(LogRepeats())
    private let queue = DispatchQueue(label: "jask.log.repeats")

    init(minimum: LogLevel, isJSON: Bool, secrets: [String] = [], pipe: LogPipe = LogPipe()) {
        self.minimum = LogLevel.allCases.firstIndex(of: minimum) ?? 0
        line = LogLine(secrets: secrets, isJSON: isJSON)
        self.pipe = pipe
    }

    func callAsFunction(_ level: Telemetry.Level, _ text: String) {
        guard isWanted(level), passes({ $0.passes(level, line.clean(text), at: .onEventLoop) }) else { return }
        write(level, text)
    }

    /// What happens in a room. Refused input of one sender and kind is counted once it comes often, as a warning is.
    /// - Parameter text: how it is told.
    func event(
        _ event: TimelineEvent, in room: RoomFacts, as text: (TimelineEvent.Kind) -> String? = TimelineText.entry
    ) {
        guard let entry = text(event.kind) else { return }
        if case .refused(_, let sender, let code) = event.kind {
            let kind = line.clean("room \(room.name): refused input of \(sender ?? "an unknown sender"): \(code)")
            guard passes({ $0.passes(kind, at: .onEventLoop) }) else { return }
        }
        self(.info, "room \(room.name): \(entry)")
    }

    private func isWanted(_ level: Telemetry.Level) -> Bool {
        LogLevel.allCases.firstIndex(of: level).map { $0 >= minimum } ?? false
    }

    private func write(_ level: Telemetry.Level, _ text: String) { pipe.write(line.rendered(level, text)) }

    private func passes(_ isPassed: (inout LogRepeats) -> Bool) -> Bool {
        let (passes, isFirst) = repeats.withLock { repeats in
            let wasEmpty = repeats.isEmpty
            return (isPassed(&repeats), wasEmpty && !repeats.isEmpty)
        }
        if isFirst { settleLater() }
        return passes
    }

    /// Waits for the reader, at most a second.
    func flush() { pipe.flush() }

    private func settleLater() {
        queue.asyncAfter(deadline: .now() + .seconds(2)) { [weak self] in
            guard let self else { return }
            let (held, goesOn) = repeats.withLock { ($0.settle(at: .onEventLoop), $0.deadline != nil) }
            for (kind, count, level) in held where isWanted(level) {
                write(level, "\(kind): \(count) more in ten seconds")
            }
            if goesOn { settleLater() }
        }
    }
}
