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
        guard let at = LogLevel.allCases.firstIndex(of: level), at >= minimum else { return }
        pipe.write(line.rendered(level, text))
    }

    /// What happens in a room. Refused input of one sender and kind is counted once it comes often.
    /// - Parameter text: how it is told.
    func event(
        _ event: TimelineEvent, in room: RoomFacts, as text: (TimelineEvent.Kind) -> String? = TimelineText.entry
    ) {
        guard let entry = text(event.kind) else { return }
        if case .refused(_, let sender, let code) = event.kind {
            let kind = line.clean("room \(room.name): refused input of \(sender ?? "an unknown sender"): \(code)")
            let (passes, isFirst) = repeats.withLock { repeats in
                let isFirst = repeats.deadline == nil
                return (repeats.passes(kind, at: .onEventLoop), isFirst)
            }
            if isFirst { settleLater() }
            guard passes else { return }
        }
        self(.info, "room \(room.name): \(entry)")
    }

    /// Waits for the reader, at most a second.
    func flush() { pipe.flush() }

    private func settleLater() {
        queue.asyncAfter(deadline: .now() + .seconds(2)) { [weak self] in
            guard let self else { return }
            let (held, goesOn) = repeats.withLock { ($0.settle(at: .onEventLoop), $0.deadline != nil) }
            for (kind, count) in held { self(.info, "\(kind): \(count) more in ten seconds") }
            if goesOn { settleLater() }
        }
    }
}
