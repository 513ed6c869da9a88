import Foundation

extension Benchmark {
    /// What an audio room costs a worker process of its own: CPU and memory, then 200 rooms coming and going.
    static let rooms = Benchmark(name: "rooms") {
        guard FileManager.default.isExecutableFile(atPath: WorkerProcess.executable) else {
            throw Skipped(reason: "\(WorkerProcess.executable) is not built: swift build -c release --product jask")
        }
        let stage = try await Stage.start()
        let worker = try WorkerProcess(server: stage.server)
        defer { worker.stop() }
        try await Task.sleep(for: .seconds(2))
        let base = worker.residentMegabytes
        let cost = try await costOfRooms(8, on: stage, worker, base: base)
        let churn = try await comeAndGo(200, on: stage, worker)
        // A process that is gone uses nothing.
        guard worker.isRunning else { throw Failed(reason: "the worker ended") }
        await stage.server.stop()
        return cost + churn
    }

    private static func costOfRooms(
        _ count: Int, on stage: Stage, _ worker: WorkerProcess, base: Double
    ) async throws -> [Measurement] {
        let (notices, told) = AsyncStream.makeStream(of: Int.self)
        let candidates = try (0..<count).map { index in
            try stage.candidate(room: "cost-\(index)", hints: 1000, limit: .seconds(45)) { event in
                if case .packet("jask.notice", _, _) = event { told.yield(index) }
            }
        }
        let playing = Task {
            await withTaskGroup(of: Void.self) { group in
                for candidate in candidates { group.addTask { _ = try? await candidate.run() } }
            }
        }
        // Only rooms that the worker is in cost anything.
        let late = Task {
            try await Task.sleep(for: .seconds(15))
            told.finish()
        }
        var rooms: Set<Int> = []
        for await room in notices where rooms.insert(room).inserted && rooms.count == count { break }
        late.cancel()
        guard rooms.count == count else {
            playing.cancel()
            await playing.value
            throw Failed(reason: "the worker came to \(rooms.count) of \(count) rooms within 15 s")
        }
        // Joining is over by then.
        try await Task.sleep(for: .seconds(4))
        let before = worker.cpuSeconds
        try await Task.sleep(for: .seconds(20))
        let used = worker.cpuSeconds - before
        let memory = worker.residentMegabytes
        playing.cancel()
        await playing.value
        return [
            Measurement(what: "memory of the worker with no room", value: base, unit: "MB"),
            Measurement(
                what: "CPU an audio room, the candidate speaking", value: used / 20 / Double(count) * 100,
                unit: "% of a core"),
            Measurement(
                what: "memory added an audio room (\(count) rooms)", value: (memory - base) / Double(count), unit: "MB",
                bar: .atMost(10)),
        ]
    }

    private static func comeAndGo(_ count: Int, on stage: Stage, _ worker: WorkerProcess) async throws -> [Measurement]
    {
        var covered: [Double] = []
        var early = (memory: 0.0, descriptors: 0)
        for index in 0..<count {
            let began = ContinuousClock.now
            let room = "churn-\(index)"
            if try await stage.visit(room) {
                covered.append(began.duration(to: .now) / .milliseconds(1))
            }
            if index == count / 4 { early = (worker.residentMegabytes, worker.descriptors) }
        }
        try await Task.sleep(for: .seconds(3))
        return [
            Measurement(
                what: "rooms whose candidate was noticed, of \(count)", value: Double(covered.count), unit: "",
                bar: .atLeast(Double(count) * 0.98)),
            Measurement(
                what: "candidate's join begun → notice received, median of \(covered.count)", value: covered.median,
                unit: "ms"),
            Measurement(
                what: "memory after \(count) rooms, above that after \(count / 4)",
                value: worker.residentMegabytes - early.memory, unit: "MB", bar: .atMost(8)),
            Measurement(
                what: "descriptors after \(count) rooms, above those after \(count / 4)",
                value: Double(worker.descriptors - early.descriptors), unit: "", bar: .atMost(4)),
        ]
    }
}
