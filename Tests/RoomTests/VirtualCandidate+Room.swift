import DevServer
import Foundation
import LiveKit
import NIOPosix
import RTCCore
import RTCMedia
import RTCNetwork
import VirtualCandidate

extension VirtualCandidate {
    /// `candidate` in room `r` of a server on loopback.
    static func make(
        _ script: CandidateScript, on server: DevServer, over version: SignalVersion = .v1,
        onEvent: @escaping @Sendable (CandidateEvent) -> Void = { _ in }
    ) throws -> VirtualCandidate {
        let key = try APIKey(name: "devkey", secret: "secret")
        let token = try AccessToken(
            signing: TokenClaims(identity: "candidate", video: .join(room: "r")), with: key,
            now: Int64(Date().timeIntervalSince1970))
        return VirtualCandidate(
            script: script, server: try ServerURL(server.url), token: token, identity: try .generate(),
            pool: try ThreadPool(threadCount: 1), interfaces: InterfacePolicy(only: [.loopback]), version: version,
            on: MultiThreadedEventLoopGroup.singleton.next(), onEvent: onEvent)
    }
}

extension CandidateScript {
    /// Speaks, sends no code, and is over after so long.
    static func speaking(for limit: Duration) throws -> CandidateScript {
        var script = try demo()
        script.code = nil
        script.limit = limit
        return script
    }
}
