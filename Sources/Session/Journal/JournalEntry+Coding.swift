import SansIO
import Wire

/// One flat object: `at`, `event` and the members that belong to the event.
extension JournalEntry: Codable {
    enum CodingKeys: String, CodingKey {
        case at, event, room, name, identity, sid, sources, by, tier, trigger, reason, request, source, record, hint,
            status
        case topic, code, since, entries
    }

    fileprivate enum Name: String, Codable {
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
        let line = Line(try decoder.container(keyedBy: CodingKeys.self))
        at = try line.number(.at, within: JournalBounds.times)
        event = try Event(line.members.decode(Name.self, forKey: .event), line)
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

extension JournalEntry {
    /// The members of an entry, by what they are.
    fileprivate struct Line {
        let members: KeyedDecodingContainer<CodingKeys>

        init(_ members: KeyedDecodingContainer<CodingKeys>) { self.members = members }

        func text(_ key: CodingKeys) throws -> String { try members.decode(String.self, forKey: key) }

        func identity(_ key: CodingKeys = .identity) throws -> Identity {
            try members.decode(Identity.self, forKey: key)
        }

        func number<Value: Comparable & Sendable & Decodable>(
            _ key: CodingKeys, within range: ClosedRange<Value>
        ) throws -> Value {
            try JournalBounds.check(try members.decode(Value.self, forKey: key), range, key, in: members)
        }

        /// nil where the line does not have it.
        func optional<Value: Decodable>(_ key: CodingKeys) throws -> Value? {
            try members.decodeIfPresent(Value.self, forKey: key)
        }

        /// nil where the line does not have it.
        func optional<Value: Comparable & Sendable & Decodable>(
            _ key: CodingKeys, within range: ClosedRange<Value>
        ) throws -> Value? {
            try members.decodeIfPresent(Value.self, forKey: key).map {
                try JournalBounds.check($0, range, key, in: members)
            }
        }
    }
}

extension JournalEntry.Event {
    fileprivate init(_ name: JournalEntry.Name, _ line: JournalEntry.Line) throws {
        self =
            switch name {
            case .began: .began(room: try line.text(.room), name: try line.optional(.name))
            case .closed: .closed
            case .candidate: .candidate(identity: try line.optional(.identity))
            case .noticed: .noticed(identity: try line.identity(), sid: try line.text(.sid))
            case .noticedCamera: .noticedCamera(identity: try line.identity(), sid: try line.text(.sid))
            case .optedOut:
                .optedOut(
                    identity: try line.identity(),
                    sources: try line.members.decode([ObservedSource].self, forKey: .sources))
            case .spoke: .spoke(identity: try line.identity())
            case .coded: .coded(identity: try line.identity())
            case .silent:
                .silent(identity: try line.identity(), since: try line.optional(.since, within: JournalBounds.times))
            case .paused: .paused(by: try line.identity(.by))
            case .resumed: .resumed(by: try line.identity(.by))
            case .ended: .ended(by: try line.identity(.by))
            // A limit of 0 means no hints at all.
            case .tierLimit:
                .tierLimit(
                    try line.optional(.tier, within: 0...JournalBounds.tiers.upperBound), by: try line.identity(.by))
            case .dropped: .dropped(trigger: try line.text(.trigger), reason: try line.text(.reason))
            case .asked:
                .asked(
                    request: try line.text(.request), trigger: try line.text(.trigger),
                    tier: try line.number(.tier, within: JournalBounds.tiers))
            case .answered: .answered(request: try line.text(.request), source: try line.text(.source))
            case .withdrawn: .withdrawn(request: try line.text(.request), reason: try line.text(.reason))
            case .intended: .intended(try line.members.decode(JournalEntry.HintRecord.self, forKey: .record))
            case .sent: .sent(hint: try line.text(.hint))
            case .hintDropped: .hintDropped(hint: try line.text(.hint), reason: try line.text(.reason))
            case .acknowledged:
                .acknowledged(hint: try line.text(.hint), by: try line.identity(.by), status: try line.text(.status))
            case .refused:
                .refused(topic: try line.text(.topic), sender: try line.optional(.by), code: try line.text(.code))
            case .lost: .lost(entries: try line.number(.entries, within: JournalBounds.counts))
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
