import LiveKit
import NIOCore
import SansIO
import Simulation

extension FuzzTarget {
    /// Frames of the server to a signalling connection, and what it does about them in time.
    static let signal = FuzzTarget(
        name: "signal", recordings: { $0.sequences("signal", of: 4) { $0.dir == "in" } }, largestInput: 12_000,
        run: { input in
            let options = SignalOptions(server: try ServerURL("ws://127.0.0.1:7880"), token: AccessToken(jwt: "a.b.c"))
            var connection = FuzzedSignal(core: SignalCore(options: options, random: .seeded(1)))
            try connection.begin()
            for message in MessageSequence.split(input).prefix(32) {
                try connection.receive(ByteBuffer(bytes: message))
            }
        })

    /// Data packets, streams included, to a participant.
    static let data = FuzzTarget(
        name: "data",
        recordings: { store in store.sequences("data", of: 5) { $0.note?.contains("ppid=50") != true } },
        largestInput: 20_000,
        run: { input in
            var receiver = DataReceiver()
            var now = Instant(nanoseconds: 1_000_000_000)
            let limit = DataStreamAssembler.Configuration().largestStream
            func drain() throws {
                while let event = receiver.pollOutput() {
                    guard case .stream(let content) = event else { continue }
                    guard content.bytes.readableBytes <= limit,
                        content.info.declaredLength.map({ $0 == content.bytes.readableBytes }) ?? true
                    else { throw FuzzFailure("a stream of \(content.bytes.readableBytes) bytes: \(content.info)") }
                }
                try FuzzFailure.check(deadline: receiver.deadline, isAfter: now, of: "the receiver")
            }
            for message in MessageSequence.split(input).prefix(64) {
                let message = ByteBuffer(bytes: message)
                // Every other sender is listed, or no stream would ever be delivered.
                if let sender = try? DataMessage(parsing: message).sender, sender.sid.utf8.count.isMultiple(of: 2) {
                    receiver.senderJoined(sid: sender.sid, identity: sender.identity, at: now)
                }
                receiver.receive(message, at: now)
                now = now + .seconds(7)
                if let due = receiver.deadline, due <= now { receiver.timeout(at: now) }
                try drain()
            }
            receiver.senderLeft(sid: "PA_x", at: now)
            now = now + DataStreamAssembler.Configuration().idleTimeout
            receiver.timeout(at: now)
            try drain()
            guard receiver.deadline == nil else { throw FuzzFailure("a stream stays open for ever") }
        })
}

/// A signalling connection and the socket that it believes to have.
private struct FuzzedSignal {
    var core: SignalCore
    var now = Instant(nanoseconds: 1_000_000_000)
    private var hasSocket = false

    init(core: SignalCore) { self.core = core }

    mutating func begin() throws {
        core.connect(at: now)
        try drain()
    }

    mutating func receive(_ frame: ByteBuffer) throws {
        if hasSocket { core.receive(frame, at: now) }
        try drain()
        now = now + .milliseconds(100)
        if let due = core.deadline, due <= now { core.timeout(at: now) }
        try drain()
        try FuzzFailure.check(deadline: core.deadline, isAfter: now, of: "the connection")
    }

    private mutating func drain() throws {
        while let output = core.pollOutput() {
            switch output {
            case .connect:
                if hasSocket { throw FuzzFailure("a second socket is wanted while one is open") }
                hasSocket = true
                core.socketOpened(at: now)
            case .send: if !hasSocket { throw FuzzFailure("a frame is sent without a socket") }
            case .closeSocket: hasSocket = false
            case .event(.disconnected):
                if core.deadline != nil { throw FuzzFailure("it waits for something after its end") }
            case .event: break
            }
        }
    }
}
