import SansIO

extension JournalEntry {
    /// What an entry has the last word on.
    public enum State: Sendable, Hashable {
        case candidate
        case noticed(Identity)
        case noticedCamera(Identity)
        case optedOut(Identity)
        case spoke(Identity)
        case coded(Identity)
        case silent(Identity)
        case pause
        case tierLimit
    }

    /// Of two entries of one state a `SessionHistory` needs the later one alone; nil where each counts.
    public var state: State? {
        switch event {
        case .candidate: .candidate
        case .noticed(let identity, _): .noticed(identity)
        case .noticedCamera(let identity, _): .noticedCamera(identity)
        case .optedOut(let identity, _): .optedOut(identity)
        case .spoke(let identity): .spoke(identity)
        case .coded(let identity): .coded(identity)
        case .silent(let identity, _): .silent(identity)
        case .paused, .resumed: .pause
        case .tierLimit: .tierLimit
        case .began, .closed, .ended, .dropped, .asked, .answered, .withdrawn, .intended, .sent, .hintDropped,
            .acknowledged, .refused, .lost:
            nil
        }
    }

    /// How much is lost with an entry: 0 where no restart needs it, 1 where somebody may be told twice or heard anew, 2
    /// where something would be done that was forbidden, or said twice.
    public var weight: Int {
        guard isForRestart else { return 0 }
        // Without it somebody would be watched who was last told that they are not.
        if case .noticedCamera(_, "") = event { return 2 }
        return switch state {
        case .candidate, .noticed, .noticedCamera, .spoke, .coded, .silent: 1
        case .optedOut, .pause, .tierLimit, nil: 2
        }
    }
}
