import LiveKit
import NIOCore
import SansIO
import Simulation

extension FuzzTarget {
    /// Frames of the server to a signalling connection, and what it does about them in time.
    static let signal = FuzzTarget(
        name: "signal", seeds: { $0.sequences("signal", of: 4) { $0.dir == "in" } }, largestInput: 12_000,
        run: { input in
            let options = SignalOptions(server: try ServerURL("ws://127.0.0.1:7880"), token: AccessToken(jwt: "a.b.c"))
            var core = SignalCore(options: options, random: .seeded(1))
            var now = Instant(nanoseconds: 1_000_000_000)
            core.connect(at: now)
            core.socketOpened(at: now)
            for message in MessageSequence.split(input).prefix(32) {
                core.receive(ByteBuffer(bytes: message), at: now)
                while let output = core.pollOutput() {
                    if case .connect = output { core.socketOpened(at: now) }
                }
                now = now + .milliseconds(100)
                if let due = core.deadline, due <= now { core.timeout(at: now) }
            }
        })

    /// Data packets, streams included, to a participant.
    static let data = FuzzTarget(
        name: "data",
        seeds: { store in store.sequences("data", of: 5) { $0.note?.contains("ppid=50") != true } },
        largestInput: 20_000,
        run: { input in
            var receiver = DataReceiver()
            var now = Instant(nanoseconds: 1_000_000_000)
            for message in MessageSequence.split(input).prefix(64) {
                receiver.receive(ByteBuffer(bytes: message), at: now)
                while receiver.pollOutput() != nil {}
                now = now + .seconds(7)
                if let due = receiver.deadline, due <= now { receiver.timeout(at: now) }
            }
            receiver.senderLeft(sid: "PA_x")
            while receiver.pollOutput() != nil {}
        })
}
