import Coach
import Perception
import Settings

/// The settings of one session.
public struct SessionConfiguration: Sendable, Hashable {
    /// How the assistant calls itself in notices.
    public var assistantName: String
    /// The language of rehearsed texts and hints as a BCP 47 tag; nil for the problem statement's own.
    public var language: String?
    /// Whether event facts and code may go to Claude, which the notice says.
    public var usesClaude: Bool
    public var perception: PerceptionConfiguration
    /// Whether gestures are looked for in the candidate's camera.
    public var usesCameras: Bool
    /// When and how that camera is looked at.
    public var search: GestureSearchConfiguration
    public var moment: MomentConfiguration
    public var policy: HintPolicy.Configuration
    public var workspace: Workspace.Limits
    public var pictures: PictureConfiguration
    /// How long a hint is worth showing.
    public var hintLifetime: Duration
    /// After this the coach counts as gone, and its request as failed.
    public var requestTimeout: Duration
    /// After how long a hint without `jask.ack` is sent again, to clients that declared it.
    public var ackTimeout: Duration
    /// How often it is sent again.
    public var ackResends: Int
    public var chat: ChatConfiguration
    public var notices: NoticeConfiguration
    public var consent: ConsentConfiguration

    /// In which ways hints and notices are shown by clients that know nothing of Jask.
    public struct ChatConfiguration: Sendable, Hashable {
        /// A text stream on `lk.chat`.
        public var chat: Bool
        /// A packet on `lk-chat-topic`, for old clients and Flutter's components.
        public var legacy: Bool
        /// A text stream on `lk.transcription`, for the session views of Swift and Flutter.
        public var transcription: Bool
        /// Whether interviewers see hints as chat too, not only as `jask.hint`.
        public var interviewers: Bool

        public init(
            chat: Bool = Schema.chat.lkChat.defaultValue, legacy: Bool = Schema.chat.legacy.defaultValue,
            transcription: Bool = Schema.chat.transcription.defaultValue,
            interviewers: Bool = Schema.chat.interviewers.defaultValue
        ) {
            self.chat = chat
            self.legacy = legacy
            self.transcription = transcription
            self.interviewers = interviewers
        }
    }

    /// Error notices to whoever caused them.
    public struct NoticeConfiguration: Sendable, Hashable {
        /// How many may come at once.
        public var burst: Int
        /// How long until one more may come.
        public var interval: Duration
        /// Whether errors of a client's packets are shown as chat too.
        public var errorsInChat: Bool

        public init(
            burst: Int = Schema.notices.burst.defaultValue, interval: Duration = Schema.notices.interval.defaultValue,
            errorsInChat: Bool = Schema.notices.errorsInChat.defaultValue
        ) {
            self.burst = burst
            self.interval = interval
            self.errorsInChat = errorsInChat
        }
    }

    /// How long choices outlive a room.
    public struct ConsentConfiguration: Sendable, Hashable {
        /// How old an opt-out may be to hold in a new room of the same name.
        public var optOutLifetime: Duration
        /// Within which time somebody must be back for pause and end to hold in a room that the server made anew.
        public var carryOver: Duration

        public init(
            optOutLifetime: Duration = Schema.consent.optOutLifetime.defaultValue,
            carryOver: Duration = Schema.consent.carryOver.defaultValue
        ) {
            self.optOutLifetime = optOutLifetime
            self.carryOver = carryOver
        }
    }

    public init(
        assistantName: String = Schema.hint.assistantName.defaultValue, language: String? = nil,
        usesClaude: Bool = true, perception: PerceptionConfiguration = .init(),
        usesCameras: Bool = Schema.gesture.enabled.defaultValue, search: GestureSearchConfiguration = .init(),
        moment: MomentConfiguration = .init(),
        policy: HintPolicy.Configuration = .init(),
        workspace: Workspace.Limits = .init(), pictures: PictureConfiguration = .init(),
        hintLifetime: Duration = Schema.hint.lifetime.defaultValue,
        requestTimeout: Duration = .seconds(20), ackTimeout: Duration = Schema.hint.ackTimeout.defaultValue,
        ackResends: Int = Schema.hint.ackResends.defaultValue, chat: ChatConfiguration = .init(),
        notices: NoticeConfiguration = .init(), consent: ConsentConfiguration = .init()
    ) {
        self.assistantName = assistantName
        self.language = language
        self.usesClaude = usesClaude
        self.perception = perception
        self.usesCameras = usesCameras
        self.search = search
        self.moment = moment
        self.policy = policy
        self.workspace = workspace
        self.pictures = pictures
        self.hintLifetime = hintLifetime
        self.requestTimeout = requestTimeout
        self.ackTimeout = ackTimeout
        self.ackResends = ackResends
        self.chat = chat
        self.notices = notices
        self.consent = consent
    }

    /// From the settings that count.
    public init(_ settings: Configuration) {
        let language = settings[Schema.hint.language]
        var workspace = Workspace.Limits()
        workspace.documentBytes = settings[Schema.code.maximumBytes]
        workspace.documentsPerSender = settings[Schema.code.maximumFiles]
        self.init(
            assistantName: settings[Schema.hint.assistantName], language: language.isEmpty ? nil : language,
            usesClaude: !settings[Schema.claude.apiKey].isEmpty, perception: PerceptionConfiguration(settings),
            usesCameras: settings[Schema.gesture.enabled], search: GestureSearchConfiguration(settings),
            moment: MomentConfiguration(settings),
            policy: HintPolicy.Configuration(settings), workspace: workspace, pictures: PictureConfiguration(settings),
            hintLifetime: settings[Schema.hint.lifetime],
            // The coach keeps its own deadline; this is for one that never answers.
            requestTimeout: settings[Schema.claude.totalTimeout] + .seconds(5),
            ackTimeout: settings[Schema.hint.ackTimeout], ackResends: settings[Schema.hint.ackResends],
            chat: ChatConfiguration(
                chat: settings[Schema.chat.lkChat], legacy: settings[Schema.chat.legacy],
                transcription: settings[Schema.chat.transcription],
                interviewers: settings[Schema.chat.interviewers]),
            notices: NoticeConfiguration(
                burst: settings[Schema.notices.burst], interval: settings[Schema.notices.interval],
                errorsInChat: settings[Schema.notices.errorsInChat]),
            consent: ConsentConfiguration(
                optOutLifetime: settings[Schema.consent.optOutLifetime],
                carryOver: settings[Schema.consent.carryOver]))
    }
}
