import SansIO

extension CameraScript {
    /// Something of a script that begins or ends.
    public struct News: Sendable, Hashable {
        public var action: Action
        /// In place, or about to leave its place.
        public var isBeginning: Bool
        /// As in the labels, from the script's start.
        public var time: Duration
    }

    /// How far a script was told.
    public struct Progress: Sendable {
        private var last = Duration.seconds(-1)

        public init() {}

        /// What began and ended since the last call, in order.
        public mutating func advance(_ script: CameraScript, to now: Duration) -> [News] {
            let span = last
            last = max(last, now)
            let all = script.steps.flatMap { step in
                [
                    News(action: step.action, isBeginning: true, time: step.begin),
                    News(action: step.action, isBeginning: false, time: step.end),
                ]
            }
            return all.filter { span < $0.time && $0.time <= now }.sorted { $0.time < $1.time }
        }
    }
}
