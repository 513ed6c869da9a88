import Claude
import Foundation
import Inference
import LiveKit
import NIOCore
import NIOPosix
import Perception
import RTCCore
import RTCMedia
import RTCNetwork
import SansIO
import Session
import Settings

/// Jask in one process: a worker with its rooms, the coach, and health and metrics over HTTP.
///
/// `start` registers the worker; `drain` ends it kindly, as on SIGTERM; `stop` ends it now. Signals are the caller's.
public final class JaskRuntime: Sendable {
    /// What a runtime tells while it runs.
    public struct Observers: Sendable {
        /// One line of the log. Never a secret, never a text of a participant.
        public var log: @Sendable (Telemetry.Level, String) -> Void
        /// What happens in the rooms, texts of hints included; called on the rooms' event loops.
        public var timeline: @Sendable (TimelineEvent, RoomFacts) -> Void
        /// The server, which could not be reached at the start, refuses the worker: nothing will come of it any more.
        public var refused: @Sendable (any Error) -> Void

        public init(
            log: @escaping @Sendable (Telemetry.Level, String) -> Void = { _, _ in },
            timeline: @escaping @Sendable (TimelineEvent, RoomFacts) -> Void = { _, _ in },
            refused: @escaping @Sendable (any Error) -> Void = { _ in }
        ) {
            self.log = log
            self.timeline = timeline
            self.refused = refused
        }
    }

    /// The port of `/live`, `/ready` and `/metrics`; `nil` where they are not served.
    public var healthPort: Int? { health?.port }
    public let instance: AgentInstance
    private let worker: Worker
    private let health: HealthServer?
    /// What looks at pictures, or why nothing does.
    public let vision: VisionSupply
    private let pool: ThreadPool
    private let group: any EventLoopGroup
    private let registry: InstanceRegistry?
    private let source: ConfigurationSource?
    /// The coach's first request, while it is under way.
    private let warmUp: Task<Void, Never>

    private init(
        instance: AgentInstance, worker: Worker, health: HealthServer?, vision: VisionSupply, pool: ThreadPool,
        group: any EventLoopGroup, registry: InstanceRegistry?, warmUp: Task<Void, Never>, source: ConfigurationSource?
    ) {
        self.instance = instance
        self.worker = worker
        self.health = health
        self.vision = vision
        self.pool = pool
        self.group = group
        self.registry = registry
        self.warmUp = warmUp
        self.source = source
    }

    /// Reads the model, starts the threads, registers with the server and serves health.
    ///
    /// Returns when the server has answered. Where it cannot be reached, it returns too, and the worker goes on trying.
    /// - Parameters:
    ///   - reader: how the configuration is read again while the process runs: when its file changes, and on
    ///     `reloadConfiguration`. Settings marked *session* then change in running rooms. Nil: it stays as it is.
    ///   - group: the event loops of rooms and worker; not shut down by the runtime.
    /// - Throws: `ConfigurationErrors`; `StateFolderError` where nothing can be kept; `SileroModelError` for a missing
    ///   or broken model; `TransportError` where the
    ///   server refuses the worker; `WebServerError` where the health port is taken.
    public static func start(
        configuration: Configuration, rereading reader: ConfigurationReader? = nil, observers: Observers = Observers(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> JaskRuntime {
        let settings = try configuration.worker()
        let server = try ServerURL(settings.url)
        let key = try APIKey(name: settings.apiKey, secret: settings.apiSecret.revealed)
        let model = try loadModel(in: settings.modelsDirectory)
        let telemetry = Telemetry(log: observers.log, timeline: observers.timeline)
        var random = RandomSource.system
        let instance = AgentInstance(random: &random)
        try StateFolder.prepare(settings.stateDirectory)
        let registry = makeRegistry(settings.stateDirectory, instance, telemetry)
        let threads = settings.workerThreads > 0 ? settings.workerThreads : ProcessInfo.processInfo.activeProcessorCount
        let pool = try ThreadPool(threadCount: threads)
        let coach = ClaudeCoach(configuration: configuration.coach, random: .system) { telemetry.log(.warning, $0) }
        let vision = loadVision(configuration, telemetry)
        let resources = SessionResources(
            pool: pool, identity: try DTLSIdentity.generate(), model: model, vision: vision, coach: coach,
            configuration: configuration, stateDirectory: settings.stateDirectory, journal: settings.journal,
            interfaces: configuration.interfaces,
            srtpEngine: configuration.srtpEngine, takesJPEG: configuration.takesJPEG,
            wallClock: { Int64(Date().timeIntervalSince1970 * 1e9) },
            telemetry: telemetry)
        let worker = Worker(
            configuration: settings, server: server, key: key, instance: instance, resources: resources,
            liveness: { id in
                // Asked only about rooms where this process has no session: there it is as good as dead.
                id == instance.id ? false : registry?.isAlive(id)
            }, onRefused: { observers.refused($0) }, group: group)
        var health: HealthServer?
        do {
            if settings.isHealthEnabled {
                health = try await HealthServer.start(
                    host: settings.healthHost, port: settings.healthPort, group: group,
                    state: { await worker.health() }, metrics: { telemetry.metrics.registry.rendered() })
            }
            try await worker.start()
        } catch {
            await worker.stop()
            await health?.stop()
            await shutdown(pool)
            throw error
        }
        let source = reader.map { follow($0, from: configuration, for: worker, telemetry) }
        return JaskRuntime(
            instance: instance, worker: worker, health: health, vision: vision, pool: pool, group: group,
            registry: registry,
            warmUp: Task { if let usage = await coach.warmUp() { telemetry.metrics.observe(usage) } },
            source: source)
    }

    /// Has the worker take up what changes.
    private static func follow(
        _ reader: ConfigurationReader, from configuration: Configuration, for worker: Worker, _ telemetry: Telemetry
    ) -> ConfigurationSource {
        let source = ConfigurationSource(reader, started: configuration) { output in
            telemetry.metrics.observe(output)
            if let told = output.told { telemetry.log(told.level, told.text) }
            if case .apply(let configuration, _) = output { worker.reconfigure(configuration) }
        }
        source.start()
        return source
    }

    /// Reads file and environment again, now; what comes of it is logged. On SIGHUP.
    public func reloadConfiguration() { source?.reload() }

    /// Takes no new rooms, lets those there are finish, at most for the configured time, and stops.
    public func drain() async {
        await worker.drain()
        await finish()
    }

    /// Leaves every room and stops.
    public func stop() async {
        await worker.stop()
        await finish()
    }

    /// What `/ready` goes by.
    public func state() async -> HealthState { await worker.health() }

    private func finish() async {
        warmUp.cancel()
        source?.stop()
        await health?.stop()
        await Self.shutdown(pool)
    }

    /// Waits for the pool's threads, off the caller's thread.
    private static func shutdown(_ pool: ThreadPool) async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                pool.shutdown(draining: false)
                continuation.resume()
            }
        }
    }

    /// Beside everything else: without it the process works all the same, but for gestures.
    private static func loadVision(_ configuration: Configuration, _ telemetry: Telemetry) -> VisionSupply {
        let vision = VisionSupply(InferenceBudgetConfiguration(configuration), metrics: telemetry.metrics) {
            telemetry.log($0, $1)
        }
        let folder = configuration.modelsFolder(environment: ProcessInfo.processInfo.environment)
        Thread.detachNewThread { vision.load(folder: folder) }
        return vision
    }

    /// From the configured folder, else from where set-up puts it.
    private static func loadModel(in directory: String) throws(SileroModelError) -> SileroModel {
        let usual = SileroModel.defaultPath(environment: ProcessInfo.processInfo.environment)
        guard directory.isEmpty, let usual else { return try .load(path: directory + "/" + SileroModel.fileName) }
        return try .load(path: usual)
    }

    /// Without it the process works all the same; only a killed neighbour is noticed later.
    private static func makeRegistry(
        _ directory: String, _ instance: AgentInstance, _ telemetry: Telemetry
    ) -> InstanceRegistry? {
        do {
            return try InstanceRegistry(folder: directory + "/instances", own: instance)
        } catch {
            telemetry.log(.warning, "this instance is not registered in \(directory)/instances: \(error)")
            return nil
        }
    }

    // MARK: Faults, for tests

    /// Cuts the worker's socket as a network fault would.
    public func cutWorkerSocket() { worker.cutSocket() }
}
