import Wire

/// One flat object: `at`, `event` and the members that belong to the event.
extension JournalEntry: Codable {
    enum CodingKeys: String, CodingKey {
        case at, event, room, identity, sid, sources, by, tier, trigger, reason, request, source, record, hint, status
        case topic, code, since
    }

    private enum Name: String, Codable {
        case began, candidate, noticed, spoke, silent, paused, resumed, ended, dropped, asked, answered, withdrawn,
            intended
        case sent, acknowledged, refused
        case optedOut = "opted_out"
        case tierLimit = "tier_limit"
        case hintDropped = "hint_dropped"
    }

    public init(from decoder: any Decoder) throws {
        let line = try decoder.container(keyedBy: CodingKeys.self)
        func text(_ key: CodingKeys) throws -> String { try line.decode(String.self, forKey: key) }
        at = try line.decode(Int64.self, forKey: .at)
        event =
            switch try line.decode(Name.self, forKey: .event) {
            case .began: .began(room: try text(.room))
            case .candidate: .candidate(identity: try line.decodeIfPresent(String.self, forKey: .identity))
            case .noticed: .noticed(identity: try text(.identity), sid: try text(.sid))
            case .optedOut:
                .optedOut(
                    identity: try text(.identity), sources: try line.decode([ObservedSource].self, forKey: .sources))
            case .spoke: .spoke(identity: try text(.identity))
            case .silent:
                .silent(identity: try text(.identity), since: try line.decodeIfPresent(Int64.self, forKey: .since))
            case .paused: .paused(by: try text(.by))
            case .resumed: .resumed(by: try text(.by))
            case .ended: .ended(by: try text(.by))
            case .tierLimit: .tierLimit(try line.decodeIfPresent(Int.self, forKey: .tier), by: try text(.by))
            case .dropped: .dropped(trigger: try text(.trigger), reason: try text(.reason))
            case .asked:
                .asked(
                    request: try text(.request), trigger: try text(.trigger),
                    tier: try line.decode(Int.self, forKey: .tier))
            case .answered: .answered(request: try text(.request), source: try text(.source))
            case .withdrawn: .withdrawn(request: try text(.request), reason: try text(.reason))
            case .intended: .intended(try line.decode(HintRecord.self, forKey: .record))
            case .sent: .sent(hint: try text(.hint))
            case .hintDropped: .hintDropped(hint: try text(.hint), reason: try text(.reason))
            case .acknowledged:
                .acknowledged(hint: try text(.hint), by: try text(.by), status: try text(.status))
            case .refused:
                .refused(
                    topic: try text(.topic), sender: try line.decodeIfPresent(String.self, forKey: .by),
                    code: try text(.code))
            }
    }

    public func encode(to encoder: any Encoder) throws {
        var line = encoder.container(keyedBy: CodingKeys.self)
        try line.encode(at, forKey: .at)
        func name(_ name: Name, _ members: [(CodingKeys, String?)]) throws {
            try line.encode(name, forKey: .event)
            for (key, value) in members { try line.encodeIfPresent(value, forKey: key) }
        }
        switch event {
        case .began(let room): try name(.began, [(.room, room)])
        case .candidate(let identity): try name(.candidate, [(.identity, identity)])
        case .noticed(let identity, let sid): try name(.noticed, [(.identity, identity), (.sid, sid)])
        case .optedOut(let identity, let sources):
            try name(.optedOut, [(.identity, identity)])
            try line.encode(sources, forKey: .sources)
        case .spoke(let identity): try name(.spoke, [(.identity, identity)])
        case .silent(let identity, let since):
            try name(.silent, [(.identity, identity)])
            try line.encodeIfPresent(since, forKey: .since)
        case .paused(let by): try name(.paused, [(.by, by)])
        case .resumed(let by): try name(.resumed, [(.by, by)])
        case .ended(let by): try name(.ended, [(.by, by)])
        case .tierLimit(let tier, let by):
            try name(.tierLimit, [(.by, by)])
            try line.encodeIfPresent(tier, forKey: .tier)
        case .dropped(let trigger, let reason): try name(.dropped, [(.trigger, trigger), (.reason, reason)])
        case .asked(let request, let trigger, let tier):
            try name(.asked, [(.request, request), (.trigger, trigger)])
            try line.encode(tier, forKey: .tier)
        case .answered(let request, let source): try name(.answered, [(.request, request), (.source, source)])
        case .withdrawn(let request, let reason): try name(.withdrawn, [(.request, request), (.reason, reason)])
        case .intended(let record):
            try name(.intended, [])
            try line.encode(record, forKey: .record)
        case .sent(let hint): try name(.sent, [(.hint, hint)])
        case .hintDropped(let hint, let reason): try name(.hintDropped, [(.hint, hint), (.reason, reason)])
        case .acknowledged(let hint, let by, let status):
            try name(.acknowledged, [(.hint, hint), (.by, by), (.status, status)])
        case .refused(let topic, let sender, let code):
            try name(.refused, [(.topic, topic), (.by, sender), (.code, code)])
        }
    }
}

extension JournalEntry {
    /// Whether a `SessionHistory` takes something from it.
    public var isForRestart: Bool {
        switch event {
        case .candidate, .silent, .hintDropped: true
        default: isImportant
        }
    }

    /// Whether a restart would say or do something wrong without it.
    public var isImportant: Bool {
        switch event {
        case .began, .noticed, .optedOut, .spoke, .paused, .resumed, .ended, .tierLimit, .intended, .sent: true
        case .candidate, .silent, .dropped, .asked, .answered, .withdrawn, .hintDropped, .acknowledged, .refused: false
        }
    }
}

extension JournalEntry {
    /// The entry as one line of a journal, its end included.
    package var line: [UInt8] { WireCoding.encode(self) + [UInt8(ascii: "\n")] }
}
