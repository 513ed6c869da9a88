import NIOCore
import NIOPosix

/// One request on a connection of its own, as bytes, and everything that came back until the server closed, or until
/// `until` was found in it.
func rawExchange(port: Int, _ request: String, until end: String? = nil) async throws -> String {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                // A test that hangs must fail instead.
                channel.eventLoop.scheduleTask(in: .seconds(20)) { channel.close(promise: nil) }
                return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
    return try await channel.executeThenClose { inbound, outbound in
        try await outbound.write(ByteBuffer(string: request))
        var received = ""
        for try await part in inbound {
            received += String(decoding: part.readableBytesView, as: UTF8.self)
            if let end, received.contains(end) { break }
        }
        return received
    }
}

/// A POST with a JSON body.
func post(port: Int, _ path: String, _ json: String, token: String) async throws -> (status: Int, body: String) {
    let response = try await rawExchange(
        port: port,
        "POST \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer \(token)\r\n"
            + "Content-Type: application/json\r\nContent-Length: \(json.utf8.count)\r\n\r\n\(json)")
    let parts = response.components(separatedBy: "\r\n\r\n")
    return (Int(response.split(separator: " ").dropFirst().first ?? "") ?? 0, parts.dropFirst().joined())
}

func upgrade(port: Int, _ target: String, headers: String = "", until end: String? = "\r\n\r\n") async throws -> String
{
    try await rawExchange(
        port: port,
        "GET \(target) HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\(headers)\r\n",
        until: end)
}
