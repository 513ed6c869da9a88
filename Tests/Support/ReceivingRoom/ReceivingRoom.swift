import LiveKit
import NIOCore
import RTCCore
import RTCMedia
import RTCNetwork
import SansIO

/// A room that receives one track, from the datagram to the decoder's queue, without a network and a server: for
/// measuring what a packet costs it. Used on its event loop.
public final class ReceivingRoom {
    private let engine: RoomEngine
    private let driver: PeerConnectionDriver
    private var pair: ConnectedPair
    private var next: UInt32 = 1
    private let payload: ByteBuffer

    /// - Parameters:
    ///   - size: bytes of payload a packet.
    ///   - sink: called on a thread of the pool with each piece of sound.
    public init(
        payload size: Int, pool: ThreadPool, on eventLoop: any EventLoop, sink: @escaping @Sendable (AudioFrame) -> Void
    ) throws {
        var payload = ByteBuffer(integer: UInt8(0x78))
        payload.writeRepeatingByte(0x5A, count: size - 1)
        self.payload = payload
        engine = RoomEngine(
            options: RoomOptions(
                signal: SignalOptions(server: try ServerURL("ws://localhost"), token: AccessToken(jwt: "")),
                identity: try .generate(), pool: pool), eventLoop: eventLoop)
        var pair = try ConnectedPair.connected(at: Instant(eventLoop.now))
        var connection = PeerConnection(configuration: .init(identity: try .generate()), random: .seeded(3))
        swap(&pair.right, &connection)
        driver = PeerConnectionDriver(connection: connection, eventLoop: eventLoop)
        driver.onEvent = { [weak engine] event in engine?.handle(event, .publisher) }
        let subscribed = SubscribedTrack(
            track: RoomTrack(sid: "TR_1", isAudio: true), participantSID: "PA_1", participantIdentity: "candidate")
        guard let track = pair.track else { throw ConnectedPair.NotConnected() }
        engine.handle(.trackAdded(track), .publisher)
        // The server, which is not there, would say which track that is.
        engine.sidOfSection[track.mid] = "TR_1"
        engine.decode(subscribed, into: sink)
        self.pair = pair
    }

    /// The next packets of the track.
    public func makeBurst(_ count: Int) -> [Datagram?] {
        (0..<count).map { _ in
            defer { next &+= 1 }
            return pair.datagram(
                OutgoingRTP(
                    payloadType: 111, marker: false, sequenceNumber: UInt16(truncatingIfNeeded: next),
                    timestamp: next &* 960, payload: payload))
        }
    }

    /// Takes datagrams as they come off a socket in one burst.
    public func receive(_ burst: inout [Datagram?]) {
        driver.perform { connection, now in
            for index in burst.indices {
                if let datagram = burst[index].take() { connection.receive(consume datagram, at: now) }
            }
        }
    }
}
