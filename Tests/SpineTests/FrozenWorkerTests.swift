import Foundation
import LiveKit
import PythonPeers
import Testing

@testable import AgentRuntime

extension Spine {
    /// A worker that stands still, as by SIGSTOP or on a machine that was suspended, and goes on.
    @Suite(.enabled(if: LiveKitServer.isThere, Comment(rawValue: LiveKitServer.missing)))
    struct FrozenWorkerTests {
        @Test("whoever was frozen for 18 s hears what is said after it at once", .timeLimit(.minutes(3)))
        func hearsAgain() async throws {
            let server = try LiveKitServer()
            try await server.start()
            let stage = try Stage(url: server.url, secret: LiveKitServer.secret)
            let worker = try stage.startWorker()
            try #require(try await stage.ready(worker), "\(worker.text)")
            let rooms = (0..<6).map { "r\($0)" }
            let candidates = try rooms.map { try stage.startCandidate(room: $0) { $0.repetitions = 9 } }
            let seats = try await Self.seats(in: rooms, stage, worker)
            try await Task.sleep(for: .seconds(3))
            worker.signal(SIGSTOP)
            // What is said meanwhile waits, in some rooms from the beginning, in others only at the end.
            for second in 0..<18 {
                for (index, seat) in seats.enumerated() where second >= index * 3 {
                    try await stage.api.probe(seat, question: "frozen-\(second)")
                }
                try await Task.sleep(for: .seconds(1))
            }
            worker.signal(SIGCONT)
            let woken = ContinuousClock.now
            let waits = try await withThrowingTaskGroup(of: Double.self) { group in
                for seat in seats {
                    group.addTask { try await Self.waitForAnswer(in: seat, stage, since: woken) ?? .infinity }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            print("real server, worker frozen for 18 s: heard again after \(waits.map { ($0 * 10).rounded() / 10 }) s")
            #expect(waits.allSatisfy { $0 <= 5 }, "\(waits)\n\(worker.text)")
            worker.signal(SIGKILL)
            for candidate in candidates { await candidate.leave() }
            await stage.close()
        }

        @Test("a frozen worker's rooms go to another one beside it, and it ends there when it goes on")
        func coveredByAnother() async throws {
            let server = try LiveKitServer()
            try await server.start()
            let stage = try Stage(url: server.url, secret: LiveKitServer.secret)
            let first = try stage.startWorker()
            try #require(try await stage.ready(first), "\(first.text)")
            let rooms = (0..<4).map { "r\($0)" }
            let candidates = try rooms.map { try stage.startCandidate(room: $0) { $0.repetitions = 9 } }
            let former = try #require(try await stage.assistant(in: "r0", within: 8), "\(first.text)").instance
            _ = try await Self.seats(in: rooms, stage, first)
            // On the same machine, with the same state folder: its lock goes on saying that the first one lives.
            let second = try stage.startWorker()
            try #require(try await stage.ready(second), "\(second.text)")
            try await Task.sleep(for: .seconds(6))
            first.signal(SIGSTOP)
            let froze = ContinuousClock.now
            let waits = try await withThrowingTaskGroup(of: Double.self) { group in
                for room in rooms {
                    group.addTask {
                        let heir = try await stage.assistant(in: room, after: former, within: 60)
                        return heir == nil ? .infinity : ContinuousClock.now.seconds(since: froze)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            print(
                "real server, worker frozen beside another: covered after \(waits.map { ($0 * 10).rounded() / 10 }) s")
            #expect(waits.allSatisfy { $0 < 60 }, "\(second.text)")
            first.signal(SIGCONT)
            let ended = try await eventually(within: 10) {
                // The server may end its job before it meets the other one.
                rooms.allSatisfy { room in
                    ["another assistant took over", "the server ended the job"].contains {
                        !first.lines(with: "room \(room): \($0)").isEmpty
                    }
                } ? true : nil
            }
            #expect(ended == true, "\(first.text)")
            for _ in 0..<20 {
                for room in rooms {
                    let instances = try await stage.assistants(in: room).map { $0.attributes[AgentInstance.attribute] }
                    #expect(instances.count == 1 && instances.first != former, "\(room): \(instances)\n\(second.text)")
                }
                try await Task.sleep(for: .milliseconds(250))
            }
            for worker in [first, second] { worker.signal(SIGKILL) }
            for candidate in candidates { await candidate.leave() }
            await stage.close()
        }

        private static func seats(in rooms: [String], _ stage: Stage, _ worker: JaskProcess) async throws -> [RoomKey] {
            var seats: [RoomKey] = []
            for room in rooms {
                let assistant = try #require(try await stage.assistant(in: room, within: 8), "\(worker.text)")
                seats.append(RoomKey(name: .init(room), sid: String(assistant.identity.dropFirst("jask-".count))))
            }
            return seats
        }

        /// Asks the assistant again and again until it answers what it was asked after it went on.
        private static func waitForAnswer(
            in seat: RoomKey, _ stage: Stage, since woken: ContinuousClock.Instant
        ) async throws -> Double? {
            var number = 0
            while ContinuousClock.now.seconds(since: woken) < 40 {
                number += 1
                try? await stage.api.probe(seat, question: "woken-\(number)")
                try await Task.sleep(for: .milliseconds(250))
                if let answer = try? await stage.api.reading(of: seat).0.answer, answer.contains("woken") {
                    return ContinuousClock.now.seconds(since: woken)
                }
            }
            return nil
        }
    }
}
