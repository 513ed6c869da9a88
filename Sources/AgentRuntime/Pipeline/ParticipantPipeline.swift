import Inference
import NIOCore
import Perception
import RTCMedia
import SansIO

/// Turns one participant's microphone into signals. Used on the room's event loop; only its taps run elsewhere.
///
/// Exists only while the participant is listened to: without a pipeline there is no sink, and nothing is decoded.
final class ParticipantPipeline {
    let eventLoop: any EventLoop
    /// Every signal, in order.
    var onSignal: ((Signal) -> Void)?

    private var core: PipelineCore
    private let model: SileroModel
    private let now: @Sendable () -> Instant

    /// - Parameters:
    ///   - hasSpoken: an earlier process heard the participant speak.
    ///   - silentSince: and fall silent then.
    ///   - now: the loop's clock, readable on every thread.
    init(
        participant: String, model: SileroModel, configuration: PauseConfiguration, hasSpoken: Bool,
        silentSince: Instant?, eventLoop: any EventLoop, now: @escaping @Sendable () -> Instant
    ) {
        core = PipelineCore(
            participant: participant, configuration: configuration, hasSpoken: hasSpoken, silentSince: silentSince)
        self.model = model
        self.eventLoop = eventLoop
        self.now = now
    }

    var participant: String { core.participant }
    var sound: PauseDetector.Sound { core.sound }

    /// A sink for the sound of the track of that sid, for `RoomOptions.audioSink`.
    func makeSink(trackSID: String) -> @Sendable (AudioFrame) -> Void {
        let bound = NIOLoopBound(WeakPipeline(pipeline: self), eventLoop: eventLoop)
        let eventLoop = eventLoop
        let tap = VoiceTap(model: model) { piece in
            eventLoop.execute {
                bound.value.pipeline?.update { $0.receive(piece, of: trackSID, at: $1) }
            }
        }
        return { frame in tap.receive(frame) }
    }

    /// Changes what is known and hands out the signals that follow.
    func update(_ body: (inout PipelineCore, Instant) -> Void) {
        body(&core, now())
        while let signal = core.pollOutput() { onSignal?(signal) }
    }

    /// Ends what is being said or kept silent, and every callback.
    func stop() {
        update { $0.setTrack(nil, at: $1) }
        onSignal = nil
    }

    private struct WeakPipeline {
        weak var pipeline: ParticipantPipeline?
    }
}
