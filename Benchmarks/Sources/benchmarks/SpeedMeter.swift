import PerceptionModels
import Pictures
import SansIO
import VisionModelFixtures

/// How fast the machine is while something is measured: a machine that others share is at times half as fast as a minute
/// ago, which would be taken for the cost of whoever is measured then. It runs the same model on the same picture twice
/// a second, half a hundredth of a core.
enum SpeedMeter {
    /// Waits for so long.
    /// - Returns: the median time of a run meanwhile, in microseconds; nil where there are no models.
    static func microseconds(over span: Duration) async throws -> Double? {
        guard ReleasedVision.isThere else {
            try await Task.sleep(for: span)
            return nil
        }
        let (models, picture) = (try ReleasedVision.models(), try ReferencePictures.checkedIn().picture("wide"))
        let end = ContinuousClock.now + span
        var times: [Double] = []
        while ContinuousClock.now < end {
            _ = try models.facesNear(in: picture, from: 0.5)
            // Of the second, which finds caches as the first left them.
            times.append(try threadMicroseconds { _ = try models.facesNear(in: picture, from: 0.5) })
            try await Task.sleep(until: min(ContinuousClock.now + .milliseconds(500), end))
        }
        return times.median
    }
}
