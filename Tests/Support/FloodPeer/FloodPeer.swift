import DevServer
import Foundation
import LiveKit
import NIOPosix
import RTCMedia
import RTCNetwork
import SansIO

/// The flood test, and its ends that must not share the worker's event loop: `FloodPeer trial JASK SECONDS [KIND…]` is the
/// whole (`Trial`), `FloodPeer serve` the development server, and `FloodPeer flood URL ROOM KIND SECONDS [PORT…]` joins a
/// room and sends as fast as the path takes it.
@main
struct FloodPeer {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch arguments.first {
        case "serve": try await serve()
        case "trial" where arguments.count >= 3:
            let kinds = arguments.dropFirst(3).compactMap { Flood(rawValue: $0) }
            let trial = Trial(
                jask: arguments[1], seconds: Double(arguments[2]) ?? 4, kinds: kinds.isEmpty ? Flood.allCases : kinds)
            do { try await trial.run { say($0) } } catch {
                say("failed \(error)")
                exit(1)
            }
        case "flood" where arguments.count >= 5:
            guard let kind = Flood(rawValue: arguments[3]), let seconds = Double(arguments[4]) else { exit(2) }
            let ports = arguments.dropFirst(5).compactMap { Int($0) }
            try await flood(
                arguments[1], room: RoomName(arguments[2]), kind, for: .seconds(seconds), ports: ports)
        default: exit(2)
        }
    }

    private static func say(_ line: String) {
        print(line)
        fflush(nil)
    }

    private static func serve() async throws {
        var configuration = DevServer.Configuration()
        configuration.port = 0
        let server = try await DevServer.start(configuration)
        say("url \(server.url)")
        // Until whoever started it is gone.
        let parent = getppid()
        while getppid() == parent { try await Task.sleep(for: .seconds(1)) }
        await server.stop()
    }

    private static func flood(
        _ url: String, room name: RoomName, _ kind: Flood, for time: Duration, ports: [Int]
    ) async throws {
        guard kind != .datagrams else {
            say("begun")
            let count = try await DatagramFlood(ports: ports).run(for: time)
            return say("ended after \(count)")
        }
        let key = try APIKey(name: "devkey", secret: "secret")
        var grant = VideoGrant.join(room: name)
        grant.canUpdateOwnMetadata = true
        let token = try AccessToken(
            signing: TokenClaims(identity: kind.identity, video: grant), with: key,
            now: Int64(Date().timeIntervalSince1970))
        var options = RoomOptions(
            signal: SignalOptions(server: try ServerURL(url), token: token), identity: try .generate(),
            pool: try ThreadPool(threadCount: 1))
        options.topics = .beginning(["jask."])
        let room = Room.connect(options, on: MultiThreadedEventLoopGroup.singleton.next())
        let events = Task {
            for await event in room.events {
                if case .ready = event {
                    // Whoever floods has been told of the assistant: nothing of theirs is held back any more.
                    try await Task.sleep(for: .milliseconds(500))
                    let flooding = Flooding(kind: kind, room: room)
                    say("begun")
                    let count = try await flooding.run(for: time)
                    say("ended after \(count)")
                    await room.leave()
                }
                if case .disconnected(let reason) = event { say("left: \(reason)") }
            }
        }
        try await events.value
    }
}
