import NIOCore
import SansIO
import Simulation

@testable import LiveKit

/// A `SignalCore` in virtual time, with what it decided kept in order.
struct SignalHarness {
    var core: SignalCore
    var now = Instant(nanoseconds: 1_000_000_000)
    var connections: [SignalCore.Connection] = []
    var sent: [Livekit_SignalRequest] = []
    var events: [SignalEvent] = []
    var closed = 0

    init(configuration: SignalCore.Configuration = .init(), version: SignalVersion = .v1, seed: UInt64 = 1) throws {
        var options = SignalOptions(server: try ServerURL("ws://lk:7880"), token: AccessToken(jwt: "first"))
        options.preferredVersion = version
        core = SignalCore(options: options, configuration: configuration, random: .seeded(seed))
    }

    mutating func run(_ body: (inout SignalCore, Instant) -> Void) {
        body(&core, now)
        while let output = core.pollOutput() {
            switch output {
            case .connect(let connection): connections.append(connection)
            case .send(let frame):
                if let request = try? Livekit_SignalRequest(parsing: frame) { sent.append(request) }
            case .closeSocket: closed += 1
            case .event(let event): events.append(event)
            }
        }
    }

    /// Lets time pass, firing every deadline on the way.
    mutating func advance(_ duration: Duration) {
        let end = now + duration
        while let deadline = core.deadline, deadline <= end {
            now = max(now, deadline)
            run { $0.timeout(at: $1) }
        }
        now = end
    }

    mutating func receive(_ message: Livekit_SignalResponse.OneOf_Message) {
        var response = Livekit_SignalResponse()
        response.message = message
        let frame = response.encoded()
        run { $0.receive(frame, at: $1) }
    }

    mutating func open() { run { $0.socketOpened(at: $1) } }
    mutating func fail(_ error: TransportError) { run { $0.socketFailed(error, at: $1) } }
    mutating func cut() { run { $0.socketEnded(.lost("cut"), at: $1) } }

    mutating func join() {
        if connections.isEmpty { run { $0.connect(at: $1) } }
        open()
        var join = Livekit_JoinResponse()
        join.participant.sid = "PA_1"
        join.pingInterval = 5
        join.pingTimeout = 15
        receive(.join(join))
    }

    var eventNames: [String] {
        events.map { event in
            switch event {
            case .joined(_, let version, let isRejoin): isRejoin ? "rejoined" : "joined \(version.rawValue)"
            case .resumed: "resumed"
            case .message: "message"
            case .reconnecting(let mode, _): "reconnecting \(mode)"
            case .malformed: "malformed"
            case .dropped: "dropped"
            case .disconnected(let cause): "disconnected \(cause)"
            }
        }
    }
}
