import SansIO
import Wire

/// One flat object: `at`, `event` and the members that belong to the event.
extension JournalEntry: Codable {
    enum CodingKeys: String, CodingKey {
        case at, event, room, name, identity, sid, sources, by, tier, trigger, reason, request, source, record, hint,
            status
        case topic, code, since, entries
    }

    private enum Name: String, Codable {
        case began, closed, candidate, noticed, spoke, coded, silent, paused, resumed, ended, dropped, asked, answered,
            withdrawn,
            intended
        case sent, acknowledged, refused, lost
        case noticedCamera = "noticed_camera"
        case optedOut = "opted_out"
        case tierLimit = "tier_limit"
        case hintDropped = "hint_dropped"
    }

    public init(from decoder: any Decoder) throws {
        let line = try decoder.container(keyedBy: CodingKeys.self)
        func text(_ key: CodingKeys) throws -> String { try line.decode(String.self, forKey: key) }
        func identity(_ key: CodingKeys) throws -> Identity { try line.decode(Identity.self, forKey: key) }
        func time(_ key: CodingKeys) throws -> Int64? {
            try line.decodeIfPresent(Int64.self, forKey: key).map {
                try JournalBounds.check($0, JournalBounds.times, key, in: line)
            }
        }
        // A limit of 0 means no hints at all.
        func tierLimit() throws -> Int? {
            try line.decodeIfPresent(Int.self, forKey: .tier).map {
                try JournalBounds.check($0, 0...JournalBounds.tiers.upperBound, .tier, in: line)
            }
        }
        at = try JournalBounds.check(try line.decode(Int64.self, forKey: .at), JournalBounds.times, .at, in: line)
        event =
            switch try line.decode(Name.self, forKey: .event) {
            case .began:
                .began(room: try text(.room), name: try line.decodeIfPresent(RoomName.self, forKey: .name))
            case .closed: .closed
            case .candidate: .candidate(identity: try line.decodeIfPresent(Identity.self, forKey: .identity))
            case .noticed: .noticed(identity: try identity(.identity), sid: try text(.sid))
            case .noticedCamera: .noticedCamera(identity: try identity(.identity), sid: try text(.sid))
            case .optedOut:
                .optedOut(
                    identity: try identity(.identity), sources: try line.decode([ObservedSource].self, forKey: .sources)
                )
            case .spoke: .spoke(identity: try identity(.identity))
            case .coded: .coded(identity: try identity(.identity))
            case .silent:
                .silent(identity: try identity(.identity), since: try time(.since))
            case .paused: .paused(by: try identity(.by))
            case .resumed: .resumed(by: try identity(.by))
            case .ended: .ended(by: try identity(.by))
            case .tierLimit: .tierLimit(try tierLimit(), by: try identity(.by))
            case .dropped: .dropped(trigger: try text(.trigger), reason: try text(.reason))
            case .asked:
                .asked(
                    request: try text(.request), trigger: try text(.trigger),
                    tier: try JournalBounds.check(
                        try line.decode(Int.self, forKey: .tier), JournalBounds.tiers, .tier, in: line))
            case .answered: .answered(request: try text(.request), source: try text(.source))
            case .withdrawn: .withdrawn(request: try text(.request), reason: try text(.reason))
            case .intended: .intended(try line.decode(HintRecord.self, forKey: .record))
            case .sent: .sent(hint: try text(.hint))
            case .hintDropped: .hintDropped(hint: try text(.hint), reason: try text(.reason))
            case .acknowledged:
                .acknowledged(hint: try text(.hint), by: try identity(.by), status: try text(.status))
            case .refused:
                .refused(
                    topic: try text(.topic), sender: try line.decodeIfPresent(Identity.self, forKey: .by),
                    code: try text(.code))
            case .lost:
                .lost(
                    entries: try JournalBounds.check(
                        try line.decode(Int.self, forKey: .entries), JournalBounds.counts, .entries, in: line))
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
        case .began(let room, let roomName): try name(.began, [(.room, room), (.name, roomName?.text)])
        case .closed: try name(.closed, [])
        case .candidate(let identity): try name(.candidate, [(.identity, identity?.text)])
        case .noticed(let identity, let sid): try name(.noticed, [(.identity, identity.text), (.sid, sid)])
        case .noticedCamera(let identity, let sid):
            try name(.noticedCamera, [(.identity, identity.text), (.sid, sid)])
        case .optedOut(let identity, let sources):
            try name(.optedOut, [(.identity, identity.text)])
            try line.encode(sources, forKey: .sources)
        case .spoke(let identity): try name(.spoke, [(.identity, identity.text)])
        case .coded(let identity): try name(.coded, [(.identity, identity.text)])
        case .silent(let identity, let since):
            try name(.silent, [(.identity, identity.text)])
            try line.encodeIfPresent(since, forKey: .since)
        case .paused(let by): try name(.paused, [(.by, by.text)])
        case .resumed(let by): try name(.resumed, [(.by, by.text)])
        case .ended(let by): try name(.ended, [(.by, by.text)])
        case .tierLimit(let tier, let by):
            try name(.tierLimit, [(.by, by.text)])
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
            try name(.acknowledged, [(.hint, hint), (.by, by.text), (.status, status)])
        case .refused(let topic, let sender, let code):
            try name(.refused, [(.topic, topic), (.by, sender?.text), (.code, code)])
        case .lost(let entries):
            try name(.lost, [])
            try line.encode(entries, forKey: .entries)
        }
    }
}

/// What numbers of a journal may be. It is a file, and whoever can write it is not to end a process with it.
enum JournalBounds {
    /// Milliseconds since 1970, to the year 9999.
    static let times: ClosedRange<Int64> = 0...253_402_300_799_999
    static let tiers = 1...4
    static let counts = 0...Int(Int32.max)

    static func check<Value: Comparable & Sendable, Key: CodingKey>(
        _ value: Value, _ range: ClosedRange<Value>, _ key: Key, in container: KeyedDecodingContainer<Key>
    ) throws -> Value {
        guard range.contains(value) else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: container, debugDescription: "\(value) is not within \(range)")
        }
        return value
    }
}

extension JournalEntry.HintRecord {
    enum CodingKeys: String, CodingKey {
        case id, tier, source, trigger, to, text, anchor, expires
    }

    public init(from decoder: any Decoder) throws {
        let record = try decoder.container(keyedBy: CodingKeys.self)
        id = try record.decode(String.self, forKey: .id)
        tier = try JournalBounds.check(
            try record.decode(Int.self, forKey: .tier), JournalBounds.tiers, .tier, in: record)
        source = try record.decode(String.self, forKey: .source)
        trigger = try record.decode(String.self, forKey: .trigger)
        to = try record.decode([Identity].self, forKey: .to)
        text = try record.decode(String.self, forKey: .text)
        anchor = try record.decodeIfPresent(String.self, forKey: .anchor)
        expires = try JournalBounds.check(
            try record.decode(Int64.self, forKey: .expires), JournalBounds.times, .expires, in: record)
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
        case .began, .closed, .noticed, .noticedCamera, .optedOut, .spoke, .coded, .paused, .resumed, .ended,
            .tierLimit,
            .intended, .sent:
            true
        case .candidate, .silent, .dropped, .asked, .answered, .withdrawn, .hintDropped, .acknowledged, .refused,
            .lost:
            false
        }
    }
}

extension JournalEntry {
    /// The entry as one line of a journal, its end included.
    package var line: [UInt8] { WireCoding.encode(self) + [UInt8(ascii: "\n")] }
}
