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
        func add(_ frame: AudioFrame) { all.withLock { $0.append(frame) } }
        var list: [AudioFrame] { all.withLock { $0 } }
    }

    private static let opus = MediaCapabilities.audio.codecs[0]
    private static let red = MediaCapabilities.audio.codecs[1]
    private static let start = Instant(nanoseconds: 1_000_000_000)

    private let pool: ThreadPool

    init() throws { pool = try ThreadPool(threadCount: 1) }

    private func remote(_ frames: Frames) -> RemoteAudio {
        let track = RoomTrack(sid: "TR_1", isAudio: true)
        return RemoteAudio(
            subscribed: SubscribedTrack(track: track, participantSID: "PA_1", participantIdentity: "a"),
            pool: pool, sink: { frames.add($0) }, onFirstFrame: {}, onRejected: {})
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
}
