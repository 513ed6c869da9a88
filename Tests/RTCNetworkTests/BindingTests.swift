import Foundation
import NIOCore
import NIOPosix
import RTCCore
import Testing

@testable import RTCNetwork

/// Sockets of which a second one takes media.
@Suite struct BindingTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    /// Binds an address and does something with the socket; nil where it cannot be bound.
    private func bind<Value: Sendable>(
        _ address: TransportAddress, splits: Bool = true, then body: @escaping @Sendable (UDPSocket) -> Value
    ) async throws -> Value? {
        try await loop.flatSubmit { [loop] in
            let callbacks = UDPSocket.Callbacks(received: { _, _ in }, burstEnded: {})
            return UDPSocket.bind(address, on: loop, splits: splits, callbacks: callbacks).assumeIsolated()
                .map { body($0) as Value? }.nonisolated().flatMapErrorThrowing { _ in nil }
        }.get()
    }

    @Test("Linux tells media apart, on IPv4 and IPv6, and a port is free again when its socket is closed")
    func twoSocketsOnOnePort() async throws {
        for text in ["127.0.0.1", "::1"] {
            let any = TransportAddress(ip: try #require(IPAddress(text)), port: 0)
            let bound = try await bind(any) { socket in
                let (address, isApart) = (socket.local.address, socket.tellsMediaApart)
                socket.close()
                return (address, isApart)
            }
            guard let (address, isApart) = bound else {
                print("skipped: \(text) cannot be bound here")
                continue
            }
            #expect(isApart)
            // Both are closed a turn of the loop later.
            try await loop.submit {}.get()
            let again = try await bind(address) { socket in socket.tellsMediaApart }
            #expect(again == true, "\(address)")
        }
    }

    @Test("a port that is in use cannot be bound, and what was opened for it is closed")
    func refusedPortsLeaveNothingOpen() async throws {
        let any = TransportAddress(ip: .loopback, port: 0)
        let keeper = try await loop.flatSubmit { [loop] in
            let callbacks = UDPSocket.Callbacks(received: { _, _ in }, burstEnded: {})
            return UDPSocket.bind(any, on: loop, splits: true, callbacks: callbacks).assumeIsolated()
                .map { NIOLoopBound($0, eventLoop: loop) }.nonisolated()
        }.get()
        let address = try await loop.submit { keeper.value.local.address }.get()
        let before = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        for _ in 0..<300 { #expect(try await bind(address) { _ in true } == nil) }
        try await loop.submit {}.get()
        let after = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        // Tests beside it open some.
        #expect(after - before < 150, "\(before) to \(after)")
        try await loop.submit { keeper.value.close() }.get()
    }
}
