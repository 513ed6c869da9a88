import NIOCore
import NIOPosix
import RTCNetwork
import SansIO
import Simulation

/// A UDP relay on loopback, in real time, that loses and delays what it passes on, by a seed.
///
/// Each side's peer sends to `port` of its side and is answered from there.
final class LossyLink {
    /// Where the peer on a side sends to: 0 is left, 1 right.
    let ports: [Int]
    private let channels: [any Channel]

    private init(channels: [any Channel]) {
        self.channels = channels
        ports = channels.map { $0.localAddress?.port ?? 0 }
    }

    static func open(_ conditions: LinkConditions, seed: UInt64, on loop: any EventLoop) async throws -> LossyLink {
        let relay = try await loop.submit {
            NIOLoopBound(Relay(conditions, seed: seed, loop: loop), eventLoop: loop)
        }.get()
        var channels: [any Channel] = []
        for side in 0...1 {
            let channel = try await bindLoopback(on: loop) { Side(relay: relay.value, side: side) }
            try await loop.submit { relay.value.channels.append(channel) }.get()
            channels.append(channel)
        }
        return LossyLink(channels: channels)
    }

    func close() async throws {
        for channel in channels { try await channel.close() }
    }
}

/// A UDP socket on a free port of loopback.
/// - Parameter handler: called on the loop.
func bindLoopback(
    on loop: any EventLoop, handler: @escaping @Sendable () -> any ChannelHandler
) async throws -> any Channel {
    try await DatagramBootstrap(group: loop)
        .channelOption(.socketOption(.so_rcvbuf), value: 4 << 20)
        .channelOption(.socketOption(.so_sndbuf), value: 4 << 20)
        .channelOption(.maxMessagesPerRead, value: 32)
        .channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(handler()) }
        }
        .bind(host: "127.0.0.1", port: 0).get()
}

/// What both sides share; lives on the loop.
private final class Relay {
    var channels: [any Channel] = []
    /// Where each side's peer was last heard from.
    var peers: [SocketAddress?] = [nil, nil]
    private var links: [SimulatedLink<ByteBuffer>]
    private let loop: any EventLoop
    private var armed: Instant?

    init(_ conditions: LinkConditions, seed: UInt64, loop: any EventLoop) {
        links = [SimulatedLink(conditions, seed: seed), SimulatedLink(conditions, seed: seed &+ 1)]
        self.loop = loop
    }

    func received(_ datagram: AddressedEnvelope<ByteBuffer>, from side: Int) {
        peers[side] = datagram.remoteAddress
        links[side].send(datagram.data, bytes: datagram.data.readableBytes, at: .onEventLoop)
        arm()
    }

    private func arm() {
        guard let due = earliest(links[0].deadline, links[1].deadline), armed.map({ due < $0 }) ?? true else { return }
        armed = due
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(deadline: due.deadline) { bound.value.passOn() }
    }

    private func passOn() {
        armed = nil
        let now = Instant.onEventLoop
        for side in 0...1 {
            let other = 1 - side
            while let packet = links[side].receive(at: now) {
                guard let peer = peers[other], channels.count == 2 else { continue }
                channels[other].write(AddressedEnvelope(remoteAddress: peer, data: packet), promise: nil)
            }
            if channels.count == 2 { channels[other].flush() }
        }
        arm()
    }
}

private final class Side: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let relay: Relay
    private let side: Int

    init(relay: Relay, side: Int) {
        self.relay = relay
        self.side = side
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        relay.received(unwrapInboundIn(data), from: side)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A peer that is not there yet, or no longer.
    }
}
