import NIOCore
import RTCNetwork
import SansIO

/// A worker that is registered with a LiveKit server and stays so. Callable from anywhere; callbacks come on its loop.
public final class AgentWorker: Sendable {
    private let driver: NIOLoopBoundBox<SocketDriver<WorkerCore>>
    public let eventLoop: any EventLoop

    /// - Parameters:
    ///   - decide: answers an offer; while it thinks, other offers come. After 8 s the offer is declined for it.
    ///   - onEvent: every event of the core, in order, but offers.
    public init(
        server: ServerURL, key: APIKey, options: WorkerOptions = .init(),
        transport: TransportConfiguration = .init(), eventLoop: any EventLoop,
        decide: @escaping @Sendable (JobOffer) async -> JobAnswer,
        onEvent: @escaping @Sendable (WorkerEvent) -> Void
    ) {
        self.eventLoop = eventLoop
        let driver = SocketDriver(
            core: WorkerCore(options: options, random: .system), transport: transport,
            eventLoop: eventLoop
        ) { connection throws(TransportError) in
            (try Self.request(to: server, key: key), connection.timeout)
        }
        driver.onEvent = { [weak driver] event in
            guard case .offered(let offer) = event, let driver else { return onEvent(event) }
            Self.ask(decide, offer, driver)
        }
        // The driver is touched on its loop alone, from here on.
        self.driver = NIOLoopBoundBox.makeBoxSendingValue(driver, eventLoop: eventLoop)
    }

    private static func request(to server: ServerURL, key: APIKey) throws(TransportError) -> WebSocketRequest {
        var grant = VideoGrant()
        grant.agent = true
        do {
            let token = try AccessToken(
                signing: TokenClaims(video: grant), with: key, now: WallClock.seconds(), validity: .seconds(3600))
            return WebSocketRequest(server: server, target: "/agent?protocol=1", token: token)
        } catch {
            throw .badResponse(error.description)
        }
    }

    /// Lets the owner decide an offer, beside everything else.
    private static func ask(
        _ decide: @escaping @Sendable (JobOffer) async -> JobAnswer, _ offer: JobOffer,
        _ driver: SocketDriver<WorkerCore>
    ) {
        let eventLoop = driver.eventLoop
        let bound = NIOLoopBound(WeakDriver(driver: driver), eventLoop: eventLoop)
        Task {
            let answer = await decide(offer)
            eventLoop.execute {
                bound.value.driver?.perform { $0.answer(answer, to: offer.id, at: $1) }
            }
        }
    }

    private struct WeakDriver {
        weak var driver: SocketDriver<WorkerCore>?
    }

    public func start() { perform { $0.start(at: $1) } }

    /// The load of this process, 0…1.
    public func setLoad(_ load: Float) { perform { $0.setLoad(load, at: $1) } }

    /// The job ended by itself. Call it before its participant leaves.
    public func finish(_ jobID: String, _ result: JobResult) { perform { $0.finish(jobID, result, at: $1) } }

    /// The job's participant is about to replace itself in its room.
    public func expectTakeover(of jobID: String) { perform { $0.expectTakeover(of: jobID, at: $1) } }

    /// The job's participant is in its room.
    public func participantJoined(_ jobID: String) { perform { $0.participantJoined(jobID, at: $1) } }

    /// Takes no new jobs; the event `drained` follows.
    public func drain() { perform { $0.drain(at: $1) } }

    /// Ends the registration; the event `closed` follows.
    public func close() { perform { $0.close(at: $1) } }

    /// Cuts the socket as a network fault would: for tests of the recovery.
    public func cutSocket() {
        eventLoop.execute { [driver] in driver.value.cutSocket() }
    }

    private func perform(_ body: @escaping @Sendable (inout WorkerCore, Instant) -> Void) {
        if eventLoop.inEventLoop {
            driver.value.perform(body)
        } else {
            eventLoop.execute { [driver] in driver.value.perform(body) }
        }
    }
}
