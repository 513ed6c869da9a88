import NIOCore
import SansIO
import Simulation

@testable import LiveKit

/// A `WorkerCore` in virtual time.
struct WorkerHarness {
    var core: WorkerCore
    var now = Instant(nanoseconds: 1_000_000_000)
    var connects: [Instant] = []
    var sent: [Livekit_WorkerMessage] = []
    var events: [WorkerEvent] = []
    var closed = 0

    init(options: WorkerOptions = .init(), seed: UInt64 = 1) {
        core = WorkerCore(options: options, random: .seeded(seed))
    }

    mutating func run(_ body: (inout WorkerCore, Instant) -> Void) {
        body(&core, now)
        while let output = core.pollOutput() {
            switch output {
            case .connect: connects.append(now)
            case .send(let frame):
                if let message = try? Livekit_WorkerMessage(parsing: frame) { sent.append(message) }
            case .closeSocket: closed += 1
            case .event(let event): events.append(event)
            }
        }
    }

    mutating func advance(_ duration: Duration) {
        let end = now + duration
        while let deadline = core.deadline, deadline <= end {
            now = max(now, deadline)
            run { $0.timeout(at: $1) }
        }
        now = end
    }

    /// Answers pings while time passes.
    mutating func live(_ duration: Duration) {
        let end = now + duration
        while now < end {
            advance(min(.seconds(1), end - now))
            receive(.pong(.init()))
        }
    }

    mutating func receive(_ message: Livekit_ServerMessage.OneOf_Message) {
        var wrapped = Livekit_ServerMessage()
        wrapped.message = message
        let frame = wrapped.encoded()
        run { $0.receive(frame, at: $1) }
    }

    mutating func register(_ id: String = "AW_1") {
        if connects.isEmpty { run { $0.start(at: $1) } }
        run { $0.socketOpened(at: $1) }
        receive(.register(.with { $0.workerID = id }))
    }

    mutating func cut() { run { $0.socketEnded(.lost("cut"), at: $1) } }

    mutating func offer(_ id: String) { receive(.availability(.with { $0.job.id = id })) }

    mutating func assign(_ id: String) {
        receive(
            .assignment(
                .with {
                    $0.job.id = id
                    $0.token = "token of \(id)"
                }))
    }

    mutating func accept(_ id: String) {
        run { $0.answer(.accept(AgentIdentity(identity: "jask-\(id)")), to: id, at: $1) }
    }

    mutating func startJob(_ id: String) {
        offer(id)
        accept(id)
        assign(id)
    }

    var eventNames: [String] {
        events.map { event in
            switch event {
            case .registered(let id, _): "registered \(id)"
            case .unregistered: "unregistered"
            case .refused: "refused"
            case .offered(let offer): "offered \(offer.id)"
            case .offerLapsed(let id): "lapsed \(id)"
            case .assigned(let assignment): "assigned \(assignment.job.id)"
            case .assignmentTimedOut(let id): "timed out \(id)"
            case .terminated(let id): "terminated \(id)"
            case .terminationIgnored(let id): "ignored \(id)"
            case .drained: "drained"
            case .malformed: "malformed"
            case .closed: "closed"
            }
        }
    }
}
