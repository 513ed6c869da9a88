import Inference
import Perception
import PerceptionModels
import RTCMedia
import SansIO
import Synchronization

/// The part of perception that runs on the decoder threads: one track's sound in, chunks of voice out.
///
/// Frames of one track come one after the other; the lock only says so to the compiler and is never contended.
final class VoiceTap: Sendable {
    private struct State {
        var chunker: VoiceChunker
        var timeline = MediaTimeline()
        var isAbsent = true
        var ssrc: UInt32?
    }

    private let state: Mutex<State>
    private let deliver: @Sendable (SoundPiece) -> Void

    /// - Parameter deliver: called on the thread that brought the frame.
    init(model: SileroModel, deliver: @escaping @Sendable (SoundPiece) -> Void) {
        state = Mutex(State(chunker: VoiceChunker(model: model)))
        self.deliver = deliver
    }

    func receive(_ frame: AudioFrame) {
        let piece: SoundPiece? = state.withLock { state in
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
