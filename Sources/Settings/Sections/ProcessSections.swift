/// The LiveKit server.
public struct LiveKitSection: Sendable {
    public let url = Setting<String>(
        "livekit.url", maximumBytes: 2048, default: "ws://127.0.0.1:7880",
        "The LiveKit server, as ws, wss, http or https.", alias: "LIVEKIT_URL")
    public let apiKey = Setting<String>(
        unset: "livekit.api_key", maximumBytes: 256,
        "The API key's name.", alias: "LIVEKIT_API_KEY")
    public let apiSecret = Setting<String>(
        unset: "livekit.api_secret", maximumBytes: 1024,
        "The API key's secret.", alias: "LIVEKIT_API_SECRET", isSecret: true)
    public let agentName = Setting<String>(
        "livekit.agent_name", maximumBytes: 256, default: "",
        "The name for dispatch by name; empty for automatic dispatch into every room.")
    public let jpeg = Setting<Bool>(
        "livekit.jpeg", default: false,
        "Whether cameras in JPEG (RFC 2435) are taken beside VP8, VP9 and H.264: Jask's development server forwards "
            + "them, livekit-server does not.")
}

/// Which library's ciphers SRTP runs on.
public enum SRTPLibrary: String, SettingWord {
    case openssl, libsrtp2
}

/// How media go over the network.
public struct NetworkSection: Sendable {
    public let loopback = Setting<Bool>(
        "network.loopback", default: true,
        "Whether media may go over loopback, to a LiveKit server on this machine.")
    public let ipv6 = Setting<Bool>(
        "network.ipv6", default: false,
        "Whether media may go over IPv6.")
    public let addresses = Setting<String>(
        "network.addresses", maximumBytes: 1024, default: "",
        "The only addresses of this machine that media may use, with commas between; empty for all.")
    public let srtpEngine = Setting<SRTPLibrary>(
        "network.srtp_engine", default: .openssl,
        "The library that encrypts and decrypts media (SRTP); OpenSSL is the faster one.")
}

/// What the process takes on.
public struct WorkerSection: Sendable {
    public let maximumRooms = Setting<Int>(
        "worker.maximum_rooms", 1...10_000, default: 200,
        "Rooms at the same time.")
    public let loadThreshold = Setting<Double>(
        "worker.load_threshold", 0.05...1, default: 0.7,
        "From this share of what the process can take on, it takes no further room.")
    public let drainTimeout = Setting<Duration>(
        "worker.drain_timeout", .zero ... .seconds(86_400), default: .seconds(1800),
        "How long running rooms may go on after the worker was told to stop.")
    public let reconcileInterval = Setting<Duration>(
        "worker.reconcile_interval", .zero ... .seconds(3600), default: .milliseconds(1250),
        "How often rooms that lack an assistant are looked for; 0 s for never.")
    public let threads = Setting<Int>(
        "worker.threads", 0...256, default: 0,
        "Threads that decode sound and run models; 0 for one a core.")
    public let loops = Setting<Int>(
        "worker.loops", 0...256, default: 0,
        "Event loops that the rooms are spread over, with the worker on one of them; 0 for one a core.")
    public let coreDumps = Setting<Bool>(
        "worker.core_dumps", default: false,
        "Whether a crash may leave a core dump. It holds pictures, sound and code of candidates, and keys.")
}

/// After which journal entries the disk is told to keep what was written. Without it a crash of the process loses
/// nothing either; a crash of the machine may lose the last seconds.
public enum JournalSync: String, SettingWord {
    case always
    /// After entries that a restart needs, in the background.
    case important
    case never
}

/// What is kept on disk.
public struct StateSection: Sendable {
    public let directory = Setting<String>(
        "state.directory", maximumBytes: 4096, default: "state",
        "Where session journals are kept; relative to the working directory.")
    public let modelsDirectory = Setting<String>(
        "state.models_directory", maximumBytes: 4096, default: "",
        "Where the models are; empty for where set-up puts them: JASK_MODELS, else ~/.cache/jask/models.")
    public let journalSync = Setting<JournalSync>(
        "state.journal_sync", default: .important,
        "After which journal entries the disk is told to keep them.")
    public let journalMaximumBytes = Setting<Int>(
        "state.journal_maximum_bytes", 16_384...1_073_741_824, default: 4 << 20,
        "Above this size a room's journal is cut down to what a restart needs.")
}

/// What looking at pictures may take.
public struct ModelsSection: Sendable {
    public let share = Setting<Double>(
        "models.core_share", 0.01...64, unit: "cores", default: 0.5,
        "How much of the processor the decoding and the models of all cameras together may take; they look less often where that is not enough."
    )
    public let burst = Setting<Duration>(
        "models.burst", .milliseconds(10) ... .seconds(10), default: .milliseconds(150),
        "What one camera may take at once after it was quiet, as when a hand goes up.")
    public let window = Setting<Duration>(
        "models.pace_window", .seconds(1) ... .seconds(600), default: .seconds(10),
        "Over which time it is found whether a camera looks as often as it should.")
}

/// How grave a line of the log is, the least first.
public enum LogLevel: String, SettingWord {
    case trace, debug, info, notice, warning, error
}

/// What is logged.
public struct LogSection: Sendable {
    public let level = Setting<LogLevel>(
        "log.level", default: .info,
        "The least grave messages that are logged.")
    public let json = Setting<Bool>(
        "log.json", default: false,
        "Whether logs are one JSON object a line.")
}

/// The page for load balancers and metrics.
public struct HealthSection: Sendable {
    public let enabled = Setting<Bool>(
        "health.enabled", default: true,
        "Whether /live, /ready and /metrics are served.")
    public let host = Setting<String>(
        "health.host", maximumBytes: 256, default: "127.0.0.1",
        "The address they are served on.")
    public let port = Setting<Int>(
        "health.port", 0...65_535, default: 8081,
        "The port; 0 for any free one.")
}
