/// How voice is told from its absence.
public struct VoiceSection: Sendable {
    public let activation = Setting<Double>(
        "voice.activation", 0...1, unit: "probability", default: 0.6,
        "The probability from which voice may begin.", scope: .session)
    public let deactivation = Setting<Double>(
        "voice.deactivation", 0...1, unit: "probability", default: 0.45,
        "The probability down to which voice goes on; not above voice.activation.", scope: .session)
    public let minimumVoice = Setting<Duration>(
        "voice.minimum_voice", .zero ... .seconds(2), default: .milliseconds(250),
        "Bursts with less voice than this are dropped.", scope: .session)
    public let minimumSilence = Setting<Duration>(
        "voice.minimum_silence", .zero ... .seconds(2), default: .milliseconds(200),
        "Gaps shorter than this do not end voice.", scope: .session)
    public let bleedMargin = Setting<Double>(
        "voice.bleed_margin", 0...60, unit: "dB", default: 10,
        "How far below their usual level someone may be taken for the loudspeaker while others speak.", scope: .session)
    public let bleedLikeness = Setting<Double>(
        "voice.bleed_likeness", 0.5...1, unit: "correlation", default: 0.75,
        "How alike the levels of someone's and another's microphone must be to learn how the loudspeaker plays the other; "
            + "1 leaves it to voice.bleed_margin.", scope: .session)
    public let bleedWindow = Setting<Duration>(
        "voice.bleed_window", .milliseconds(512) ... .milliseconds(1_024), default: .milliseconds(768),
        "How much of the two is compared.", scope: .session)
    public let bleedExcess = Setting<Double>(
        "voice.bleed_excess", 0...20, unit: "dB", default: 3,
        "How much louder than the loudspeaker plays the other someone may be and be taken for it.", scope: .session)
}

/// What is a pause, and a long one.
public struct PauseSection: Sendable {
    public let minimum = Setting<Duration>(
        "pause.minimum", .seconds(1) ... .seconds(10), default: .seconds(3),
        "From when on the absence of voice is a pause.", scope: .session)
    public let shortestLong = Setting<Duration>(
        "pause.shortest_long", .seconds(3) ... .seconds(120), default: .seconds(8),
        "A long pause is never shorter than this; not above pause.longest_long.", scope: .session)
    public let longestLong = Setting<Duration>(
        "pause.longest_long", .seconds(3) ... .seconds(120), default: .seconds(20),
        "A silence of this length is a long pause, whatever is typed.", scope: .session)
    public let initialLong = Setting<Duration>(
        "pause.initial_long", .seconds(3) ... .seconds(120), default: .seconds(10),
        "What is a long pause while nothing is known of the candidate's own pauses.", scope: .session)
    public let priorWeight = Setting<Double>(
        "pause.prior_weight", 0...100, unit: "pauses", default: 8,
        "How many own pauses weigh as much as pause.initial_long.", scope: .session)
    public let ownQuantile = Setting<Double>(
        "pause.own_quantile", 0.5...1, default: 0.9,
        "The share of the candidate's own pauses that a long pause must exceed.", scope: .session)
    public let ownMargin = Setting<Double>(
        "pause.own_margin", 1...3, default: 1.25,
        "By which factor it must exceed them.", scope: .session)
    public let typingQuiet = Setting<Duration>(
        "pause.typing_quiet", .zero ... .seconds(60), default: .seconds(4),
        "A long pause waits until nothing was typed for this long.", scope: .session)
    public let otherTurn = Setting<Duration>(
        "pause.other_turn", .zero ... .seconds(10), default: .seconds(1),
        "Another's turn of at least this length starts the silence anew.", scope: .session)
    public let repeatAfter = Setting<Duration>(
        "pause.repeat_after", .zero ... .seconds(600), default: .seconds(30),
        "After how much further silence there is a long pause again; 0 s for one a silence.", scope: .session)
    public let unspoken = Setting<Duration>(
        "pause.unspoken", .zero ... .seconds(600), default: .seconds(30),
        "How long after typing stopped someone who has not spoken yet is taken to be stuck; 0 s for never.",
        scope: .session)
    public let reassurance = Setting<Duration>(
        "pause.reassurance", .zero ... .seconds(10), default: .seconds(1),
        "After an interruption, silence must be heard for this long before it counts.", scope: .session)
    public let palmFactor = Setting<Double>(
        "pause.palm_factor", 0.1...1, unit: "factor", default: 0.6,
        "What a palm on the forehead makes of the length of a long pause; never less than pause.minimum.",
        scope: .session)
    public let palmEvidence = Setting<Double>(
        "pause.palm_evidence", 0...1, unit: "share", default: 0.5,
        "Which share of what a long pause lacks in confidence a palm on the forehead makes good.", scope: .session)
}

/// What else than a long pause is a moment for a hint.
public struct MomentSection: Sendable {
    public let raisedHandMinimum = Setting<Double>(
        "moment.raised_hand_minimum", 0...1, unit: "confidence", default: 0.3,
        "How sure a raised hand must be to count as a request.", scope: .session)
    public let palmAlone = Setting<Double>(
        "moment.palm_alone", 0...1, unit: "factor", default: 0.6,
        "What is left of the confidence of a palm on the forehead where no long pause speaks for it; 0 for no hint.",
        scope: .session)
    public let speaking = Setting<Double>(
        "moment.speaking", 0...1, unit: "factor", default: 0.4,
        "What is left of that while the candidate speaks.", scope: .session)
    public let failedRun = Setting<Double>(
        "moment.failed_run", 0...1, unit: "share", default: 0.2,
        "Which share of what a moment lacks in confidence a run with failed tests makes good.", scope: .session)
    public let failedRunLasts = Setting<Duration>(
        "moment.failed_run_lasts", .zero ... .seconds(3600), default: .seconds(120),
        "For how long after the run.", scope: .session)
}
