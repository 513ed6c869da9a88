import Foundation
import NIOCore
import NIOPosix
import RTCCore
import RTCNetwork
import SansIO
import Simulation

extension Benchmark {
    /// A bulk transfer over a path with loss and 40 ms of round trip, between two associations of ours and between two
    /// of each peer's, in turns, with the same seeds.
    static let lossyTransfer = Benchmark(name: "sctp-lossy") {
        let peers = try [TransferPeer.usrsctp(), TransferPeer.pion()].compactMap(\.self)
        defer { for peer in peers { peer.remove() } }
        var lines: [Measurement] = []
        for loss in [0.01, 0.05] {
            var ours: [Double] = []
            var ratios: [String: [Double]] = [:]
            for seed in 1...5 as ClosedRange<UInt64> {
                let conditions = LinkConditions.lossy(loss, delay: .milliseconds(20))
                let rate = try await LossyTransfer.measure(conditions, seed: seed, LossyTransfer.ours)
                ours.append(rate)
                for peer in peers {
                    let theirs = try await LossyTransfer.measure(conditions, seed: seed, peer.transfer)
                    ratios[peer.name, default: []].append(rate / theirs)
                }
            }
            let percent = Int(loss * 100)
            lines.append(
                Measurement(what: "\(percent) % of packets lost each way", value: ours.median, unit: "Mbit/s"))
            lines += peers.map { peer in
                let ratios = ratios[peer.name] ?? []
                return Measurement(
                    what: "\(percent) %: against \(peer.name) to \(peer.name)", value: ratios.median, unit: "×",
                    comparison: String(format: "from %.2f to %.2f", ratios.min() ?? 0, ratios.max() ?? 0),
                    bar: .atLeast(1))
            }
        }
        return lines
    }
}

private enum LossyTransfer {
    /// Seconds from the first message to the start of the measurement, and its length.
    static let warmUp = 2.0
    static let seconds = 8.0

    /// - Parameter transfer: gives the bytes received, given the ports of the link.
    /// - Returns: Mbit/s of messages.
    static func measure(
        _ conditions: LinkConditions, seed: UInt64, _ transfer: ([Int], any EventLoopGroup) async throws -> Int
    ) async throws -> Double {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let link = try await LossyLink.open(conditions, seed: seed, on: group.next())
        let bytes = try await transfer(link.ports, group)
        try await link.close()
        try await group.shutdownGracefully()
        return Double(bytes) * 8 / seconds / 1e6
    }

    static func ours(_ ports: [Int], _ group: any EventLoopGroup) async throws -> Int {
        let loop = group.next()
        let sender = try await AssociationEnd.open(sends: true, port: ports[0], on: loop)
        let receiver = try await AssociationEnd.open(sends: false, port: ports[1], on: loop)
        let received = { try await loop.submit { receiver.value.received }.get() }
        for _ in 0..<5000 where try await received() == 0 { try await Task.sleep(for: .milliseconds(1)) }
        try await Task.sleep(for: .seconds(warmUp))
        let before = try await received()
        try await Task.sleep(for: .seconds(seconds))
        let bytes = try await received() - before
        for end in [sender, receiver] { try await loop.flatSubmit { end.value.close() }.get() }
        return bytes
    }
}

/// One of our associations on a UDP socket, without DTLS below it as usrsctp's; lives on the loop.
private final class AssociationEnd: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private var association = SCTPAssociation(random: .system)
    private let sends: Bool
    private let peer: SocketAddress
    private(set) var received = 0
    private var channel: (any Channel)?
    private var timer: Scheduled<Void>?
    private let message = ByteBuffer(repeating: 0x42, count: 16_384)

    private init(sends: Bool, peer: SocketAddress) {
        self.sends = sends
        self.peer = peer
    }

    static func open(sends: Bool, port: Int, on loop: any EventLoop) async throws -> NIOLoopBound<AssociationEnd> {
        let peer = try SocketAddress(ipAddress: "127.0.0.1", port: port)
        let end = try await loop.submit {
            NIOLoopBound(AssociationEnd(sends: sends, peer: peer), eventLoop: loop)
        }.get()
        let channel = try await bindLoopback(on: loop) { end.value }
        try await loop.submit {
            end.value.channel = channel
            end.value.association.connect(at: .onEventLoop)
            end.value.drain()
        }.get()
        return end
    }

    func close() -> EventLoopFuture<Void> {
        timer?.cancel()
        guard let channel else { preconditionFailure("never opened") }
        self.channel = nil
        return channel.close()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        association.receive(unwrapInboundIn(data).data, at: .onEventLoop)
        drain()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The relay may be gone already.
    }

    private func drain() {
        guard let channel else { return }
        if sends { while (try? association.send(next, at: .onEventLoop)) != nil {} }
        while let output = association.pollOutput() {
            switch output {
            case .transmit(let packet):
                channel.write(AddressedEnvelope(remoteAddress: peer, data: packet), promise: nil)
            case .event(.message(let message)): received += message.payload.readableBytes
            case .event: break
            }
        }
        channel.flush()
        arm(channel.eventLoop)
    }

    private var next: SCTPMessage { SCTPMessage(stream: 0, ppid: 53, payload: message) }

    private func arm(_ loop: any EventLoop) {
        timer?.cancel()
        guard let due = association.deadline else { return }
        let bound = NIOLoopBound(self, eventLoop: loop)
        timer = loop.scheduleTask(deadline: due.deadline) {
            bound.value.association.timeout(at: .onEventLoop)
            bound.value.drain()
        }
    }
}

/// Two processes of one of the programs in `Peers`.
private struct TransferPeer {
    let name: String
    private let executable: URL
    private let isOurs: Bool

    /// `Peers/usrsctp_peer.c`; `nil` where the library or a compiler is missing.
    static func usrsctp() throws -> TransferPeer? {
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let executable = FileManager.default.temporaryDirectory
            .appendingPathComponent("usrsctp_peer-\(ProcessInfo.processInfo.processIdentifier)")
        let source = package.appendingPathComponent("Peers/usrsctp_peer.c").path
        let compiler = try start(
            "/usr/bin/env", ["cc", "-O2", "-o", executable.path, source, "-lusrsctp", "-lpthread"])
        compiler.process.waitUntilExit()
        guard compiler.process.terminationStatus == 0 else {
            say("    no comparison with usrsctp: libusrsctp-dev and a C compiler bring it")
            return nil
        }
        return TransferPeer(name: "usrsctp", executable: executable, isOurs: true)
    }

    /// `Peers/pion_peer.go`, built by whoever has pion; `nil` where it is not named.
    static func pion() -> TransferPeer? {
        guard let path = ProcessInfo.processInfo.environment["JASK_PION_PEER"] else {
            say("    no comparison with pion: JASK_PION_PEER names Peers/pion_peer.go where it is built")
            return nil
        }
        return TransferPeer(name: "pion", executable: URL(fileURLWithPath: path), isOurs: false)
    }

    func remove() {
        if isOurs { try? FileManager.default.removeItem(at: executable) }
    }

    func transfer(_ ports: [Int], _ group: any EventLoopGroup) async throws -> Int {
        // Ports of which the kernel says that they are free.
        let loop = group.next()
        var own: [Int] = []
        for _ in 0...1 {
            let channel = try await bindLoopback(on: loop) { Deaf() }
            own.append(channel.localAddress?.port ?? 0)
            try await channel.close()
        }
        let figures = ["\(LossyTransfer.warmUp)", "\(LossyTransfer.seconds)"]
        let sender = try Self.start(executable.path, ["send", "\(own[0])", "\(ports[0])"] + figures)
        defer { sender.process.terminate() }
        let receiver = try Self.start(executable.path, ["receive", "\(own[1])", "\(ports[1])"] + figures)
        defer { receiver.process.terminate() }
        try await Task.sleep(for: .seconds(LossyTransfer.warmUp + LossyTransfer.seconds))
        let output = String(decoding: receiver.output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        guard let bytes = Int(output.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw Failed(reason: "\(name) did not get through")
        }
        return bytes
    }

    private static func start(_ path: String, _ arguments: [String]) throws -> (process: Process, output: Pipe) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        return (process, output)
    }
}

private final class Deaf: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
}
