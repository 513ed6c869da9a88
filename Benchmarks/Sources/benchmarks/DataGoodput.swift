import Foundation
import NIOCore
import NIOPosix
import RTCCore
import RTCNetwork
import SansIO

extension Benchmark {
    /// Reliable ordered messages of 16 KiB from one driver to another over UDP on loopback, both on one thread, beside
    /// two aiortc peers in one process.
    static let dataGoodput = Benchmark(name: "sctp-goodput") {
        var (perCore, wall, others): ([Double], [Double], [Double]) = ([], [], [])
        // In turns, so that what else the machine does falls on both.
        for _ in 0..<3 {
            let result = try await Goodput.measure(seconds: 2)
            wall.append(result.megabits)
            perCore.append(result.megabits / result.cores)
            if let other = try Aiortc.goodput(seconds: 3) { others.append(other) }
        }
        var lines = [
            Measurement(
                what: "megabits a second and core, both ends together", value: perCore.median, unit: "Mbit/s",
                comparison: "\(Int(wall.median)) Mbit/s of wall time", bar: .atLeast(250))
        ]
        if others.isEmpty {
            say("    no comparison with aiortc: scripts/setup python brings it")
        } else {
            lines.append(
                Measurement(
                    what: "against aiortc to aiortc, a core each", value: perCore.median / others.median, unit: "×",
                    comparison: "aiortc \(Int(others.median)) Mbit/s a core", bar: .atLeast(5)))
        }
        return lines
    }
}

/// CPU time of this process so far, all threads, in seconds.
private func processorSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let parts = [usage.ru_utime, usage.ru_stime].map { Double($0.tv_sec) + Double($0.tv_usec) / 1e6 }
    return parts.reduce(0, +)
}

private enum Goodput {
    /// Both ends; lives on the loop.
    final class Ends {
        let left: PeerConnectionDriver
        let right: PeerConnectionDriver
        var channel: DataChannelID?
        var isOpen = false
        var received = 0
        let message = ByteBuffer(repeating: 0x42, count: 16_384)

        init(loop: any EventLoop) throws {
            func driver() throws -> PeerConnectionDriver {
                let connection = PeerConnection(
                    configuration: .init(identity: try DTLSIdentity.generate()), random: .system)
                return PeerConnectionDriver(connection: connection, eventLoop: loop)
            }
            left = try driver()
            right = try driver()
            left.onEvent = { [weak self] event in
                switch event {
                case .dataChannelOpened: self?.isOpen = true
                case .bufferedAmountLow: self?.fill()
                default: break
                }
            }
            right.onEvent = { [weak self] event in
                if case .dataChannelMessage(_, _, let payload) = event { self?.received += payload.readableBytes }
            }
        }

        func connect() throws {
            channel = try left.perform { try $0.openDataChannel(label: "load", at: $1) }
            let offer = try left.perform { try $0.createOffer(at: $1) }
            let answer = try right.perform { connection, now in
                try connection.setRemoteOffer(offer, at: now)
                return try connection.createAnswer(at: now)
            }
            try left.perform { try $0.setRemoteAnswer(answer, at: $1) }
        }

        /// Keeps up to 1 MB queued; called again when a quarter of it is left.
        func fill() {
            guard let channel else { return }
            left.perform { connection, now in
                connection.setBufferedAmountLowThreshold(256 * 1024, on: channel)
                while connection.bufferedAmount(channel) < 1 << 20 {
                    guard (try? connection.send(message, on: channel, at: now)) != nil else { return }
                }
            }
        }
    }

    static func measure(seconds: Int) async throws -> (megabits: Double, cores: Double) {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let ends = try await loop.submit { NIOLoopBound(try Ends(loop: loop), eventLoop: loop) }.get()
        let loopback = [IPAddress(v4: 0x7F00_0001)]
        _ = try await loop.flatSubmit { ends.value.left.gatherHostCandidates(loopback) }.get()
        _ = try await loop.flatSubmit { ends.value.right.gatherHostCandidates(loopback) }.get()
        try await loop.submit { try ends.value.connect() }.get()
        for _ in 0..<500 where try await !loop.submit({ ends.value.isOpen }).get() {
            try await Task.sleep(for: .milliseconds(10))
        }
        guard try await loop.submit({ ends.value.isOpen }).get() else {
            throw Failed(reason: "the two drivers did not connect over loopback")
        }
        try await loop.submit { ends.value.fill() }.get()
        // The congestion window opens first.
        try await Task.sleep(for: .milliseconds(300))
        let before = try await loop.submit { ends.value.received }.get()
        let (cpu, began) = (processorSeconds(), ContinuousClock.now)
        try await Task.sleep(for: .seconds(seconds))
        let bytes = try await loop.submit { ends.value.received }.get() - before
        let took = Double((ContinuousClock.now - began).wholeNanoseconds) / 1e9
        let cores = (processorSeconds() - cpu) / took
        try await loop.submit {
            ends.value.left.close()
            ends.value.right.close()
        }.get()
        try await group.shutdownGracefully()
        return (Double(bytes) * 8 / took / 1e6, cores)
    }
}
