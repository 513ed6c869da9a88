import Perception
import SansIO
import Synchronization

/// Looks at the pictures that one participant sends by data, on the threads that decoded them. Nothing of a picture leaves.
final class PictureSight: Sendable {
    /// What stands for the sid of a track, of which there is none.
    static let camera = "jask.frame"

    private struct State {
        var attention = GestureAttention()
        var search: GestureSearchConfiguration
        var isClosed = false
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

    func see(_ taken: PictureTap.Taken) -> [CameraTap.Report] {
        let (attention, search, isClosed) = state.withLock { ($0.attention, $0.search, $0.isClosed) }
        guard !isClosed else { return [] }
        return eye.withLock { eye in
            eye.configure(search)
            guard eye.isDue(at: taken.at) else { return [] }
            return eye.look(at: taken.picture, taken: taken.at, at: taken.arrival, attention)
        }
    }
}
