import NIOCore
import RTCMedia
import SansIO
import Synchronization
import Testing

@testable import LiveKit
@testable import RTCCore

/// What reaches the jitter buffer and the media clock of one track.
@Suite struct RemoteAudioTests {
    private final class Frames: Sendable {
        private let all = Mutex<[AudioFrame]>([])
        func add(_ frames: [AudioFrame]) { all.withLock { $0 += frames } }
        var list: [AudioFrame] { all.withLock { $0 } }
    }

    private static let opus = MediaCapabilities.audio.codecs[0]
    private static let red = MediaCapabilities.audio.codecs[1]
    private static let start = Instant(nanoseconds: 1_000_000_000)

    private let pool: ThreadPool

    init() throws { pool = try ThreadPool(threadCount: 1) }

    private func remote(
        _ frames: Frames, sharedReading: Duration = .zero, sharedWake: Duration = .zero
    ) -> RemoteAudio {
        let track = RoomTrack(sid: "TR_1", isAudio: true)
        return RemoteAudio(
            subscribed: SubscribedTrack(track: track, participantSID: "PA_1", participantIdentity: "a"),
            pool: pool, sharedReading: sharedReading, sharedWake: sharedWake, sink: { frames.add($0) },
            onFirstFrame: {}, onRejected: {})
    }

    /// The packet that is sent `index` × 20 ms after the first and takes no time.
    private func packet(_ index: Int) -> ReceivedRTP {
        ReceivedRTP(
            packet: RTPPacket(
                payloadType: Self.opus.payloadType, sequenceNumber: UInt16(index), timestamp: UInt32(index) * 960,
                ssrc: 7, payload: ByteBuffer(bytes: [0x78, 0x01, 0x02])),
            index: Int64(index),
            arrival: Self.start + .milliseconds(20 * index),
            format: ReceivedFormat(mid: "0", kind: .audio, codec: Self.opus))
    }

    private func report(ssrc: UInt32 = 7, at index: Int, roundTrip: Duration) -> SenderReportInfo {
        SenderReportInfo(
            ssrc: ssrc, ntp: UInt64(index) << 32 / 50, rtpTimestamp: UInt32(index) * 960,
            arrival: Self.start + .milliseconds(20 * index), roundTrip: roundTrip)
    }

    @Test("a lost packet is waited for a round trip where it is asked for again, which RED makes needless")
    func waitsForRetransmissions() throws {
        for (codecs, patience) in [([Self.opus], 120), ([Self.opus, Self.red], 60)] {
            let track = remote(Frames())
            track.receive(packet(0), codecs: codecs)
            #expect(track.receiver?.statistics.patience == .milliseconds(60))
            track.receive(report(ssrc: 8, at: 1, roundTrip: .milliseconds(100)))
            #expect(track.receiver?.statistics.patience == .milliseconds(60), "another source's report")
            track.receive(report(at: 1, roundTrip: .milliseconds(90)))
            #expect(track.receiver?.statistics.patience == .milliseconds(patience))
        }
    }

    @Test("where packets are read together, a lost one is asked for again that much later, and waited for as long")
    func waitsForLateRequests() throws {
        for (reading, roundTrip, patience) in [(0, 30, 60), (100, 30, 160), (100, 100, 230), (100, 200, 60)] {
            let track = remote(Frames(), sharedReading: .milliseconds(reading))
            track.receive(packet(0), codecs: [Self.opus])
            track.receive(report(at: 1, roundTrip: .milliseconds(roundTrip)))
            #expect(track.receiver?.statistics.patience == .milliseconds(patience), "\(reading) \(roundTrip)")
        }
    }

    /// The packet as it comes once its source is known.
    private func hear(_ index: Int, _ track: RemoteAudio, inRED: Bool = false) {
        let packet = packet(index)
        let media = IncomingMedia(
            ssrc: 7, timestamp: packet.packet.header.timestamp,
            payloadType: (inRED ? Self.red : Self.opus).payloadType, marker: false, index: packet.index,
            arrival: packet.arrival)
        var payload = packet.packet.payload
        if inRED {
            // The frame before this one, and this one (RFC 2198).
            let frame = Array(payload.readableBytesView)
            payload = ByteBuffer(
                bytes: [Self.opus.payloadType | 0x80, 15, 0, 3, Self.opus.payloadType] + frame + frame)
        }
        #expect(track.follows(media))
        track.receive(media, payload: payload)
    }

    /// A track that has heard `count` packets, and shares wakes of 60 ms.
    private func listening(_ frames: Frames, to count: Int, inRED: Bool = false) -> RemoteAudio {
        let track = remote(frames, sharedWake: .milliseconds(60))
        track.receive(packet(0), codecs: [Self.opus, Self.red])
        for index in 1..<count { hear(index, track, inRED: inRED) }
        return track
    }

    @Test(
        "regular sound shares wakes of the decoders: of three frames each but the first, which does not wait",
        arguments: [(1, 1), (2, 1), (3, 1), (4, 4), (6, 4), (7, 7), (9, 7)], [false, true])
    func sharedWakes(_ count: (heard: Int, decoded: Int), inRED: Bool) throws {
        let frames = Frames()
        let track = listening(frames, to: count.heard, inRED: inRED)
        pool.shutdown()
        #expect(frames.list.map(\.rtpTimestamp) == (0..<count.decoded).map { Int64($0 * 960) })
        withExtendedLifetime(track) {}
    }

    @Test("a frame that RED brings back, and what comes after it, is decoded once each")
    func recoveredFromRED() throws {
        let frames = Frames()
        let track = listening(frames, to: 9, inRED: true)
        hear(10, track, inRED: true)
        hear(11, track, inRED: true)
        hear(12, track, inRED: true)
        pool.shutdown()
        #expect(frames.list.map(\.kind).filter { $0 == .decoded }.count == 12)
        #expect(frames.list.map(\.kind).filter { $0 == .recovered }.count == 1)
        withExtendedLifetime(track) {}
    }

    @Test("each frame goes at once where no wake is shared")
    func unsharedWakes() throws {
        let frames = Frames()
        let track = remote(frames)
        track.receive(packet(0), codecs: [Self.opus])
        for index in 1..<9 { hear(index, track) }
        pool.shutdown()
        #expect(frames.list.count == 9)
        withExtendedLifetime(track) {}
    }

    @Test(
        "sound that waits for more is decoded all the same where none comes",
        arguments: ["gap", "mute", "silence", "all is read", "end"])
    func nothingWaitsForEver(_ what: String) throws {
        let frames = Frames()
        var track: RemoteAudio? = listening(frames, to: 9)
        let now = Self.start + .milliseconds(180)
        switch what {
        case "gap": hear(10, try #require(track))
        case "mute": track?.setMuted(true, at: now)
        case "all is read": track?.flush()
        case "silence":
            let due = try #require(track?.deadline, "somebody looks after it")
            #expect(due <= now + .milliseconds(200))
            track?.timeout(at: due)
        default: track = nil
        }
        pool.shutdown()
        #expect(frames.list.filter { $0.kind == .decoded }.count == 9)
    }
}
