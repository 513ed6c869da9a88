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
    fileprivate struct State {
        var chunker: VoiceChunker
        var timeline = MediaTimeline()
        var isAbsent = true
        var ssrc: UInt32?
    }

    private let state: Mutex<State>
    private let deliver: @Sendable ([SoundPiece]) -> Void

    /// - Parameter deliver: called on the thread that brought the frames, with what came of them, one piece or more.
    init(model: SileroModel, deliver: @escaping @Sendable ([SoundPiece]) -> Void) {
        state = Mutex(State(chunker: VoiceChunker(model: model)))
        self.deliver = deliver
    }

    func receive(_ frames: [AudioFrame]) {
        let pieces = state.withLock { $0.receive(frames) }
        if !pieces.isEmpty { deliver(pieces) }
    }
}

extension VoiceTap.State {
    /// What came of the frames; chunks that follow each other are one piece.
    fileprivate mutating func receive(_ frames: [AudioFrame]) -> [SoundPiece] {
        var pieces: [SoundPiece] = []
        var chunks: [VoiceChunk] = []
        for frame in frames {
            let start = timeline.start(of: frame)
            if ssrc != frame.ssrc {
                ssrc = frame.ssrc
                chunker.finish { chunks.append($0) }
                chunker.reset()
            }
            switch frame.kind {
            case .absent:
                guard !isAbsent else { continue }
                isAbsent = true
                chunker.finish { chunks.append($0) }
                if !chunks.isEmpty { pieces.append(.chunks(exchange(&chunks, with: []))) }
                pieces.append(.absent(at: start))
            case .decoded, .recovered, .concealed, .discontinuous:
                isAbsent = false
                frame.samples.withUnsafeBufferPointer { samples in
                    chunker.hold(samples, at: start) { chunks.append($0) }
                }
            }
        }
        chunker.finish { chunks.append($0) }
        if !chunks.isEmpty { pieces.append(.chunks(chunks)) }
        return pieces
    }
}
