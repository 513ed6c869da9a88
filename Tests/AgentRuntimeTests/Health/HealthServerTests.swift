import Foundation
import NIOPosix
import Synchronization
import Testing

@testable import AgentRuntime

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

@Suite struct HealthServerTests {
    private func get(_ path: String, _ server: HealthServer) async throws -> (Int, String, String) {
        let url = try #require(URL(string: "http://127.0.0.1:\(server.port)\(path)"))
        let (data, response) = try await URLSession.shared.data(from: url)
        let http = try #require(response as? HTTPURLResponse)
        let type = http.value(forHTTPHeaderField: "Content-Type") ?? ""
        return (http.statusCode, String(decoding: data, as: UTF8.self), type)
    }

    @Test func readinessFollowsTheWorker() async throws {
        let state = Mutex(HealthState(unready: .unregistered, rooms: 0, load: 0))
        let metrics = JaskMetrics()
        metrics.jobOffers.add(1, "accept")
        let server = try await HealthServer.start(
            host: "127.0.0.1", port: 0, group: MultiThreadedEventLoopGroup.singleton,
            state: { state.withLock { $0 } }, metrics: { metrics.registry.rendered() })
        #expect(try await get("/live", server).0 == 200)
        let unready = try await get("/ready", server)
        #expect(unready.0 == 503 && unready.1 == "unregistered\n")
        state.withLock { $0.unready = nil }
        #expect(try await get("/ready", server).0 == 200)
        state.withLock { $0.unready = .draining }
        #expect(try await get("/ready", server).1 == "draining\n")
        let exposed = try await get("/metrics", server)
        #expect(exposed.1.contains("jask_job_offers_total{outcome=\"accept\"} 1\n"))
        #expect(exposed.2.hasPrefix("text/plain; version=0.0.4"))
        #expect(try await get("/other", server).0 == 404)
        await server.stop()
    }
}
