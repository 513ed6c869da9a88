import DevServer
import Foundation
import LiveKit
import NIOPosix
import RTCCore
import RTCMedia
import RTCNetwork
import SansIO
import VirtualCandidate

/// A development server and candidates for its rooms.
struct Stage: Sendable {
    let server: DevServer
    let key: LiveKit.APIKey
    let pool: ThreadPool
    let identity: DTLSIdentity

    static func start() async throws -> Stage {
        var configuration = DevServer.Configuration()
        configuration.port = 0
        configuration.rules.departureTimeout = .milliseconds(200)
        return Stage(
            server: try await DevServer.start(configuration), key: try LiveKit.APIKey(name: "devkey", secret: "secret"),
            pool: try ThreadPool(threadCount: 1), identity: try .generate())
    }

    /// A candidate that speaks once, or for long where many hints are waited for.
    func candidate(
        room: String, hints: Int, limit: Duration, onEvent: @escaping @Sendable (CandidateEvent) -> Void = { _ in }
    ) throws -> VirtualCandidate {
        var script = try CandidateScript.demo()
        script.untilHints = hints
        script.limit = limit
        script.repetitions = hints > 1 ? 20 : 1
        let claims = TokenClaims(identity: "candidate", video: .join(room: RoomName(room)))
        let token = try AccessToken(signing: claims, with: key, now: Int64(Date().timeIntervalSince1970))
        return VirtualCandidate(
            script: script, server: try ServerURL(server.url), token: token, identity: identity, pool: pool,
            interfaces: InterfacePolicy(only: [.loopback]), on: MultiThreadedEventLoopGroup.singleton.next(),
            onEvent: onEvent)
    }

    /// Joins a new room, waits for the notice, leaves.
    /// - Returns: whether the notice came within 5 s.
    func visit(_ room: String) async throws -> Bool {
        let (notices, told) = AsyncStream.makeStream(of: Void.self)
        let candidate = try candidate(room: room, hints: 1, limit: .seconds(5)) { event in
            if case .packet("jask.notice", _, _) = event { told.yield() }
        }
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                _ = try? await candidate.run()
                return false
            }
            group.addTask {
                for await _ in notices { return true }
                return false
            }
            let wasTold = await group.next() ?? false
            group.cancelAll()
            return wasTold
        }
    }

    /// Of one who only listens.
    func listener(_ identity: Identity, in room: String) throws -> RoomOptions {
        let claims = TokenClaims(identity: identity, video: .join(room: RoomName(room)))
        let token = try AccessToken(signing: claims, with: key, now: Int64(Date().timeIntervalSince1970))
        var options = RoomOptions(
            signal: SignalOptions(server: try ServerURL(server.url), token: token), identity: self.identity, pool: pool)
        options.interfaces = InterfacePolicy(only: [.loopback])
        options.audioSink = { _ in { _ in } }
        return options
    }
}
