import SansIO
import Settings

/// How much of what this process may use is in use, 0…1: what decides whether the server offers it more rooms.
///
/// The largest of four shares counts: processor time against the process's own quota, memory against its own limit, the
/// wait for a decoder thread (twice in a row), and rooms against the most that are allowed. Other processes on the machine
/// do not count.
struct LoadEstimator: Sendable {
    struct Configuration: Sendable, Hashable {
        /// From this load on the worker is full; rooms alone reach it only when all are taken.
        var threshold: Double
        var maximumRooms: Int
        /// Over about how long processor time is averaged.
        var averaging: Duration = .seconds(5)
        /// A wait for a decoder thread that counts as a load of 1.
        var unbearableWait: Duration = .milliseconds(200)

        init(threshold: Double, maximumRooms: Int) {
            self.threshold = threshold
            self.maximumRooms = maximumRooms
        }
    }

    /// What was measured.
    struct Sample: Sendable, Hashable {
        /// Of all threads, since the process began.
        var processorTime: Duration
        /// Cores that the process may use.
        var cores: Double
        /// Resident bytes.
        var memory: UInt64
        /// The most that are allowed; 0 where that is not known.
        var memoryLimit: UInt64
        /// How long the last job waited for a decoder thread.
        var poolWait: Duration
    }

    var configuration: Configuration
    private(set) var rooms = 0
    private var last: (processorTime: Duration, at: Instant)?
    private var processorShare = 0.0
    private var hasShare = false
    private var memoryShare = 0.0
    private var waitShare = 0.0
    /// The wait before: a single long one may be another process's doing, which ends by itself.
    private var lastWait: Duration = .zero

    init(configuration: Configuration) {
        self.configuration = configuration
    }

    mutating func setRooms(_ count: Int) { rooms = max(0, count) }

    mutating func receive(_ sample: Sample, at now: Instant) {
        if let last, now > last.at {
            let elapsed = (now - last.at).inSeconds
            let used = max(0, (sample.processorTime - last.processorTime).inSeconds)
            let share = min(1, used / (elapsed * max(sample.cores, 0.01)))
            // An exponential average whose weight follows the time that passed.
            let kept = hasShare ? max(0, 1 - elapsed / max(configuration.averaging.inSeconds, elapsed)) : 0
            processorShare = kept * processorShare + (1 - kept) * share
            hasShare = true
        }
        last = (sample.processorTime, now)
        memoryShare = sample.memoryLimit == 0 ? 0 : min(1, Double(sample.memory) / Double(sample.memoryLimit))
        let wait = min(sample.poolWait, lastWait)
        lastWait = sample.poolWait
        waitShare = min(1, max(0, wait.inSeconds) / max(configuration.unbearableWait.inSeconds, 0.001))
    }

    /// Whether one more room may be taken.
    var hasRoom: Bool { rooms < configuration.maximumRooms && load < configuration.threshold }

    /// 0…1.
    var load: Double { max(processorShare, memoryShare, waitShare, roomShare) }

    /// 1 when all rooms are taken, else below the threshold, so that rooms alone spread the choice but do not end it.
    private var roomShare: Double {
        guard rooms < configuration.maximumRooms else { return 1 }
        return configuration.threshold * Double(rooms) / Double(max(configuration.maximumRooms, 1))
    }
}
