/// Every setting there is, by section. A section's members are found by themselves: what stands in one can be set.
public enum Schema {
    public static let livekit = LiveKitSection()
    public static let network = NetworkSection()
    public static let worker = WorkerSection()
    public static let state = StateSection()
    public static let models = ModelsSection()
    public static let log = LogSection()
    public static let health = HealthSection()
    public static let claude = ClaudeSection()
    public static let policy = PolicySection()
    public static let hint = HintSection()
    public static let chat = ChatSection()
    public static let notices = NoticesSection()
    public static let consent = ConsentSection()
    public static let voice = VoiceSection()
    public static let pause = PauseSection()
    public static let gesture = GestureSection()
    public static let moment = MomentSection()
    public static let search = SearchSection()
    public static let code = CodeSection()
    public static let pictures = PicturesSection()

    private static let sections: [any Sendable] = [
        livekit, network, worker, state, models, log, health, claude, policy, hint, chat, notices, consent,
        voice, pause, gesture, moment, search, code, pictures,
    ]

    /// In the order in which they are documented.
    public static let settings: [SettingDefinition] = sections.flatMap { section in
        Mirror(reflecting: section).children.compactMap { ($0.value as? any AnySetting)?.definition }
    }

    private static let byKey = Dictionary(settings.map { ($0.key, $0) }) { first, _ in first }

    public static func setting(_ key: String) -> SettingDefinition? { byKey[key] }
}
