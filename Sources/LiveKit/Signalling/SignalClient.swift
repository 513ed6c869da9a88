import NIOCore
import RTCNetwork
import SansIO

/// Signalling with a server, on one event loop: every member is used there, and every callback comes there.
package final class SignalClient {
    /// Called for every event of the core, in order.
    package var onEvent: ((SignalEvent) -> Void)?

    private let driver: SocketDriver<SignalCore>

    package init(
        options: SignalOptions, configuration: SignalCore.Configuration = .init(),
        transport: TransportConfiguration = .init(), eventLoop: any EventLoop
    ) {
        driver = SocketDriver(
            core: SignalCore(options: options, configuration: configuration, random: .system), transport: transport,
            eventLoop: eventLoop, dial: { ($0.request, $0.timeout) })
        driver.onEvent = { [weak self] event in self?.onEvent?(event) }
    }

    package var eventLoop: any EventLoop { driver.eventLoop }

    package func connect() { perform { $0.connect(at: $1) } }

    package func send(_ request: Livekit_SignalRequest) { perform { $0.send(request, at: $1) } }

    package func resumeCompleted() { perform { $0.resumeCompleted(at: $1) } }

    package func resume(because reason: ReconnectReason) { perform { $0.resume(because: reason, at: $1) } }

    package func mediaCameUp() { perform { core, _ in core.mediaCameUp() } }

    package func rejoin(because reason: ReconnectReason) { perform { $0.rejoin(because: reason, at: $1) } }

    package func displaced() { perform { core, _ in core.displaced() } }

    package func leave(_ reason: DisconnectReason = .clientInitiated) {
        perform { $0.leave(reason, at: $1) }
    }

    /// In v1, the first offer of the next join.
    package var publisherOffer: Livekit_SessionDescription? {
        get { driver.core.publisherOffer }
        set { driver.core.publisherOffer = newValue }
    }

    /// The offer that went with the newest attempt to join.
    package var carriedOffer: Livekit_SessionDescription? { driver.core.carriedOffer }

    package var token: AccessToken { driver.core.token }
    package var roundTrip: Duration? { driver.core.roundTrip }

    private func perform(_ body: (inout SignalCore, Instant) -> Void) { driver.perform(body) }
}
