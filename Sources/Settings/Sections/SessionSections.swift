/// How hints are given.
public struct HintSection: Sendable {
    public let lifetime = Setting<Duration>(
        "hint.lifetime", .seconds(5) ... .seconds(3600), default: .seconds(60),
        "How long a hint is worth showing; one that could not be sent by then is dropped.", scope: .session)
    public let ackTimeout = Setting<Duration>(
        "hint.ack_timeout", .seconds(1) ... .seconds(300), default: .seconds(5),
        "After how long without jask.ack a hint is sent again, to clients that declared jask.ack.", scope: .session)
    public let ackResends = Setting<Int>(
        "hint.ack_resends", 0...10, default: 2,
        "How often it is sent again.", scope: .session)
    public let language = Setting<String>(
        "hint.language", maximumBytes: 35, default: "",
        "The language of hints as a BCP 47 tag; empty for the problem statement's own.", scope: .session)
    public let assistantName = Setting<String>(
        "hint.assistant_name", maximumBytes: 64, default: "Jask",
        "How the assistant calls itself in notices.", scope: .session)
}

/// How unchanged clients are shown hints and notices.
public struct ChatSection: Sendable {
    public let lkChat = Setting<Bool>(
        "chat.lk_chat", default: true,
        "Whether hints and notices are shown as text streams on lk.chat (LiveKit Meet, components-js, Android).",
        scope: .session)
    public let legacy = Setting<Bool>(
        "chat.legacy", default: true,
        "Whether they are sent on lk-chat-topic too, for old clients and Flutter's components.", scope: .session)
    public let transcription = Setting<Bool>(
        "chat.transcription", default: false,
        "Whether they are sent on lk.transcription too, for the session views of Swift and Flutter; "
            + "session views of React and Android then show them twice.", scope: .session)
    public let interviewers = Setting<Bool>(
        "chat.interviewers", default: true,
        "Whether interviewers see hints as chat too, not only as jask.hint.", scope: .session)
}

/// Notices about what a client sent.
public struct NoticesSection: Sendable {
    public let burst = Setting<Int>(
        "notices.burst", 1...100, default: 3,
        "Error notices that one participant may get at once.", scope: .session)
    public let interval = Setting<Duration>(
        "notices.interval", .seconds(1) ... .seconds(600), default: .seconds(10),
        "How long until that participant may get one more.", scope: .session)
    public let errorsInChat = Setting<Bool>(
        "notices.errors_in_chat", default: false,
        "Whether errors in what a client sent are shown as chat too.", scope: .session)
}

/// How long choices outlive a room, as when the server is restarted.
public struct ConsentSection: Sendable {
    public let optOutLifetime = Setting<Duration>(
        "consent.opt_out_lifetime", .zero ... .seconds(30 * 86_400), default: .seconds(86_400),
        "For how long an opt-out holds in later rooms of the same name too; 0 s for not at all.")
    public let carryOver = Setting<Duration>(
        "consent.carry_over", .zero ... .seconds(3600), default: .seconds(120),
        "Within which time somebody of a room that the server forgot must be back in the new one for pause and end to "
            + "hold there; 0 s for never.")
}

/// Pictures that a client sends by data, instead of a camera's track.
public struct PicturesSection: Sendable {
    public let rate = Setting<Double>(
        "pictures.rate", 0.2...15, unit: "a second", default: 4,
        "How many pictures a second are asked of clients that send some (jask.frame); a quarter more are read. No more than"
            + " search.picture_rate are looked at: a higher one only costs traffic and decoding.",
        scope: .session)
    public let width = Setting<Int>(
        "pictures.width", 64...1920, default: 320,
        "How many columns they are asked to have.", scope: .session)
    public let maximumBytes = Setting<Int>(
        "pictures.maximum_bytes", 4096...(4 << 20), default: 256 << 10,
        "Bytes of one picture; one with more is refused.", scope: .session)
    public let maximumPixels = Setting<Int>(
        "pictures.maximum_pixels", 4096...(2_040 * 2_040), default: 1_280 * 720,
        "Columns by rows of one picture; one with more is refused before it is decoded.", scope: .session)
}

/// The candidate's files.
public struct CodeSection: Sendable {
    public let maximumBytes = Setting<Int>(
        "code.maximum_bytes", 1024...(4 << 20), default: 1 << 20,
        "Bytes of one file of the candidate.")
    public let maximumFiles = Setting<Int>(
        "code.maximum_files", 1...64, default: 8,
        "Files kept of one participant; the one not changed for longest makes room.")
}
