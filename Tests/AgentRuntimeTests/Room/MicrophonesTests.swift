import LiveKit
import Perception
import Session
import Testing

@testable import AgentRuntime

@Suite struct MicrophonesTests {
    /// An agent's, a person's or a telephone's tracks.
    private func participant(
        _ tracks: [(sid: String, source: RoomTrack.Source, isMuted: Bool)],
        kind: RoomParticipant.Kind = .agent
    ) -> RoomParticipant {
        RoomParticipant(
            sid: "PA_bot", identity: "bot", kind: kind,
            tracks: tracks.map { sid, source, isMuted in
                RoomTrack(sid: sid, isAudio: source != .camera, source: source, isMuted: isMuted)
            })
    }

    @Test func soundOfUnknownSourceIsAMicrophoneAfterThoseThatSaySo() {
        let bot = participant([
            ("TR_music", .unknown, false), ("TR_eyes", .camera, false), ("TR_voice", .microphone, true),
            ("TR_film", .screenShareAudio, false),
        ])
        #expect(
            bot.microphones == [
                Microphone(sid: "TR_voice", isMuted: true), Microphone(sid: "TR_music", isMuted: false),
            ])
        let facts = ParticipantFacts(bot)
        #expect(facts.kind == .agent && facts.publishesMicrophone && !facts.isMuted, "one of the two can be heard")
    }

    @Test func whoseMicrophonesAreAllMutedIsMuted() {
        let muted = participant([("TR_1", .microphone, true), ("TR_2", .microphone, true)], kind: .standard)
        #expect(ParticipantFacts(muted).isMuted && ParticipantFacts(muted).publishesMicrophone)
        let none = participant([("TR_3", .screenShareAudio, false)], kind: .standard)
        #expect(
            none.microphones.isEmpty && !ParticipantFacts(none).publishesMicrophone && !ParticipantFacts(none).isMuted)
    }

    @Test func encryptedTracksAndThoseBeyondTheMostAreLeftOut() {
        var bot = participant((0..<9).map { ("TR_\($0)", .unknown, false) })
        bot.tracks[0].isEncrypted = true
        #expect(bot.microphones.map(\.sid) == ["TR_1", "TR_2", "TR_3", "TR_4"])
    }
}
