import Testing

@testable import LiveKit

struct ServerURLTests {
    @Test func schemesHostsPortsAndPathsAreRead() throws {
        let plain = try ServerURL("ws://127.0.0.1:7880")
        #expect((plain.isSecure, plain.host, plain.port, plain.basePath) == (false, "127.0.0.1", 7880, ""))
        let cloud = try ServerURL("wss://x.livekit.cloud/")
        #expect((cloud.isSecure, cloud.host, cloud.port, cloud.basePath) == (true, "x.livekit.cloud", 443, ""))
        #expect(cloud.hostHeader == "x.livekit.cloud")
        let path = try ServerURL("HTTP://host/a/b/")
        #expect((path.port, path.basePath) == (80, "/a/b"))
        let six = try ServerURL("https://[::1]:8443/x")
        #expect((six.host, six.port, six.hostHeader) == ("::1", 8443, "[::1]:8443"))
    }

    @Test(arguments: [
        "", "127.0.0.1:7880", "ftp://a", "ws://", "ws://:80", "ws://a:0", "ws://a:65536", "ws://a:x", "ws://a?b",
        "ws://user@a", "ws://a b", "ws://::1", "ws://[::1]x", "ws://ä",
    ])
    func othersAreRefusedWithAReason(text: String) {
        #expect {
            try ServerURL(text)
        } throws: { error in
            if case TransportError.invalidURL(let reason)? = error as? TransportError { return !reason.isEmpty }
            return false
        }
    }
}
