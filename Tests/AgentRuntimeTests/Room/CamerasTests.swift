import LiveKit
import Perception
import RTCMedia
import Session
import Testing

@testable import AgentRuntime

@Suite struct CamerasTests {
    private func participant(_ tracks: [RoomTrack]) -> RoomParticipant {
        RoomParticipant(sid: "PA_ann", identity: "ann", tracks: tracks)
    }

    private func video(
        _ sid: String, _ source: RoomTrack.Source = .camera, isMuted: Bool = false, isEncrypted: Bool = false
    ) -> RoomTrack {
        RoomTrack(sid: sid, isAudio: false, source: source, isMuted: isMuted, isEncrypted: isEncrypted)
    }

    @Test("screens, tracks without a source and encrypted cameras are left alone")
    func others() {
        let ann = participant([
            video("TR_screen", .screenShare), video("TR_any", .unknown), video("TR_secret", isEncrypted: true),
            RoomTrack(sid: "TR_voice", isAudio: true, source: .microphone),
        ])
        #expect(ann.cameras.isEmpty && ann.shownCamera == nil)
        #expect(!ParticipantFacts(ann).publishesCamera && ParticipantFacts(ann).hasEncryptedTracks)
    }

    @Test("the first camera that is not muted is the one that is shown")
    func first() {
        let ann = participant([video("TR_1", isMuted: true), video("TR_2"), video("TR_3")])
        #expect(
            ann.cameras == [
                Camera(sid: "TR_1", isMuted: true), Camera(sid: "TR_2", isMuted: false),
                Camera(sid: "TR_3", isMuted: false),
            ])
        #expect(ann.shownCamera?.sid == "TR_2" && ParticipantFacts(ann).publishesCamera)
        #expect(ParticipantFacts(ann).showsCamera)
        let muted = participant([video("TR_1", isMuted: true)])
        #expect(muted.shownCamera == nil && !ParticipantFacts(muted).showsCamera)
    }

    @Test("the smallest pictures that are enough are asked for, by the settings")
    func setting() {
        var search = GestureSearchConfiguration()
        #expect(
            VideoSetting(search, .init())
                == VideoSetting(size: VideoSize(width: 320, height: 180), framesPerSecond: 5))
        (search.pictureWidth, search.pictureRate) = (640, 4.5)
        #expect(
            VideoSetting(search, .init(maximumTemporalLayer: 1, skipsDiscardable: true))
                == VideoSetting(
                    size: VideoSize(width: 640, height: 360), framesPerSecond: 5, maximumTemporalLayer: 1,
                    skipsDiscardable: true))
    }
}
