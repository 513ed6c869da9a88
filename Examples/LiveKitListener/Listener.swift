import Foundation
import LiveKit
import NIOPosix
import RTCMedia
import SansIO
import Synchronization

/// Joins a room as an ordinary participant, says hello, and tells whom the server lists and what it sees and hears:
/// `LIVEKIT_URL=… LIVEKIT_API_KEY=… LIVEKIT_API_SECRET=… swift run LiveKitListener ROOM [SECONDS]`
@main
struct Listener {
    static func main() async throws {
        let environment = ProcessInfo.processInfo.environment
        let arguments = CommandLine.arguments.dropFirst()
        guard let room = arguments.first, let url = environment["LIVEKIT_URL"],
            let name = environment["LIVEKIT_API_KEY"], let secret = environment["LIVEKIT_API_SECRET"]
        else {
            print("LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET must be set, and a room named")
            exit(2)
        }
        let seconds = arguments.dropFirst().first.flatMap(Double.init) ?? 60
        let key = try APIKey(name: name, secret: secret)
        let server = try ServerURL(url)
        try await Listener(server: server, key: key).listen(to: RoomName(room), for: .seconds(seconds)) { print($0) }
    }

    var server: ServerURL
    var key: APIKey

    /// - Parameter say: called with a line for each thing that happens.
    func listen(
        to name: RoomName, for time: Duration, _ say: @escaping @Sendable (String) -> Void
    ) async throws {
        let token = try AccessToken(
            signing: TokenClaims(identity: "listener", video: .join(room: name)), with: key,
            now: Int64(Date().timeIntervalSince1970), validity: .seconds(600))
        // Threads that decode sound, for all rooms of a process.
        let pool = try ThreadPool(threadCount: 1)
        var options = RoomOptions(
            signal: SignalOptions(server: server, token: token), identity: try .generate(), pool: pool)
        // Sound comes at 16 kHz, in frames of 20 ms, on the pool, seldom more than one at a time: nothing here may wait.
        options.audioSink = { track in
            let samples = Atomic(0)
            return { frames in
                let count = frames.reduce(0) { $0 + $1.samples.count }
                let before = samples.add(count, ordering: .relaxed).oldValue
                let (seconds, now) = (before / 16_000, (before + count) / 16_000)
                if now > seconds { say("\(now) s of sound of \(track.participantIdentity)") }
            }
        }
        let api = ServerAPI(server: server, key: key)
        let room = Room.connect(options, on: MultiThreadedEventLoopGroup.singleton.next())
        let leaving = Task {
            try await Task.sleep(for: time)
            await room.leave()
        }
        defer { leaving.cancel() }
        for await event in room.events {
            switch event {
            case .joined(let info, local: let own, isRejoin: _): say("joined \(info.name) as \(own.identity)")
            case .ready:
                try await room.sendText("hello", topic: "lk.chat")
                // The server's own list has hidden participants too, as assistants are.
                for who in try await api.listParticipants(room: name) where who.state != .disconnected {
                    say("the server lists \(who.identity), \(who.kind)\(who.isHidden ? ", hidden" : "")")
                }
            case .participantJoined(let who): say("\(who.identity) is here")
            case .participantLeft(let who): say("\(who.identity) left")
            case .data(let data, from: let sender):
                say("\(data.payload.readableBytes) bytes on \(data.topic) from \(sender.identity)")
            case .stream(let stream):
                say("\(stream.info.sender.identity) on \(stream.info.topic): \(stream.text ?? "-")")
            case .reconnecting(_, let cause): say("reconnecting: \(cause)")
            case .disconnected(let reason): say("disconnected: \(reason)")
            default: break
            }
        }
    }
}
