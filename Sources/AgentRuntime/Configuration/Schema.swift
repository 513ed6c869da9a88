/// Every setting there is.
public enum Schema {
    public static let settings: [Setting] =
        connection + network + worker + state + log + health + claude + policy + hint + chat
        + notices + perception + code

    private static let byKey = Dictionary(settings.map { ($0.key, $0) }) { first, _ in first }

    public static func setting(_ key: String) -> Setting? { byKey[key] }

    static let connection: [Setting] = [
        Setting(
            "livekit.url", .text(maximumBytes: 2048), .text("ws://127.0.0.1:7880"),
            "The LiveKit server, as ws, wss, http or https.", alias: "LIVEKIT_URL"),
        Setting(
            "livekit.api_key", .text(maximumBytes: 256), nil, "The API key's name.", alias: "LIVEKIT_API_KEY"),
        Setting(
            "livekit.api_secret", .text(maximumBytes: 1024), nil, "The API key's secret.", alias: "LIVEKIT_API_SECRET",
            isSecret: true),
        Setting(
            "livekit.agent_name", .text(maximumBytes: 256), .text(""),
            "The name for dispatch by name; empty for automatic dispatch into every room."),
    ]

    static let network: [Setting] = [
        Setting(
            "network.loopback", .boolean, .boolean(true),
            "Whether media may go over loopback, to a LiveKit server on this machine."),
        Setting("network.ipv6", .boolean, .boolean(false), "Whether media may go over IPv6."),
        Setting(
            "network.addresses", .text(maximumBytes: 1024), .text(""),
            "The only addresses of this machine that media may use, with commas between; empty for all."),
    ]

    static let worker: [Setting] = [
        Setting("worker.maximum_rooms", .integer(1...10_000), .integer(200), "Rooms at the same time."),
        Setting(
            "worker.load_threshold", .number(0.05...1, unit: nil), .number(0.7),
            "From this share of what the process can take on, it takes no further room."),
        Setting(
            "worker.drain_timeout", .duration(.zero ... .seconds(86_400)), .duration(.seconds(1800)),
            "How long running rooms may go on after the worker was told to stop."),
        Setting(
            "worker.reconcile_interval", .duration(.zero ... .seconds(3600)),
            .duration(ReconcileCore.Configuration().interval),
            "How often rooms that lack an assistant are looked for; 0 s for never."),
        Setting(
            "worker.threads", .integer(0...256), .integer(0),
            "Threads that decode sound and run models; 0 for one a core."),
    ]

    static let state: [Setting] = [
        Setting(
            "state.directory", .text(maximumBytes: 4096), .text("state"),
            "Where session journals are kept; relative to the working directory."),
        Setting(
            "state.models_directory", .text(maximumBytes: 4096), .text(""),
            "Where the models are; empty for where set-up puts them: JASK_MODELS, else ~/.cache/jask/models."),
        Setting(
            "state.journal_sync", .choice(JournalConfiguration.Sync.allCases.map(\.rawValue)), .text("important"),
            "After which journal entries the disk is told to keep them."),
        Setting(
            "state.journal_maximum_bytes", .integer(16_384...1_073_741_824), .integer(4 << 20),
            "Above this size a room's journal is cut down to what a restart needs."),
    ]

    static let log: [Setting] = [
        Setting(
            "log.level", .choice(WorkerConfiguration.LogLevel.allCases.map(\.rawValue)), .text("info"),
            "The least grave messages that are logged."),
        Setting("log.json", .boolean, .boolean(false), "Whether logs are one JSON object a line."),
    ]

    static let health: [Setting] = [
        Setting("health.enabled", .boolean, .boolean(true), "Whether /live, /ready and /metrics are served."),
        Setting("health.host", .text(maximumBytes: 256), .text("127.0.0.1"), "The address they are served on."),
        Setting("health.port", .integer(0...65_535), .integer(8081), "The port; 0 for any free one."),
    ]
}
