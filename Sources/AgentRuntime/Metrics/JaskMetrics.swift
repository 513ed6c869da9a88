import Coach
import Perception
import Session

/// Every metric of a worker process, by name.
public struct JaskMetrics: Sendable {
    public let registry: MetricsRegistry

    // MARK: Worker
    /// `outcome`: accept, draining, full, unusable, already_here, covered, outranked.
    public let jobOffers: Counter
    public let jobsRunning: Gauge
    /// `outcome`: room_closed, displaced, removed, ended, terminated, drained, room_replaced, failed.
    public let jobsEnded: Counter
    public let registrations: Counter
    /// 0…1.
    public let load: Gauge
    /// `action`: dispatched, failed.
    public let reconciled: Counter
    /// `call`: ListRooms, ListParticipants, GetParticipant, SendData, ListDispatch, CreateDispatch and others.
    public let reconcileCalls: Counter

    // MARK: Rooms
    /// From the job's offer to the room joined.
    public let join: Histogram
    /// From the decision to listen to the first decoded sound.
    public let firstAudio: Histogram
    /// `kind`: resume, rejoin.
    public let reconnects: Counter
    /// `kind`: voice_began, voice_ended, pause, pause_ended, long_pause.
    public let signals: Counter

    // MARK: Pictures
    /// `outcome`: done, put_off (the share of models.core_share is used up), failed.
    public let looks: Counter
    /// What a look takes of a processor: models, and what stands around them.
    public let lookTime: Histogram
    /// Cameras that look less often than they should.
    public let camerasPutOff: Gauge
    /// What decoding a camera's frame takes of a processor.
    public let decodeTime: Histogram
    /// Cameras of which only key frames are decoded, since all frames would take too much.
    public let camerasOnKeyFrames: Gauge
    /// 1 where models cannot be used. `reason`: no_folder, missing_file, wrong_file, no_hash, not_loaded, out_of_memory,
    /// refused, wrong_answer.
    public let gesturesOff: Gauge

    // MARK: Cameras
    /// Cameras that are looked at.
    public let camerasWatched: Gauge
    /// Frames of cameras. `outcome`: decoded, skipped (nothing refers to them and no picture was due, or only key frames are decoded), dropped (the
    /// decoder fell behind), failed.
    public let pictures: Counter
    /// What frames of cameras weigh, as they came.
    public let cameraBytes: Counter
    /// Cameras that show nothing. `reason`: codec (it cannot be decoded), nothing (no frame came), encrypted.
    public let camerasUnseen: Counter

    // MARK: Hints
    /// From the trigger to the packet's leave, with neither the coach's time nor a wait for a boundary.
    public let triggerToWire: Histogram
    /// From the trigger to the packet's leave, all in all.
    public let triggerToHint: Histogram
    /// From the request to Claude's first piece of content.
    public let claudeFirstToken: Histogram
    /// `outcome`: ok, or why the hint is not Claude's.
    public let claudeRequests: Counter
    /// `kind`: input, output, of which thinking, cache_read, cache_creation.
    public let claudeTokens: Counter
    /// `kind`: requests, input_tokens, output_tokens.
    public let claudeRemaining: Gauge
    /// `outcome`: sent, or why there was none; `source`: claude, rehearsed or empty.
    public let hints: Counter
    /// `reason`: what a moment waits for, or is held by.
    public let waits: Counter
    /// `status`: seen, dismissed, helpful.
    public let acknowledgements: Counter

    // MARK: Trouble
    /// `what`: notice, sound: what was left out because there was too much of it.
    public let drops: Counter
    /// `code`.
    public let refusedInputs: Counter
    public let journalErrors: Counter
    /// Hints that left before the disk had taken their entry.
    public let journalLate: Counter
    /// Entries that were given up because too many waited for the disk.
    public let journalLost: Counter
    /// `outcome`: applied, refused.
    public let configurationChanges: Counter
    /// 1 while what stands in file and environment cannot be used, and an earlier configuration counts.
    public let configurationIsRefused: Gauge

    public init(registry: MetricsRegistry = MetricsRegistry()) {
        self.registry = registry
        let fast: [Double] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 1]
        let slow: [Double] = [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 3, 5, 10, 20, 60]
        jobOffers = registry.counter("jask_job_offers_total", "Jobs offered by the server.", labels: ["outcome"])
        jobsRunning = registry.gauge("jask_jobs_running", "Rooms with this worker's assistant.")
        jobsEnded = registry.counter("jask_jobs_ended_total", "Jobs that ended.", labels: ["outcome"])
        registrations = registry.counter("jask_registrations_total", "Registrations at the server.")
        load = registry.gauge("jask_load", "The load told to the server, 0 to 1.")
        reconciled = registry.counter("jask_reconciled_total", "Rooms put right.", labels: ["action"])
        reconcileCalls = registry.counter(
            "jask_reconcile_calls_total", "Calls of the server's API to look after rooms.", labels: ["call"])
        join = registry.histogram("jask_join_seconds", "From a job's offer to the room joined.", bounds: slow)
        firstAudio = registry.histogram(
            "jask_first_audio_seconds", "From the decision to listen to the first decoded sound.", bounds: slow)
        reconnects = registry.counter("jask_reconnects_total", "Connections taken up again.", labels: ["kind"])
        signals = registry.counter("jask_signals_total", "What perception raised.", labels: ["kind"])
        looks = registry.counter("jask_looks_total", "Pictures that were to be looked at.", labels: ["outcome"])
        lookTime = registry.histogram(
            "jask_look_cpu_seconds", "What a look at a picture takes of a processor.", bounds: fast)
        camerasPutOff = registry.gauge(
            "jask_cameras_put_off", "Cameras that look less often than they should, for want of processor time.")
        decodeTime = registry.histogram(
            "jask_decode_cpu_seconds", "What decoding a camera's frame takes of a processor.", bounds: fast)
        camerasOnKeyFrames = registry.gauge(
            "jask_cameras_on_key_frames", "Cameras of which only key frames are decoded, for want of processor time.")
        gesturesOff = registry.gauge(
            "jask_gestures_off", "1 where no picture can be looked at, by reason.", labels: ["reason"])
        camerasWatched = registry.gauge("jask_cameras_watched", "Cameras that are looked at.")
        pictures = registry.counter("jask_pictures_total", "Frames of cameras.", labels: ["outcome"])
        cameraBytes = registry.counter("jask_camera_bytes_total", "Bytes of cameras' encoded frames.")
        camerasUnseen = registry.counter(
            "jask_cameras_unseen_total", "Cameras that show nothing.", labels: ["reason", "codec"])
        triggerToWire = registry.histogram(
            "jask_trigger_to_wire_seconds", "Jask's own share of the time from trigger to hint packet.", bounds: fast)
        triggerToHint = registry.histogram(
            "jask_trigger_to_hint_seconds", "From trigger to hint packet, the coach included.", bounds: slow)
        claudeFirstToken = registry.histogram(
            "jask_claude_first_token_seconds", "From a request to Claude's first piece of content.", bounds: slow)
        claudeRequests = registry.counter(
            "jask_claude_requests_total", "Times Claude was to answer.", labels: ["outcome"])
        claudeTokens = registry.counter("jask_claude_tokens_total", "Tokens of Claude.", labels: ["kind"])
        claudeRemaining = registry.gauge(
            "jask_claude_remaining", "What is left of Claude's limits, as of the last answer.", labels: ["kind"])
        hints = registry.counter("jask_hints_total", "What became of moments.", labels: ["outcome", "source"])
        waits = registry.counter(
            "jask_moments_waiting_total", "Moments that wait for a boundary, or for a limit's end.", labels: ["reason"])
        acknowledgements = registry.counter("jask_acknowledgements_total", "Acknowledged hints.", labels: ["status"])
        drops = registry.counter("jask_drops_total", "What was left out for want of room.", labels: ["what"])
        refusedInputs = registry.counter("jask_refused_inputs_total", "Bad input of clients.", labels: ["code"])
        journalLate = registry.counter(
            "jask_journal_late_total", "Hints that left before the disk had taken their entry.")
        journalLost = registry.counter(
            "jask_journal_lost_total", "Journal entries given up because too many waited for the disk.")
        configurationChanges = registry.counter(
            "jask_configuration_changes_total", "Changes of the configuration while running.", labels: ["outcome"])
        configurationIsRefused = registry.gauge(
            "jask_configuration_refused", "1 while the configuration that is there cannot be used.")
        journalErrors = registry.counter("jask_journal_errors_total", "Journal entries that could not be written.")
    }

    /// Counts what a session says of itself.
    public func observe(_ event: TimelineEvent) {
        switch event.kind {
        case .hintSent(let sent):
            hints.add(1, "sent", sent.hint.source.rawValue)
            triggerToWire.observe(sent.ownShare)
            triggerToHint.observe(sent.sinceTrigger)
        case .dropped(_, let reason), .withdrawn(_, let reason), .hintDropped(_, let reason):
            hints.add(1, reason, "")
        case .waiting(_, let reason): waits.add(1, reason)
        case .refused(_, _, let code): refusedInputs.add(1, code)
        case .noticeSuppressed: drops.add(1, "notice")
        case .messageLost: drops.add(1, "message")
        case .hintAcknowledged(_, _, let status): acknowledgements.add(1, status.rawValue)
        case .heard(let signal): signals.add(1, Self.name(of: signal))
        default: break
        }
    }

    /// Counts what asking Claude took, also where its answer was not wanted any more.
    func observe(_ outcome: CoachOutcome) {
        guard let claude = outcome.claude else { return }
        claudeRequests.add(1, outcome.notClaude?.label ?? "ok")
        if let firstToken = claude.firstToken { claudeFirstToken.observe(firstToken) }
        if let requests = claude.remaining?.requests { claudeRemaining.set(Double(requests), "requests") }
        if let tokens = claude.remaining?.inputTokens { claudeRemaining.set(Double(tokens), "input_tokens") }
        if let tokens = claude.remaining?.outputTokens { claudeRemaining.set(Double(tokens), "output_tokens") }
        if let usage = claude.usage { observe(usage) }
    }

    /// Counts tokens of Claude.
    func observe(_ usage: TokenUsage) {
        claudeTokens.add(Double(usage.inputTokens), "input")
        claudeTokens.add(Double(usage.outputTokens), "output")
        claudeTokens.add(Double(usage.thinkingTokens), "thinking")
        claudeTokens.add(Double(usage.cacheReadInputTokens), "cache_read")
        claudeTokens.add(Double(usage.cacheCreationInputTokens), "cache_creation")
    }
}

extension JaskMetrics {
    private static func name(of signal: Signal) -> String {
        switch signal {
        case .voiceBegan: "voice_began"
        case .voiceEnded: "voice_ended"
        case .pause: "pause"
        case .pauseEnded: "pause_ended"
        case .longPause: "long_pause"
        case .gestureBegan(let gesture): gesture.kind.rawValue
        case .gestureEnded(_, let kind, _, _, _): "\(kind.rawValue)_ended"
        case .lookMissing: "look_missing"
        }
    }
}
