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

    /// A room in which a participant's tracks `TR_1`, `TR_2` … come in the sections 0, 1 …, from the sources 7, 8 …
    private static func engine(
        on loop: VirtualLoop, _ pool: ThreadPool, tracks: Int = 1
    ) throws -> (RoomEngine, SubscribedTrack) {
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
                        $0.tracks = (1...tracks).map { number in
                            .with {
                                $0.sid = "TR_\(number)"
                                $0.type = .audio
                            }
                        }
                    }
                ]
            })
        for index in 0..<tracks {
            let (mid, sid) = ("\(index)", "TR_\(index + 1)")
            engine.remoteTracks[mid] = RemoteTrack(
                mid: mid, kind: .audio, streamID: "PA_1", trackID: sid, ssrc: UInt32(7 + index), rtxSSRC: nil,
                codecs: [opus])
            engine.sidOfSection[mid] = sid
            engine.decode(try #require(engine.registry.track(sid)), into: { _ in })
        }
        return (engine, try #require(engine.registry.track("TR_1")))
    }

    private static func receive(_ number: UInt16, track: Int = 0, _ engine: RoomEngine, at now: Instant) {
        let packet = RTPPacket(
            payloadType: opus.payloadType, sequenceNumber: number, timestamp: UInt32(number) * 960,
            ssrc: UInt32(7 + track), payload: ByteBuffer(bytes: [0x78, 0x01, 0x02]))
        let received = ReceivedRTP(
            packet: packet, index: Int64(number), arrival: now,
            format: ReceivedFormat(mid: "\(track)", kind: .audio, codec: opus))
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

    @Test("a track that falls silent is told so at its time, whatever packets of another one come meanwhile")
    func silenceIsNotPutOff() throws {
        let loop = VirtualLoop()
        let pool = try ThreadPool(threadCount: 1)
        let (engine, _) = try Self.engine(on: loop, pool, tracks: 2)
        var number: UInt16 = 0
        /// Until both are silent for a while, or one is.
        func speak(_ tracks: [Int], packets: Int) {
            for _ in 0..<packets {
                loop.advance(by: .milliseconds(20))
                for track in tracks { Self.receive(number, track: track, engine, at: Instant(loop.now)) }
                number += 1
            }
        }
        speak([0, 1], packets: 20)
        let silent = try #require(engine.audio["TR_1"])
        let due = try #require(silent.deadline)
        while Instant(loop.now) + .milliseconds(20) < due { speak([1], packets: 1) }
        #expect(silent.receiver?.statistics.discontinuousSamples == 0)
        speak([1], packets: 2)
        #expect(silent.receiver?.statistics.discontinuousSamples ?? 0 > 0, "silence is handed out when it is certain")
        // A packet may also bring the deadline forward: what comes after a gap waits less than silence does.
        number += 1
        speak([1], packets: 1)
        let forward = try #require(engine.audio["TR_2"]?.deadline)
        let released = engine.audio["TR_2"]?.receiver?.statistics.concealedSamples
        loop.advance(by: forward - Instant(loop.now))
        #expect(engine.audio["TR_2"]?.receiver?.statistics.concealedSamples ?? 0 > released ?? 0)
        pool.shutdown()
    }

    @Test("a packet costs a room of many tracks what it costs a room of one")
    func costDoesNotGrowWithTheTracks() throws {
        let loop = VirtualLoop()
        let pool = try ThreadPool(threadCount: 1)
        /// The cheapest of several rounds, so that what else the machine does is left out.
        func cost(tracks: Int) throws -> Duration {
            let (engine, _) = try Self.engine(on: loop, pool, tracks: tracks)
            for track in 0..<tracks { Self.receive(0, track: track, engine, at: Instant(loop.now)) }
            var number: UInt16 = 0
            return (0..<20).map { _ in
                ContinuousClock().measure {
                    for _ in 0..<20 {
                        number += 1
                        Self.receive(number, engine, at: Instant(loop.now) + .milliseconds(20 * Int(number)))
                    }
                }
            }.min() ?? .zero
        }
        let (one, many) = (try cost(tracks: 1), try cost(tracks: 400))
        #expect(many < one * 3, "20 packets: \(one) with one track, \(many) with 400")
        pool.shutdown()
    }
}
