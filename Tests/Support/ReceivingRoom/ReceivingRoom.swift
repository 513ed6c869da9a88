import LiveKit
import NIOCore
import RTCCore
import RTCMedia
import RTCNetwork
import SansIO

/// A room that receives one track, from the datagram to the decoder's queue, without a network and a server: for
/// measuring what a packet costs it. Used on its event loop.
public final class ReceivingRoom {
    /// What comes of the track.
    public enum Track {
        /// So many bytes a packet; the sink is called on a thread of the pool with the frames that became ready together.
        case sound(payload: Int, sink: @Sendable ([AudioFrame]) -> Void)
        /// VP8, so many packets of so many bytes a picture, the first a key frame; the sink is called on the loop.
        case pictures(packets: Int, payload: Int, sink: @Sendable (EncodedVideoFrame) -> Void)
    }

    private let engine: RoomEngine
    private let driver: PeerConnectionDriver
    private var pair: ConnectedPair
    private var packets: TrackPackets

    public init(_ track: Track, pool: ThreadPool, on eventLoop: any EventLoop) throws {
        packets = TrackPackets(track)
        engine = RoomEngine(
            options: RoomOptions(
                signal: SignalOptions(server: try ServerURL("ws://localhost"), token: AccessToken(jwt: "")),
                identity: try .generate(), pool: pool), eventLoop: eventLoop)
        let isAudio = if case .sound = track { true } else { false }
        var pair = try ConnectedPair.connected(sending: isAudio ? .audio : .video, at: Instant(eventLoop.now))
        var connection = PeerConnection(configuration: .init(identity: try .generate()), random: .seeded(3))
        swap(&pair.right, &connection)
        driver = PeerConnectionDriver(connection: connection, eventLoop: eventLoop)
        driver.onEvent = { [weak engine] event in engine?.handle(event, .publisher) }
        driver.onMedia = { [weak engine] media, payload in engine?.receive(media, payload: payload) }
        let subscribed = SubscribedTrack(
            track: RoomTrack(sid: "TR_1", isAudio: isAudio), participantSID: "PA_1", participantIdentity: "candidate")
        guard let remote = pair.track else { throw ConnectedPair.NotConnected() }
        engine.handle(.trackAdded(remote), .publisher)
        // The server, which is not there, would say which track that is.
        engine.sidOfSection[remote.mid] = "TR_1"
        switch track {
        case .sound(_, let sink): engine.decode(subscribed, into: sink)
        case .pictures(_, _, let sink): engine.assemble(subscribed, into: VideoSink(receive: sink))
        }
        self.pair = pair
    }

    /// The next packets of the track.
    public func makeBurst(_ count: Int) -> [Datagram?] { (0..<count).map { _ in pair.datagram(packets.next()) } }

    /// Takes datagrams as they come off a socket in one burst.
    public func receive(_ burst: inout [Datagram?]) {
        for index in burst.indices {
            if let datagram = burst[index].take() { driver.receiveMedia(consume datagram) }
        }
        driver.perform { _, _ in }
    }
}

/// The packets of a track, one after the other.
private struct TrackPackets {
    private let payloadType: UInt8
    /// Packets a piece of sound or a picture, and what one of those lasts.
    private let count: UInt32
    private let ticks: UInt32
    private let isAudio: Bool
    private let size: Int
    private var sent: UInt32 = 0

    init(_ track: ReceivingRoom.Track) {
        switch track {
        case .sound(let payload, _): (payloadType, count, ticks, size, isAudio) = (111, 1, 960, payload, true)
        case .pictures(let packets, let payload, _):
            (payloadType, count, ticks, size, isAudio) = (96, UInt32(packets), 6000, payload, false)
        }
    }

    mutating func next() -> OutgoingRTP {
        defer { sent &+= 1 }
        let place = sent % count
        var payload = isAudio ? ByteBuffer(integer: UInt8(0x78)) : beginning(of: place)
        payload.writeRepeatingByte(0x5A, count: max(0, size - payload.readableBytes))
        return OutgoingRTP(
            payloadType: payloadType, marker: !isAudio && place == count - 1,
            sequenceNumber: UInt16(truncatingIfNeeded: sent &+ 1), timestamp: (sent / count &+ 1) &* ticks,
            payload: payload)
    }

    /// The descriptor (RFC 7741), and in the first packet of a picture the frame's header (RFC 6386).
    private func beginning(of place: UInt32) -> ByteBuffer {
        if place > 0 { return ByteBuffer(bytes: [0x00]) }
        if sent > 0 { return ByteBuffer(bytes: [0x10, 0x11, 0x02, 0x00]) }
        return ByteBuffer(bytes: [0x10, 0x10, 0x02, 0x00, 0x9D, 0x01, 0x2A, 0x40, 0x01, 0xB4, 0x00])
    }
}
