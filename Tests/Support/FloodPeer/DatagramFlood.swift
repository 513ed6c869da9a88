import Foundation

/// Garbage that looks like media, data or connectivity checks, to ports of this machine.
struct DatagramFlood {
    var ports: [Int]

    /// - Returns: how many datagrams were sent.
    func run(for time: Duration) async throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        let shapes: [[UInt8]] = [
            // RTP of a source that there is not, DTLS application data, a STUN request without integrity.
            [0x80, 111] + Self.noise(200), [23, 0xFE, 0xFD, 0, 1] + Self.noise(6) + [0, 100] + Self.noise(100),
            [0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42] + Self.noise(12),
        ]
        let end = ContinuousClock.now + time
        var sent = 0
        while ContinuousClock.now < end, !ports.isEmpty {
            for _ in 0..<64 {
                send(shapes[sent % shapes.count], to: ports[sent / shapes.count % ports.count], descriptor)
                sent += 1
            }
            try await Task.sleep(for: .milliseconds(1))
        }
        return sent
    }

    private func send(_ bytes: [UInt8], to port: Int, _ descriptor: Int32) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private static func noise(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 197 &+ 41) }
    }
}
