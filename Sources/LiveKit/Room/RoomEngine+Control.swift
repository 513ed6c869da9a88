import NIOCore
import RTCCore
import SansIO

extension RoomEngine {
    /// Asks `RoomOptions.audioSink` again about the audio tracks of a participant that arrive already: decoding begins
    /// where it gives a sink now and gave none before, and ends where it gives none any more.
    public func reconsiderAudio(of identity: Identity) {
        for track in remoteTracks.values where track.kind == .audio {
            guard let sid = sidOfSection[track.mid], let subscribed = registry.track(sid),
                subscribed.participantIdentity == identity
            else { continue }
            let sink = options.audioSink(subscribed)
            if let sink, audio[sid] == nil {
                decode(subscribed, into: sink)
            } else if sink == nil {
                audio[sid] = nil
            }
        }
        reschedule()
    }

    /// Sets attributes of one's own participant; an empty value takes one away. Needs `canUpdateOwnMetadata`.
    public func setAttributes(_ attributes: [AttributeKey: String]) {
        signal.send(.with { $0.updateMetadata.attributes = attributes.plain })
    }
}
