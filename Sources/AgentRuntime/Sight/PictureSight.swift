import Perception
import Pictures
import SansIO
import Synchronization
import Wire

/// Looks at the pictures that one participant sends by data, on the pool's threads. Each is whole, so that those that are
/// not due, or put off, are not even decoded; what decoding takes is charged with the look. Nothing of a picture leaves.
final class PictureSight: Sendable {
    /// What stands for the sid of a track, of which there is none.
    static let camera = "jask.frame"

    private struct State {
        var attention = GestureAttention()
        var search: GestureSearchConfiguration
        var isClosed = false
        var newest: Instant?
    }

    /// What came of a picture.
    struct Outcome: Sendable {
        var reports: [CameraTap.Report] = []
        /// What was wrong with it, for whoever sent it.
        var error: WireError?
    }

    private let state: Mutex<State>
    private let eye: Mutex<PictureEye>

    init(search: GestureSearchConfiguration, loan: ModelLoan) {
        state = Mutex(State(search: search))
        eye = Mutex(PictureEye(search: search, loan: loan))
    }

    /// What the rules wait for, from the next picture on.
    func setAttention(_ attention: GestureAttention) { state.withLock { $0.attention = attention } }

    func setSearch(_ search: GestureSearchConfiguration) { state.withLock { $0.search = search } }

    /// Nothing is looked at any more.
    func close() { state.withLock { $0.isClosed = true } }

    /// When the last picture came that was seen, and not put off.
    var newest: Instant? { state.withLock { $0.newest } }

    func see(_ taken: PictureTap.Taken) -> Outcome {
        let (attention, search, isClosed) = state.withLock { ($0.attention, $0.search, $0.isClosed) }
        guard !isClosed else { return Outcome() }
        var error: WireError?
        var isDecoded = false
        let glance = eye.withLock { eye in
            eye.configure(search)
            guard eye.isDue(at: taken.at) else { return Glance() }
            return eye.look(taken: taken.at, at: taken.arrival, attention) { () -> I420Picture? in
                isDecoded = true
                do throws(WireError) { return try taken.picture() } catch let found { error = found }
                return nil
            }
        }
        if !isDecoded { do throws(WireError) { try taken.check() } catch let found { error = found } }
        return state.withLock { state in
            // Whoever opted out meanwhile hears nothing of it either.
            guard !state.isClosed else { return Outcome() }
            if glance.wasSeen { state.newest = taken.arrival }
            return Outcome(reports: glance.reports, error: error)
        }
    }
}
