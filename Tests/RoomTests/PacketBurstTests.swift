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
    private static let opus = MediaCapabilities.audio.codecs[0]

    /// A room in which a participant's track `TR_1` comes in section 0.
    private static func engine(on loop: VirtualLoop, _ pool: ThreadPool) throws -> (RoomEngine, SubscribedTrack) {
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
        return (engine, subscribed)
    }

    private static func receive(_ number: UInt16, _ engine: RoomEngine, at now: Instant) {
        let packet = RTPPacket(
            payloadType: opus.payloadType, sequenceNumber: number, timestamp: UInt32(number) * 960, ssrc: 7,
            payload: ByteBuffer(bytes: [0x78, 0x01, 0x02]))
        let received = ReceivedRTP(
            packet: packet, index: Int64(number), arrival: now,
            format: ReceivedFormat(mid: "0", kind: .audio, codec: opus))
        engine.handle(.rtp(received), .publisher)
    }

    @Test("packets of a track arm no timer each, though each moves the jitter buffer's deadline")
    func packetsArmNoTimers() throws {
        let loop = VirtualLoop()
        let pool = try ThreadPool(threadCount: 1)
        let (engine, _) = try Self.engine(on: loop, pool)
        let armed = loop.timersArmed
        let packets = 500
        for index in 0..<packets {
            loop.advance(by: .milliseconds(20))
            Self.receive(UInt16(index), engine, at: Instant(loop.now))
        }
        let deadline = try #require(engine.audio["TR_1"]?.deadline)
        #expect(deadline > Instant(loop.now), "there is something to wait for")
        #expect(loop.timersArmed - armed <= packets / 4, "\(loop.timersArmed - armed) of \(packets)")
        pool.shutdown()
    }

    @Test("packets go to who decodes their track now, whoever did before")
    func packetsFollowTheirTrack() throws {
        let loop = VirtualLoop()
        let pool = try ThreadPool(threadCount: 1)
        let (engine, subscribed) = try Self.engine(on: loop, pool)
        let first = try #require(engine.audio["TR_1"])
        Self.receive(1, engine, at: Instant(loop.now))
        Self.receive(2, engine, at: Instant(loop.now))
        #expect(first.receiver?.statistics.received == 2)
        engine.decode(subscribed, into: { _ in })
        Self.receive(3, engine, at: Instant(loop.now))
        #expect(engine.audio["TR_1"]?.receiver?.statistics.received == 1)
        // The same source in a section that carries another track, or none.
        engine.sidOfSection["0"] = nil
        Self.receive(4, engine, at: Instant(loop.now))
        #expect(engine.audio["TR_1"]?.receiver?.statistics.received == 1 && first.receiver?.statistics.received == 2)
        pool.shutdown()
    }
}
