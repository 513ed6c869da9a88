import Session
import Settings

/// What a process tells of itself: log, metrics and what happens in the rooms.
public struct Telemetry: Sendable {
    public typealias Level = LogLevel

    public let metrics: JaskMetrics
    private let write: @Sendable (Level, String) -> Void
    private let timeline: @Sendable (TimelineEvent, RoomFacts) -> Void

    public init(
        metrics: JaskMetrics = JaskMetrics(), log: @escaping @Sendable (Level, String) -> Void = { _, _ in },
        timeline: @escaping @Sendable (TimelineEvent, RoomFacts) -> Void = { _, _ in }
    ) {
        self.metrics = metrics
        write = log
        self.timeline = timeline
    }

    func log(_ level: Level, _ text: String) { write(level, text) }

    /// Counts an event and passes it on.
    func note(_ event: TimelineEvent, room: RoomFacts) {
        metrics.observe(event)
        timeline(event, room)
    }
}
