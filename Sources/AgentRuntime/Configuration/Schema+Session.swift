import Coach
import Perception

extension Schema {
    private static let session = SessionConfiguration()

    static let hint: [Setting] = [
        Setting(
            "hint.lifetime", .duration(.seconds(5) ... .seconds(3600)), .duration(session.hintLifetime),
            "How long a hint is worth showing; one that could not be sent by then is dropped.", scope: .session),
        Setting(
            "hint.ack_timeout", .duration(.seconds(1) ... .seconds(300)), .duration(session.ackTimeout),
            "After how long without jask.ack a hint is sent again, to clients that declared jask.ack.",
            scope: .session),
        Setting(
            "hint.ack_resends", .integer(0...10), .integer(session.ackResends), "How often it is sent again.",
            scope: .session),
        Setting(
            "hint.language", .text(maximumBytes: 35), .text(""),
            "The language of hints as a BCP 47 tag; empty for the problem statement's own.", scope: .session),
        Setting(
            "hint.assistant_name", .text(maximumBytes: 64), .text(session.assistantName),
            "How the assistant calls itself in notices.", scope: .session),
    ]

    static let chat: [Setting] = [
        Setting(
            "chat.lk_chat", .boolean, .boolean(session.chat.chat),
            "Whether hints and notices are shown as text streams on lk.chat (LiveKit Meet, components-js, Android).",
            scope: .session),
        Setting(
            "chat.legacy", .boolean, .boolean(session.chat.legacy),
            "Whether they are sent on lk-chat-topic too, for old clients and Flutter's components.", scope: .session),
        Setting(
            "chat.transcription", .boolean, .boolean(session.chat.transcription),
            "Whether they are sent on lk.transcription too, for the session views of Swift and Flutter; "
                + "session views of React and Android then show them twice.", scope: .session),
        Setting(
            "chat.interviewers", .boolean, .boolean(session.chat.interviewers),
            "Whether interviewers see hints as chat too, not only as jask.hint.", scope: .session),
    ]

    static let notices: [Setting] = [
        Setting(
            "notices.burst", .integer(1...100), .integer(session.notices.burst),
            "Error notices that one participant may get at once.", scope: .session),
        Setting(
            "notices.interval", .duration(.seconds(1) ... .seconds(600)), .duration(session.notices.interval),
            "How long until that participant may get one more.", scope: .session),
        Setting(
            "notices.errors_in_chat", .boolean, .boolean(session.notices.errorsInChat),
            "Whether errors in what a client sent are shown as chat too.", scope: .session),
    ]

    static let code: [Setting] = [
        Setting(
            "code.maximum_bytes", .integer(1024...(4 << 20)), .integer(session.workspace.documentBytes),
            "Bytes of one file of the candidate."),
        Setting(
            "code.maximum_files", .integer(1...64), .integer(session.workspace.documentsPerSender),
            "Files kept of one participant; the one not changed for longest makes room."),
    ]

    static let perception: [Setting] = [
        Setting(
            "voice.activation", .number(0...1, unit: "probability"), .number(0.6),
            "The probability from which voice may begin.", scope: .session),
        Setting(
            "voice.deactivation", .number(0...1, unit: "probability"), .number(0.45),
            "The probability down to which voice goes on; not above voice.activation.", scope: .session),
        Setting(
            "voice.minimum_voice", .duration(.zero ... .seconds(2)), .duration(session.pause.voice.minimumVoice),
            "Bursts with less voice than this are dropped.", scope: .session),
        Setting(
            "voice.minimum_silence", .duration(.zero ... .seconds(2)), .duration(session.pause.voice.minimumSilence),
            "Gaps shorter than this do not end voice.", scope: .session),
        Setting(
            "voice.bleed_margin", .number(0...60, unit: "dB"), .number(10),
            "How far below their usual level someone may be taken for the loudspeaker while others speak.",
            scope: .session),
        Setting(
            "pause.minimum", .duration(.seconds(1) ... .seconds(10)), .duration(session.pause.pause),
            "From when on the absence of voice is a pause.", scope: .session),
        Setting(
            "pause.shortest_long", .duration(.seconds(3) ... .seconds(120)), .duration(session.pause.shortestLongPause),
            "A long pause is never shorter than this; not above pause.longest_long.", scope: .session),
        Setting(
            "pause.longest_long", .duration(.seconds(3) ... .seconds(120)), .duration(session.pause.longestLongPause),
            "A silence of this length is a long pause, whatever is typed.", scope: .session),
        Setting(
            "pause.initial_long", .duration(.seconds(3) ... .seconds(120)), .duration(session.pause.initialLongPause),
            "What is a long pause while nothing is known of the candidate's own pauses.", scope: .session),
        Setting(
            "pause.prior_weight", .number(0...100, unit: "pauses"), .number(session.pause.priorWeight),
            "How many own pauses weigh as much as pause.initial_long.", scope: .session),
        Setting(
            "pause.own_quantile", .number(0.5...1, unit: nil), .number(session.pause.ownPauseQuantile),
            "The share of the candidate's own pauses that a long pause must exceed.", scope: .session),
        Setting(
            "pause.own_margin", .number(1...3, unit: nil), .number(session.pause.ownPauseMargin),
            "By which factor it must exceed them.", scope: .session),
        Setting(
            "pause.typing_quiet", .duration(.zero ... .seconds(60)), .duration(session.pause.typingQuiet),
            "A long pause waits until nothing was typed for this long.", scope: .session),
        Setting(
            "pause.other_turn", .duration(.zero ... .seconds(10)), .duration(session.pause.otherTurn),
            "Another's turn of at least this length starts the silence anew.", scope: .session),
        Setting(
            "pause.repeat_after", .duration(.zero ... .seconds(600)), .duration(session.pause.repeatAfter ?? .zero),
            "After how much further silence there is a long pause again; 0 s for one a silence.", scope: .session),
        Setting(
            "pause.reassurance", .duration(.zero ... .seconds(10)), .duration(session.pause.reassurance),
            "After an interruption, silence must be heard for this long before it counts.", scope: .session),
    ]
}
