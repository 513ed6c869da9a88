import Settings

/// The settings of a worker process.
public struct WorkerConfiguration: Sendable, Hashable {
    /// `ws://`, `wss://`, `http://` or `https://`.
    public var url: String
    public var apiKey: String
    public var apiSecret: Secret
    /// Empty for automatic dispatch into every room.
    public var agentName: String
    /// Rooms at the same time.
    public var maximumRooms: Int
    /// 0…1: from this load on the worker offers itself as full.
    public var loadThreshold: Double
    /// How long running rooms may go on after the worker was told to stop.
    public var drainTimeout: Duration
    /// How often rooms without an assistant are looked for; zero for never.
    public var reconcileInterval: Duration
    /// The address of health and metrics; `port` 0 takes any free one.
    public var healthHost: String
    public var healthPort: Int
    public var isHealthEnabled: Bool
    public var logLevel: LogLevel
    /// Whether logs are JSON, one object a line.
    public var logsJSON: Bool
    /// Where journals are kept.
    public var stateDirectory: String
    /// Where models are kept.
    public var modelsDirectory: String
    /// Threads that decode and infer; 0 for one a core.
    public var workerThreads: Int
    /// Event loops of the process; 0 for one a core.
    public var workerLoops: Int
    /// Whether a crash may leave a core dump.
    public var allowsCoreDumps: Bool
    public var journal: JournalConfiguration
}

/// A text that never shows itself: descriptions and dumps say only that it is there.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The text itself.
    public let revealed: String

    public init(_ text: String) { revealed = text }

    public var isEmpty: Bool { revealed.isEmpty }
    public var description: String { isEmpty ? "(not set)" : "(redacted)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
