import Foundation
import LiveKit
import NIOPosix
import RTCCore
import RTCMedia
import RTCNetwork
import SansIO
import VirtualCandidate

/// A server, and candidates for its rooms.
struct Stage: Sendable {
    let server: MediaServer
    let pool: ThreadPool
    let identity: DTLSIdentity

    /// - Parameter server: our development server if it is not given.
    static func start(on server: MediaServer? = nil) async throws -> Stage {
        let running: MediaServer
        if let server { running = server } else { running = try await .start() }
        return Stage(server: running, pool: try ThreadPool(threadCount: 1), identity: try .generate())
    }

    /// A candidate that speaks once, or for long where many hints are waited for.
    func candidate(
        room: String, hints: Int, limit: Duration, onEvent: @escaping @Sendable (CandidateEvent) -> Void = { _ in }
    ) throws -> VirtualCandidate {
        var script = try CandidateScript.demo()
        script.untilHints = hints
        script.limit = limit
        script.repetitions = hints > 1 ? 20 : 1
        return try candidate(room: room, script, onEvent: onEvent)
    }

    /// A candidate that speaks from the moment that its microphone is published, and sends nothing else.
    /// - Parameter delay: how long after joining the microphone is published.
    func speaker(
        room: String, after delay: Duration = .zero, onEvent: @escaping @Sendable (CandidateEvent) -> Void
    ) throws -> VirtualCandidate {
        var script = try CandidateScript.demo()
        script.code = nil
        script.gap = .zero
        // The recording begins with silence, of which an encoder that may sends next to nothing.
        script.speech = WaveFile(
            sampleRate: script.speech.sampleRate, samples: Array(script.speech.samples.drop { $0.magnitude < 500 }))
        script.microphoneAfter = delay
        script.untilHints = 1000
        script.limit = .seconds(30)
        script.repetitions = 20
        return try candidate(room: room, script, onEvent: onEvent)
    }

    /// A candidate that speaks for as long as it is there, with a camera if it has a film.
    func watched(
        room: String, film: SharedFilm?, limit: Duration,
        onEvent: @escaping @Sendable (CandidateEvent) -> Void
    ) throws -> VirtualCandidate {
        var script = try CandidateScript.demo()
        script.untilHints = .max
        script.limit = limit
        script.repetitions = 200
        script.camera = film.map { film in
            var camera = CandidateCamera(script: film.script)
            camera.rate = SharedFilm.rate
            camera.drawing = film.picture
            return camera
        }
        return try candidate(room: room, script, onEvent: onEvent)
    }

    private func candidate(
        room: String, _ script: CandidateScript, onEvent: @escaping @Sendable (CandidateEvent) -> Void
    ) throws -> VirtualCandidate {
        let claims = TokenClaims(identity: "candidate", video: .join(room: RoomName(room)))
        let token = try AccessToken(signing: claims, with: server.key, now: Int64(Date().timeIntervalSince1970))
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
        let token = try AccessToken(signing: claims, with: server.key, now: Int64(Date().timeIntervalSince1970))
        var options = RoomOptions(
            signal: SignalOptions(server: try ServerURL(server.url), token: token), identity: self.identity, pool: pool)
        options.interfaces = InterfacePolicy(only: [.loopback])
        options.audioSink = { _ in { _ in } }
        return options
    }
}
