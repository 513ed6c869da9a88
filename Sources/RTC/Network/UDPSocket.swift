import CDatagrams
import NIOCore
import NIOPosix
import RTCCore
import SansIO

#if canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// `UDPSocket` has a method of the same name.
private let systemClose = close

/// One bound UDP socket on an event loop: datagrams in by closure, out by `send` and `flush`.
///
/// They come as the loop is woken for them; media may be left to wait for `readWaiting`. For that the system tells media
/// apart: a second socket on the same port takes them. Where it does not, all datagrams wait.
final class UDPSocket {
    let local: LocalEndpoint
    /// What sends, and takes all but media.
    private let channel: any Channel
    /// What takes media: the same where the system does not tell them apart.
    private let media: any Channel
    private let callbacks: Callbacks
    /// Whether the system says when it took a datagram in.
    private var isStamped: Bool
    /// A second descriptor of the media socket, once there is need: to ask the channel for its own costs more than to read.
    private var descriptor: CInt?
    private var readsEach = true
    private var isClosed = false
    /// What was sent to lately; `nil` for what the socket does not reach.
    private var destinations: [TransportAddress: SocketAddress?] = [:]

    /// Called with every datagram and the time at which it came, then once at the end of each burst.
    struct Callbacks {
        var received: (consuming Datagram, Instant) -> Void
        var burstEnded: () -> Void
    }

    private static let sharedPort = NIOBSDSocket.Option(rawValue: SO_REUSEPORT)
    /// How many full readings follow each other at most, so that a flood leaves the loop to others.
    private static let mostReadings = 8

    /// - Parameter media: another socket on the same port.
    private init(local: LocalEndpoint, channel: any Channel, media: (any Channel)?, callbacks: Callbacks) {
        self.local = local
        self.channel = channel
        self.media = media ?? channel
        self.callbacks = callbacks
        isStamped = Self.lend(self.media) { jask_datagrams_stamp($0) != 0 } == true
        self.media.closeFuture.assumeIsolated().whenComplete { [weak self] _ in self?.forgetDescriptor() }
        guard let media else { return }
        // One without the other would take what is the other's.
        channel.closeFuture.assumeIsolated().whenComplete { _ in media.close(promise: nil) }
        media.closeFuture.assumeIsolated().whenComplete { _ in channel.close(promise: nil) }
    }

    /// Lends a channel's descriptor for a call; `nil` where it is closed.
    private static func lend<Result>(_ channel: any Channel, _ body: (CInt) -> Result) -> Result? {
        (try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: CInt.self, body)) ?? nil
    }

    /// Whoever is dropped without a word frees its port all the same.
    deinit {
        forgetDescriptor()
        close()
    }

    /// The second descriptor of the media socket; `nil` where it is closed, or the process may have no more of them.
    private func mediaDescriptor() -> CInt? {
        if descriptor == nil {
            descriptor = Self.lend(media) { fcntl($0, F_DUPFD_CLOEXEC, 0) }.flatMap { $0 < 0 ? nil : $0 }
        }
        return descriptor
    }

    /// - Returns: the number of datagrams; `nil` where the socket is closed or the system reports an error.
    private func fill(_ scratch: inout DatagramScratch) -> Int? {
        guard let descriptor = mediaDescriptor() else { return Self.lend(media) { scratch.fill(from: $0) } ?? nil }
        return scratch.fill(from: descriptor)
    }

    /// As long as it is there, the port is in use.
    private func forgetDescriptor() {
        guard let descriptor = descriptor.take() else { return }
        _ = systemClose(descriptor)
    }

    /// Binds `address` (port 0: any) on `eventLoop`. The callbacks run on that loop, which must be the current one.
    /// - Parameter splits: whether media are to be told apart by the system.
    static func bind(
        _ address: TransportAddress, on eventLoop: any EventLoop, splits: Bool, callbacks: Callbacks
    ) -> EventLoopFuture<UDPSocket> {
        let first = bindChannel(address, on: eventLoop, sharesPort: false, callbacks: callbacks)
        let both = first.assumeIsolated().flatMap { channel in
            let second =
                splits
                ? bindMedia(beside: channel, on: eventLoop, callbacks: callbacks)
                : eventLoop.makeSucceededFuture(nil)
            return second.map { media in (channel, media) }
        }
        return both.flatMapThrowing { channel, media in
            guard let address = channel.localAddress.flatMap(TransportAddress.init) else {
                media?.close(promise: nil)
                channel.close(promise: nil)
                throw ChannelError.unknownLocalAddress
            }
            return UDPSocket(local: .udp(address), channel: channel, media: media, callbacks: callbacks)
        }.nonisolated()
    }

    /// The second socket, bound to the first one's port; `nil` where the system does not divide what comes between them.
    ///
    /// The first is bound by itself: of ports that may be shared, the system would choose one that is in use.
    private static func bindMedia(
        beside channel: any Channel, on eventLoop: any EventLoop, callbacks: Callbacks
    ) -> EventLoopFuture<(any Channel)?> {
        guard let address = channel.localAddress.flatMap(TransportAddress.init), share(channel, true) else {
            return eventLoop.makeSucceededFuture(nil)
        }
        let second = bindChannel(address, on: eventLoop, sharesPort: true, callbacks: callbacks)
        return second.assumeIsolated().map { media -> (any Channel)? in
            guard lend(media, { jask_datagrams_split($0) != 0 }) != true else { return media }
            media.close(promise: nil)
            return nil
        }.nonisolated().flatMapErrorThrowing { _ in nil }.map { media in
            // What shares its port with nobody of ours is to share it with nobody.
            if media == nil { _ = share(channel, false) }
            return media
        }
    }

    private static func share(_ channel: any Channel, _ isShared: Bool) -> Bool {
        (try? channel.syncOptions?.setOption(.socketOption(sharedPort), value: isShared ? 1 : 0)) != nil
    }

    private static func bindChannel(
        _ address: TransportAddress, on eventLoop: any EventLoop, sharesPort: Bool, callbacks: Callbacks
    ) -> EventLoopFuture<any Channel> {
        let handler = NIOLoopBound(DatagramHandler(callbacks: callbacks), eventLoop: eventLoop)
        let made = NIOLoopBoundBox<(any Channel)?>(nil, eventLoop: eventLoop)
        var bootstrap = DatagramBootstrap(group: eventLoop)
            // One buffer a datagram: packets are decrypted in place, which a shared block would copy whole.
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: DatagramScratch.room))
            .channelOption(.socketOption(.so_rcvbuf), value: 1 << 20)
            .channelOption(.maxMessagesPerRead, value: UInt(ReadingPace.mostAtOnce))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    made.value = channel
                    try channel.pipeline.syncOperations.addHandler(handler.value)
                }
            }
        if sharesPort { bootstrap = bootstrap.channelOption(.socketOption(sharedPort), value: 1) }
        do {
            return try bootstrap.bind(to: SocketAddress(address)).always { result in
                // SwiftNIO leaves a channel open that cannot be bound.
                if case .failure = result { made.value?.close(promise: nil) }
                made.value = nil
            }
        } catch {
            return eventLoop.makeFailedFuture(error)
        }
    }

    /// Whether media alone wait.
    var tellsMediaApart: Bool { media !== channel }

    /// Says whether the loop is woken for each packet of media; otherwise they wait for `readWaiting`, as long as there is room.
    /// Where the system does not say when they came, it is woken all the same.
    func readEach(_ isWanted: Bool) {
        let isWanted = isWanted || !isStamped
        guard isWanted != readsEach, let options = media.syncOptions else { return }
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
            // What is told of may close the socket.
            guard !isClosed, let count = fill(&scratch) else { return false }
            if scratch.lacksStamps(count) { isStamped = false }
            let now = Instant.onEventLoop
            for index in 0..<count {
                guard let (remote, payload, age) = scratch.datagram(index) else { continue }
                callbacks.received(Datagram(local: local, remote: remote, payload: payload), now - age)
            }
            guard isStamped else { return false }
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

    func close() {
        isClosed = true
        channel.close(promise: nil)
    }

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

    private var local: LocalEndpoint?
    private let callbacks: UDPSocket.Callbacks
    private var burst: [Datagram?] = []

    init(callbacks: UDPSocket.Callbacks) {
        self.callbacks = callbacks
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        if local == nil { local = context.channel.localAddress.flatMap(TransportAddress.init).map(LocalEndpoint.udp) }
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
