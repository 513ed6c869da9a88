import CDatagrams
import NIOCore
import NIOPosix
import RTCCore
import SansIO

/// One bound UDP socket on an event loop: datagrams in by closure, out by `send` and `flush`.
///
/// They come as the loop is woken for them, or wait for `readWaiting`.
final class UDPSocket {
    let local: LocalEndpoint
    private let channel: any Channel
    private let callbacks: Callbacks
    /// Whether the system says when it took a datagram in.
    private let isStamped: Bool
    private var readsEach = true
    /// What was sent to lately; `nil` for what the socket does not reach.
    private var destinations: [TransportAddress: SocketAddress?] = [:]

    /// Called with every datagram and the time at which it came, then once at the end of each burst.
    struct Callbacks {
        var received: (consuming Datagram, Instant) -> Void
        var burstEnded: () -> Void
    }

    /// How many full readings follow each other at most, so that a flood leaves the loop to others.
    private static let mostReadings = 8

    private init(local: LocalEndpoint, channel: any Channel, callbacks: Callbacks) {
        self.local = local
        self.channel = channel
        self.callbacks = callbacks
        let isStamped = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: CInt.self) {
            jask_datagrams_stamp($0) != 0
        }
        self.isStamped = isStamped == true
    }

    /// Whoever is dropped without a word frees its port all the same.
    deinit { close() }

    /// Binds `address` (port 0: any) on `eventLoop`. The callbacks run on that loop, which must be the current one.
    static func bind(
        _ address: TransportAddress, on eventLoop: any EventLoop, callbacks: Callbacks
    ) -> EventLoopFuture<UDPSocket> {
        let handler = DatagramHandler(callbacks: callbacks)
        let bound = NIOLoopBound(handler, eventLoop: eventLoop)
        do {
            return try DatagramBootstrap(group: eventLoop)
                // One buffer a datagram: packets are decrypted in place, which a shared block would copy whole.
                .channelOption(
                    .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: DatagramScratch.room)
                )
                .channelOption(.socketOption(.so_rcvbuf), value: 1 << 20)
                .channelOption(.maxMessagesPerRead, value: UInt(ReadingPace.mostAtOnce))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(bound.value)
                    }
                }
                .bind(to: SocketAddress(address))
                .assumeIsolated()
                .flatMapThrowing { channel in
                    guard let address = channel.localAddress.flatMap(TransportAddress.init) else {
                        throw ChannelError.unknownLocalAddress
                    }
                    let local = LocalEndpoint.udp(address)
                    bound.value.local = local
                    return UDPSocket(local: local, channel: channel, callbacks: callbacks)
                }
                .nonisolated()
        } catch {
            return eventLoop.makeFailedFuture(error)
        }
    }

    /// Says whether the loop is woken for each datagram; otherwise they wait for `readWaiting`, as long as there is room.
    /// Where the system does not say when they came, it is woken all the same.
    func readEach(_ isWanted: Bool) {
        let isWanted = isWanted || !isStamped
        guard isWanted != readsEach, let options = channel.syncOptions else { return }
        // It throws where the channel is closed: nothing is read then either way.
        try? options.setOption(.autoRead, value: isWanted)
        readsEach = isWanted
    }

    /// Tells of the datagrams that wait, each with the time at which the system took it in; not of the burst's end.
    /// - Parameter scratch: room for them.
    /// - Returns: false where the system reports an error, which the loop is to find by itself.
    func readWaiting(_ scratch: inout DatagramScratch) -> Bool {
        guard !readsEach else { return true }
        for _ in 0..<Self.mostReadings {
            // What is told of may close the channel: then there is no descriptor any more.
            let read = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: CInt.self) {
                scratch.fill(from: $0)
            }
            guard let count = read ?? nil else { return false }
            let now = Instant.onEventLoop
            for index in 0..<count {
                guard let (remote, payload, age) = scratch.datagram(index) else { continue }
                callbacks.received(Datagram(local: local, remote: remote, payload: payload), now - age)
            }
            if count < ReadingPace.mostAtOnce { break }
        }
        return true
    }

    /// Queues a datagram; it leaves with the next `flush`. One for an address that this socket can never reach is dropped.
    ///
    /// What the system refuses to send closes the socket, save where the datagram is too long or its host does not answer.
    func send(_ payload: ByteBuffer, to remote: TransportAddress) {
        guard let destination = destination(remote) else { return }
        channel.write(AddressedEnvelope(remoteAddress: destination, data: payload), promise: nil)
    }

    func flush() { channel.flush() }

    func close() { channel.close(promise: nil) }

    /// Calls `body` on the socket's loop once the socket is closed, by `close` or by an error.
    func whenClosed(_ body: @escaping () -> Void) {
        channel.closeFuture.assumeIsolated().whenComplete { _ in body() }
    }

    private func destination(_ remote: TransportAddress) -> SocketAddress? {
        if let known = destinations[remote] { return known }
        if destinations.count >= 64 { destinations.removeAll(keepingCapacity: true) }
        let address = reaches(remote.ip) ? try? SocketAddress(remote) : nil
        destinations.updateValue(address, forKey: remote)
        return address
    }

    /// A loopback socket reaches this machine only: sending elsewhere is an error (EINVAL), which would close it.
    private func reaches(_ remote: IPAddress) -> Bool {
        guard local.address.ip.isLoopback, !remote.isLoopback else { return true }
        let devices = (try? System.enumerateDevices()) ?? []
        return devices.contains { $0.address.flatMap(TransportAddress.init)?.ip == remote }
    }
}

/// Hands datagrams to the driver on the loop, at the end of each burst.
///
/// Not at once: while NIO passes a datagram down its pipeline it holds on to it, and decrypting in place would copy it.
private final class DatagramHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    var local: LocalEndpoint?
    private let callbacks: UDPSocket.Callbacks
    private var burst: [Datagram?] = []

    init(callbacks: UDPSocket.Callbacks) {
        self.callbacks = callbacks
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard let local, let remote = TransportAddress(envelope.remoteAddress) else { return }
        burst.append(Datagram(local: local, remote: remote, payload: envelope.data))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        for index in burst.indices {
            if let datagram = burst[index].take() { callbacks.received(consume datagram, .onEventLoop) }
        }
        burst.removeAll(keepingCapacity: true)
        callbacks.burstEnded()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What ends the socket closes the channel, and `whenClosed` tells; anything else concerns one datagram.
    }
}
