import DevServer
import LiveKit
import NIOCore
import RTCMedia
import SansIO
import Testing
import VirtualLoop

@testable import LiveKit
@testable import RTCCore

/// What a packet costs a room beyond the way through the peer connection.
@Suite struct PacketBurstTests {
    @Test("packets of a track arm no timer each, though each moves the jitter buffer's deadline")
    func packetsArmNoTimers() throws {
        let loop = VirtualLoop()
        let opus = MediaCapabilities.audio.codecs[0]
        let pool = try ThreadPool(threadCount: 1)
        let engine = RoomEngine(
            options: RoomOptions(
                signal: SignalOptions(server: try ServerURL("ws://localhost"), token: AccessToken(jwt: "")),
                identity: try .generate(), pool: pool), eventLoop: loop)
        _ = engine.registry.join(
            .with {
                $0.otherParticipants = [
                    .with {
                        $0.sid = "PA_1"
                        $0.identity = "a"
                        $0.tracks = [
                            .with {
                                $0.sid = "TR_1"
                                $0.type = .audio
                            }
                        ]
                    }
                ]
            })
        let subscribed = try #require(engine.registry.track("TR_1"))
        engine.remoteTracks["0"] = RemoteTrack(
            mid: "0", kind: .audio, streamID: "PA_1", trackID: "TR_1", ssrc: 7, rtxSSRC: nil, codecs: [opus])
        engine.sidOfSection["0"] = "TR_1"
        engine.decode(subscribed, into: { _ in })
        let armed = loop.timersArmed
        let packets = 500
        for index in 0..<packets {
            loop.advance(by: .milliseconds(20))
            engine.handle(
                .rtp(
                    ReceivedRTP(
                        packet: RTPPacket(
                            payloadType: opus.payloadType, sequenceNumber: UInt16(index),
                            timestamp: UInt32(index) * 960, ssrc: 7, payload: ByteBuffer(bytes: [0x78, 0x01, 0x02])),
                        index: Int64(index), arrival: Instant(loop.now),
                        format: ReceivedFormat(mid: "0", kind: .audio, codec: opus))),
                .publisher)
        }
        let deadline = try #require(engine.audio["TR_1"]?.deadline)
        #expect(deadline > Instant(loop.now), "there is something to wait for")
        #expect(loop.timersArmed - armed <= packets / 4, "\(loop.timersArmed - armed) of \(packets)")
        pool.shutdown()
    }
}
