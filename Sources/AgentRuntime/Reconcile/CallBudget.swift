import SansIO

/// How many calls of the server's API a worker makes.
///
/// All workers together have a share; those that look after all rooms have most of it. Calls about rooms without an
/// assistant do not wait: what they take beyond the share is made up by looks and first questions that come later.
struct CallBudget: Sendable {
    struct Configuration: Sendable {
        /// Of all workers.
        var callsPerSecond = 140.0
        /// How many calls may come at once, of all workers.
        var burst = 600.0
        /// What lookers and reserves have of it; the others have the rest.
        var lookersShare = 0.6
        var reservesShare = 0.15

        init() {}
    }

    private let configuration: Configuration
    private var rate: Double
    private var burst: Double
    /// What was spent and is not made up yet.
    private var spent = 0.0
    private var settledAt = Instant.zero
    private var pending = 0

    init(configuration: Configuration) {
        self.configuration = configuration
        rate = configuration.callsPerSecond
        burst = configuration.burst
    }

    /// - Parameters:
    ///   - workers: how many there are, this one counted.
    ///   - rank: how many of them go before this one.
    mutating func share(workers: Int, lookers: Int, reserves: Int, rank: Int) {
        let share: Double
        switch rank {
        case _ where workers <= lookers + reserves: share = 1 / Double(max(workers, 1))
        case ..<lookers: share = configuration.lookersShare / Double(lookers)
        case ..<(lookers + reserves): share = configuration.reservesShare / Double(reserves)
        default:
            let rest = 1 - configuration.lookersShare - configuration.reservesShare
            share = rest / Double(workers - lookers - reserves)
        }
        rate = configuration.callsPerSecond * share
        burst = configuration.burst * share
    }

    /// How far apart calls have to be that take half of the share.
    var halfPace: Duration { .nanoseconds(Int64(2e9 / rate)) }

    /// A call is made.
    mutating func add() { pending += 1 }

    /// - Returns: until when what can wait is to wait; `nil`: nothing is.
    mutating func settle(at now: Instant) -> Instant? {
        let passed = Double((now - settledAt).wholeNanoseconds) / 1e9
        spent = max(0, spent - rate * max(0, passed)) + Double(pending)
        pending = 0
        settledAt = now
        guard spent > burst else { return nil }
        return now + .nanoseconds(Int64((spent - burst) / rate * 1e9))
    }
}

extension ReconcileCore.Output {
    /// The name of the server's call.
    var call: String {
        switch self {
        case .listRooms: "ListRooms"
        case .examine: "ListParticipants"
        case .listDispatches: "ListDispatch"
        case .createDispatch: "CreateDispatch"
        case .remove: "RemoveParticipant"
        case .probe, .foretell: "SendData"
        case .read: "GetParticipant"
        case .dismissed: ""
        }
    }
}
