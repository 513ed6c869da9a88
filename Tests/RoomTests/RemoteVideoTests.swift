import NIOCore
import RTCMedia
import SansIO
import Synchronization
import Testing

@testable import LiveKit
@testable import RTCCore

/// What reaches the frames of one track, and what is asked for on its behalf.
@Suite struct RemoteVideoTests {
    private final class Seen: Sendable {
        private let all = Mutex<(frames: [EncodedVideoFrame], requests: [UInt32])>(([], []))
        func add(_ frame: EncodedVideoFrame) { all.withLock { $0.frames.append(frame) } }
        func ask(_ ssrc: UInt32) { all.withLock { $0.requests.append(ssrc) } }
        var frames: [EncodedVideoFrame] { all.withLock(\.frames) }
        var requests: [UInt32] { all.withLock(\.requests) }
    }

    private static let vp8 = MediaCapabilities.video.codecs[0]
    private static let formats = [VideoFormat(payloadType: 96, codec: .vp8)]
    private static let start = Instant(nanoseconds: 1_000_000_000)

    private func remote(_ seen: Seen, isMuted: Bool = false) -> RemoteVideo {
        let track = RoomTrack(sid: "TR_1", isAudio: false, isMuted: isMuted)
        return RemoteVideo(
            subscribed: SubscribedTrack(track: track, participantSID: "PA_1", participantIdentity: "a"),
            sink: VideoSink { seen.add($0) }, requestKeyFrame: { seen.ask($0) })
    }

    /// One frame of VP8 in one packet, sent `index` × 33 ms after the first.
    private func packet(_ index: Int, isKeyFrame: Bool = false, isDiscardable: Bool = false, ssrc: UInt32 = 7)
        -> ReceivedRTP
    {
        let header: [UInt8] = isKeyFrame ? [0x50, 0, 0, 0x9D, 0x01, 0x2A, 0x40, 0x01, 0xB4, 0] : [0x51, 0, 0]
        return ReceivedRTP(
            packet: RTPPacket(
                payloadType: 96, marker: true, sequenceNumber: UInt16(index), timestamp: UInt32(index) * 2970,
                ssrc: ssrc, payload: ByteBuffer(bytes: [isDiscardable ? 0x30 : 0x10] + header + [UInt8(index)])),
            index: Int64(index), arrival: Self.start + .milliseconds(33 * index),
            format: ReceivedFormat(mid: "0", kind: .video, codec: Self.vp8))
    }

    @Test func frameAfterFrameReachesTheSink() {
        let seen = Seen()
        let track = remote(seen)
        for index in 0..<3 { track.receive(packet(index, isKeyFrame: index == 0), formats: Self.formats) }
        #expect(seen.frames.map(\.isKeyFrame) == [true, false, false] && seen.requests.isEmpty)
        #expect(seen.frames.first?.size == VideoSize(width: 320, height: 180))
        #expect(seen.frames.map(\.rtpTimestamp) == [0, 2970, 5940])
    }

    @Test func whatIsGivenUpLeadsToARequestAndAnotherSourceBeginsAnew() {
        let seen = Seen()
        let track = remote(seen)
        track.receive(packet(0, isKeyFrame: true), formats: Self.formats)
        track.receive(packet(2), formats: Self.formats)
        #expect(seen.frames.count == 1 && seen.requests.isEmpty)
        let now = Self.start + .milliseconds(120)
        track.packetsGivenUp(
            GivenUpPackets(ssrc: 8, mid: "0", kind: .video, count: 1, highestIndex: 1), at: now)
        #expect(seen.requests.isEmpty, "another source's")
        track.packetsGivenUp(
            GivenUpPackets(ssrc: 7, mid: "0", kind: .video, count: 1, highestIndex: 1), at: now)
        #expect(seen.requests == [7])
        track.receive(packet(100, isKeyFrame: true, ssrc: 8), formats: Self.formats)
        track.receive(packet(101, ssrc: 8), formats: Self.formats)
        #expect(seen.frames.count == 3 && seen.requests == [7])
    }

    @Test func paddingIsNoLoss() {
        let seen = Seen()
        let track = remote(seen)
        track.receive(packet(0, isKeyFrame: true), formats: Self.formats)
        track.receive(
            ReceivedPadding(ssrc: 7, mid: "0", kind: .video, index: 1, arrival: Self.start + .milliseconds(40)))
        track.receive(packet(2), formats: Self.formats)
        #expect(seen.frames.count == 2)
    }

    @Test func aMutedTrackIsNotAskedAndTheSettingCounts() {
        let seen = Seen()
        let track = remote(seen, isMuted: true)
        track.receive(packet(0, isKeyFrame: true), formats: Self.formats)
        track.decodingFailed(at: Self.start)
        #expect(seen.requests.isEmpty)
        track.setMuted(false, at: Self.start + .seconds(1))
        #expect(seen.requests == [7])
        track.set(VideoSetting(skipsDiscardable: true))
        track.receive(packet(1, isKeyFrame: true), formats: Self.formats)
        track.receive(packet(2, isDiscardable: true), formats: Self.formats)
        track.receive(packet(3), formats: Self.formats)
        #expect(seen.frames.count == 3 && track.receiver?.statistics.skipped == 1)
    }

    @Test func otherFormatsBeginAnew() {
        let seen = Seen()
        let track = remote(seen)
        track.receive(packet(0, isKeyFrame: true), formats: [VideoFormat(payloadType: 98, codec: .vp9)])
        #expect(seen.frames.isEmpty)
        track.receive(packet(1, isKeyFrame: true), formats: Self.formats)
        #expect(seen.frames.count == 1)
    }
}
