import SansIO

/// What is perceived of everybody in one room: facts in, signals out.
///
/// One `ParticipantPerception` for each participant who is listened to, whoever they are, and one `ParticipantSight` for
/// each whose camera is watched. Here they learn of each other: a
/// voice of one is another voice to all the rest at once, which tells listening from being stuck, and a voice from a
/// loudspeaker from one's own; there too, how loud everybody was of late says whose voice a loudspeaker plays.
///
/// Sans-IO. The sound is the clock (see `PauseDetector`), so there is no deadline; the same inputs with the same times give
/// the same signals.
public struct RoomPerception: Sendable {
    private struct Participant: Sendable {
        var microphones: [Microphone] = []
        var hasCodeFeed = false
        var lastTyped: Instant?
        var cameras: [Camera] = []
        /// While listened to.
        var perception: ParticipantPerception?
        /// While watched.
        var sight: ParticipantSight?
        /// Since when it is known that there is a palm on the forehead.
        var palmKnownAt: Instant?
    }

    private var participants: [Identity: Participant] = [:]
    /// Who speaks, of those who are listened to, and since when.
    private var speakers: [Identity: Instant] = [:]
    /// How loud they were of late.
    private var levels: [Identity: LevelEnvelope] = [:]
    private var configuration: PerceptionConfiguration
    private var isConnected = false
    private var output = OutputQueue<Signal>()

    /// What is told of more participants than this is left out.
    static let mostParticipants = 4096

    public init(configuration: PerceptionConfiguration = .init()) {
        self.configuration = configuration
    }

    public mutating func receive(_ input: PerceptionInput, at now: Instant) {
        switch input {
        case .configured(let new):
            configuration = new
            updateAll { $0.configuration = new.pause }
            updateSights { $0.configuration = new.gesture }
        case .connection(let isUp):
            isConnected = isUp
            updateAll { $0.setConnected(isUp, at: now) }
            updateSights { $0.setConnected(isUp) }
        case .microphones(let identity, let microphones):
            know(identity) { $0.microphones = microphones }
            update(identity) { $0.setMicrophones(microphones, at: now) }
        case .left(let identity):
            ignore(identity, at: now)
            updateSight(of: identity) { $0.leave() }
            unwatch(identity)
            participants[identity] = nil
        case .listen(let identity, let hasSpoken, let silentSince):
            listen(to: identity, hasSpoken: hasSpoken, silentSince: silentSince, at: now)
        case .ignore(let identity): ignore(identity, at: now)
        case .cameras(let identity, let cameras):
            know(identity) { $0.cameras = cameras }
            updateSight(of: identity) { $0.setCameras(cameras) }
        case .watch(let identity): watch(identity, at: now)
        case .unwatch(let identity): unwatch(identity)
        case .look(let identity, let camera, let look):
            updateSight(of: identity) { $0.receive(look, of: camera) }
        case .unseen(let identity, let camera): updateSight(of: identity) { $0.lose(camera) }
        case .sound(let identity, let track, let piece): hear(piece, of: identity, track: track)
        case .codeFeed(let identity, let isPresent):
            know(identity) { $0.hasCodeFeed = isPresent }
            update(identity) { $0.setCodeFeed(isPresent: isPresent) }
        case .typed(let identity):
            know(identity) {
                $0.hasCodeFeed = true
                $0.lastTyped = now
            }
            update(identity) { $0.typed(at: now) }
        }
    }

    /// The next signal, in the order in which they became known; nil when there is none.
    public mutating func pollOutput() -> Signal? { output.popFirst() }

    /// What is known of the sound of a participant; nil of one who is not listened to.
    func sound(of identity: Identity) -> PauseDetector.Sound? { participants[identity]?.perception?.sound }

    // MARK: Who is listened to

    private mutating func listen(to identity: Identity, hasSpoken: Bool, silentSince: Instant?, at now: Instant) {
        know(identity) { [configuration] participant in
            guard participant.perception == nil else { return }
            participant.perception = ParticipantPerception(
                participant: identity, configuration: configuration.pause, hasSpoken: hasSpoken,
                silentSince: silentSince,
                listenedSince: now)
        }
        guard let known = participants[identity] else { return }
        update(identity) { [isConnected, speakers] perception in
            perception.setConnected(isConnected, at: now)
            if let typed = known.lastTyped { perception.typed(at: typed) }
            perception.setCodeFeed(isPresent: known.hasCodeFeed)
            for (other, since) in speakers where other != identity {
                perception.setOtherVoice(other, isActive: true, at: since)
            }
            perception.setMicrophones(known.microphones, at: now)
            if let palm = known.palmKnownAt { perception.setPalm(isOn: true, at: palm) }
        }
    }

    /// Ends what is being said or kept silent.
    private mutating func ignore(_ identity: Identity, at now: Instant) {
        update(identity) { $0.setMicrophones([], at: now) }
        participants[identity]?.perception = nil
        levels[identity] = nil
        setSpeaking(identity, false, at: now)
    }

    // MARK: Who is watched

    private mutating func watch(_ identity: Identity, at now: Instant) {
        know(identity) { [configuration, isConnected] participant in
            guard participant.sight == nil else { return }
            var sight = ParticipantSight(
                participant: identity, configuration: configuration.gesture, watchedSince: now)
            sight.setConnected(isConnected)
            sight.setCameras(participant.cameras)
            participant.sight = sight
        }
    }

    /// Ends what is being made. What was seen counts no more, also not in a silence that goes on.
    private mutating func unwatch(_ identity: Identity) {
        updateSight(of: identity) { $0.setCameras([]) }
        participants[identity]?.sight = nil
        participants[identity]?.perception?.forgetPalm()
    }

    /// What the rules wait for from a participant's camera: whoever looks at its pictures goes by it.
    public func attention(to identity: Identity, camera: String) -> GestureAttention {
        participants[identity]?.sight?.attention(to: camera) ?? []
    }

    // MARK: What follows

    /// Each goes by what was heard of the others so far.
    private mutating func hear(_ piece: SoundPiece, of identity: Identity, track: String) {
        var heard: ArraySlice<VoiceChunk> = []
        update(identity) { [levels] in heard = $0.receive(piece, of: track, beside: levels) }
        guard !heard.isEmpty else { return }
        for chunk in heard { levels[identity, default: LevelEnvelope()].receive(chunk) }
    }

    private mutating func know(_ identity: Identity, _ change: (inout Participant) -> Void) {
        guard participants[identity] != nil || participants.count < Self.mostParticipants else { return }
        change(&participants[identity, default: Participant()])
    }

    /// In a fixed order, so that a replay has the same one.
    private mutating func updateAll(_ change: (inout ParticipantPerception) -> Void) {
        let listened = participants.lazy.filter { $0.value.perception != nil }.map(\.key)
        for identity in listened.sorted() { update(identity, change) }
    }

    private mutating func update(_ identity: Identity, _ change: (inout ParticipantPerception) -> Void) {
        // Taken out meanwhile, so that it is changed in place.
        guard let index = participants.index(forKey: identity),
            var perception = participants.values[index].perception.take()
        else { return }
        change(&perception)
        var signals: [Signal] = []
        while let signal = perception.pollOutput() { signals.append(signal) }
        participants.values[index].perception = perception
        for signal in signals {
            switch signal {
            case .voiceBegan(_, let instant): setSpeaking(identity, true, at: instant)
            case .voiceEnded(_, let instant): setSpeaking(identity, false, at: instant)
            default: break
            }
            output.append(signal)
        }
    }

    private mutating func updateSights(_ change: (inout ParticipantSight) -> Void) {
        let watched = participants.lazy.filter { $0.value.sight != nil }.map(\.key)
        for identity in watched.sorted() { updateSight(of: identity, change) }
    }

    private mutating func updateSight(of identity: Identity, _ change: (inout ParticipantSight) -> Void) {
        guard let index = participants.index(forKey: identity),
            var sight = participants.values[index].sight.take()
        else { return }
        change(&sight)
        var signals: [Signal] = []
        while let signal = sight.pollOutput() { signals.append(signal) }
        participants.values[index].sight = sight
        for signal in signals {
            switch signal {
            case .gestureBegan(let gesture) where gesture.kind == .palmToForehead:
                participants.values[index].palmKnownAt = gesture.at
                participants.values[index].perception?.setPalm(isOn: true, at: gesture.at)
            case .gestureEnded(_, .palmToForehead, _, let instant, _):
                participants.values[index].palmKnownAt = nil
                participants.values[index].perception?.setPalm(isOn: false, at: instant)
            default: break
            }
            output.append(signal)
        }
    }

    /// Tells all others at once: it decides what of this voice is bleeding into another microphone.
    private mutating func setSpeaking(_ identity: Identity, _ isActive: Bool, at instant: Instant) {
        guard (speakers[identity] != nil) != isActive else { return }
        speakers[identity] = isActive ? instant : nil
        for index in participants.indices where participants[index].key != identity {
            participants.values[index].perception?.setOtherVoice(identity, isActive: isActive, at: instant)
        }
    }
}
