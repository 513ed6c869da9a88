import LiveKit
import NIOCore
import NIOHTTP1
import Web

/// The server's paths.
enum ServerRoutes {
    static func make(_ engine: NIOLoopBound<ServerEngine>, key: APIKey) -> Routes {
        let authorization = Authorization(keys: [key])
        let loop = engine.eventLoop
        var routes = Routes()
        routes.before { CrossOrigin.isPreflight($0) ? .empty(.noContent) : nil }
        routes.completing(CrossOrigin.complete)
        // As in the real server's router, these paths answer whatever the method.
        routes.on("/") { _ in .text("OK") }
        // An upgrade is needed here; a plain request finds nothing.
        for path in ["/rtc", "/rtc/v1"] {
            routes.on(path) { _ in .empty(.notFound) }
            routes.on("\(path)/validate") { request in
                await onLoop(loop) { validate(request, authorization, engine.value) }
            }
            routes.onUpgrade(path) { request in
                let admission = await onLoop(loop) { admit(request, authorization, engine.value) }
                switch admission {
                case .failure(let refusal): return .refuse(refusal.response)
                case .success(let join): return .accept { engine.value.attachSignal($0, join: join) }
                }
            }
        }
        routes.on(prefix: TwirpService.prefix) { request in
            await onLoop(loop) {
                let engine = engine.value
                let claims = authorization.claims(of: request, now: engine.seconds)
                return engine.perform { core, now in
                    TwirpService.respond(to: request, authorization: claims, core: core, at: now)
                }
            }
        }
        routes.onUpgrade("/agent") { request in
            let refusal = await onLoop(loop) { authorization.worker(request, now: engine.value.seconds) }
            if let refusal { return .refuse(refusal.response) }
            return .accept { engine.value.attachWorker($0) }
        }
        return routes
    }

    private static func admit(
        _ request: WebRequest, _ authorization: Authorization, _ engine: ServerEngine
    ) -> Result<JoinRequest, Authorization.Refusal> {
        authorization.join(request, now: engine.seconds).flatMap { join in
            guard let refusal = engine.core.refusal(of: join) else { return .success(join) }
            return .failure(.init(HTTPResponseStatus(statusCode: refusal.status), refusal.body))
        }
    }

    private static func validate(
        _ request: WebRequest, _ authorization: Authorization, _ engine: ServerEngine
    ) -> WebResponse {
        switch admit(request, authorization, engine) {
        case .success: .text("success")
        case .failure(let refusal): refusal.response
        }
    }

    private static func onLoop<Result: Sendable>(
        _ loop: any EventLoop, _ work: @escaping @Sendable () -> Result
    ) async -> Result {
        await withCheckedContinuation { continuation in
            loop.execute { continuation.resume(returning: work()) }
        }
    }
}
