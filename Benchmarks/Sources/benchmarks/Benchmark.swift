import Foundation

/// One thing that is measured, under the name that the command line takes.
struct Benchmark: Sendable {
    var name: String
    var run: @Sendable () async throws -> [Measurement]

    /// All benchmarks in the order in which they run; each has a file of its own.
    static let all: [Benchmark] = [
        .receivePath, .roomPackets, .dataGoodput, .lossyTransfer, .opusDecoding, .voiceActivity, .video, .vision,
        .looking,
        .joinShare,
        .triggerToWire, .rooms, .cameras,
        .reconcile, .firstAudio, .handToHint, .floods,
    ]
}

/// One line of the table.
struct Measurement: Sendable {
    var what: String
    var value: Double
    var unit: String
    /// What it is compared with in the same run, and how: "12.3 × aiortc".
    var comparison = ""
    /// `nil` where no bar is set.
    var bar: Bar?

    enum Bar: Sendable {
        case atMost(Double)
        case atLeast(Double)
    }

    var isMet: Bool? {
        switch bar {
        case .atMost(let limit): value <= limit
        case .atLeast(let limit): value >= limit
        case nil: nil
        }
    }
}

/// Cannot be measured here for want of a tool or file, and why; not a failure.
struct Skipped: Error {
    var reason: String
}

/// What was to be measured did not work, and why: as bad as a missed bar.
struct Failed: Error {
    var reason: String
}

extension [Double] {
    var median: Double {
        let sorted = sorted()
        guard !isEmpty else { return 0 }
        return count.isMultiple(of: 2) ? (sorted[count / 2 - 1] + sorted[count / 2]) / 2 : sorted[count / 2]
    }
}

/// How many threads wanted a core in the last minute.
var machineLoad: Double {
    var load = [0.0, 0.0, 0.0]
    getloadavg(&load, 3)
    return load[0]
}
