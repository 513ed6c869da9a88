import Inference
import Perception
import PerceptionModels
import RTCMedia
import SansIO
import Synchronization

/// The part of a pipeline that runs on the decoder threads: one track's sound in, chunks of voice out.
///
/// Frames of one track come one after the other; the lock only says so to the compiler and is never contended.
final class VoiceTap: Sendable {
    /// What a frame came to.
    enum Piece: Sendable, Hashable {
        case chunks([VoiceChunk])
        /// From here on nothing is known of the track until chunks come again.
        case absent(at: Instant)
    }

    private struct State {
        var chunker: VoiceChunker
        var timeline = MediaTimeline()
        var isAbsent = true
        var ssrc: UInt32?
    }

    private let state: Mutex<State>
    private let deliver: @Sendable (Piece) -> Void

    /// - Parameter deliver: called on the thread that brought the frame.
    init(model: SileroModel, deliver: @escaping @Sendable (Piece) -> Void) {
        state = Mutex(State(chunker: VoiceChunker(model: model)))
        self.deliver = deliver
    }

    func receive(_ frame: AudioFrame) {
        let piece: Piece? = state.withLock { state in
            let start = state.timeline.start(of: frame)
            if state.ssrc != frame.ssrc {
                state.ssrc = frame.ssrc
                state.chunker.reset()
            }
            switch frame.kind {
            case .absent:
                guard !state.isAbsent else { return nil }
                state.isAbsent = true
                return .absent(at: start)
            case .decoded, .recovered, .concealed, .discontinuous:
                state.isAbsent = false
                var chunks: [VoiceChunk] = []
                frame.samples.withUnsafeBufferPointer { samples in
                    state.chunker.append(samples, at: start) { chunks.append($0) }
                }
                return chunks.isEmpty ? nil : .chunks(chunks)
            }
        }
        if let piece { deliver(piece) }
    }
}
