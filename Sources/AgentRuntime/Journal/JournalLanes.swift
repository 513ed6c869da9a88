import Dispatch
import Foundation

/// The threads that journals are written and read on: few, and shared, so that a slow disk takes no more of them.
public final class JournalLanes: Sendable {
    public static let shared = JournalLanes()

    private let lanes = (0..<4).map { DispatchQueue(label: "jask.journal.\($0)", qos: .utility) }
    let reading: OperationQueue

    public init() {
        reading = OperationQueue()
        reading.maxConcurrentOperationCount = 4
        reading.qualityOfService = .utility
    }

    /// Always the same one for a file, which is written in order.
    func writing(_ path: String) -> DispatchQueue {
        let number = path.utf8.reduce(5381) { ($0 &* 33) ^ Int($1) }
        return lanes[abs(number % lanes.count)]
    }
}
