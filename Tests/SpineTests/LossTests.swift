import Foundation
import SansIO
import Testing

extension Spine {
    /// A path that loses three datagrams in ten, each way, under a seed.
    @Suite struct LossTests {
        private enum Leg: UInt64, CaseIterable {
            case assistant = 1
            case candidate
            case both
        }

        @Test(
            "with 30 % loss on either leg the pause is heard, and its hint comes once and in time",
            .timeLimit(.minutes(4)))
        func loss() async throws {
            let stage = try await Stage()
            let worker = try stage.startWorker()
            try #require(try await stage.ready(worker), "\(worker.text)")
            let seed = ProcessInfo.processInfo.environment["JASK_SEED"].flatMap { UInt64($0) } ?? 1
            try await withThrowingTaskGroup(of: Void.self) { group in
                for leg in Leg.allCases { group.addTask { try await expectHint(stage, worker, leg, seed: seed) } }
                try await group.waitForAll()
            }
            let lost = await stage.server.lostDatagrams()
            print("30 % loss: \(lost) datagrams lost")
            #expect(lost > 200)
            worker.signal(SIGKILL)
            await stage.close()
        }

        private func expectHint(_ stage: Stage, _ worker: JaskProcess, _ leg: Leg, seed: UInt64) async throws {
            let (room, identity) = ("loss-\(leg)", "candidate-\(leg)")
            let seed = seed &* 10 &+ leg.rawValue
            // The code goes over the lossy path too: the candidate speaks when it has been told, and sends 2 s after joining.
            let candidate = try stage.startCandidate(room: room, identity: Identity(identity))
            let assistant = try #require(try await stage.assistant(in: room, within: 8), "\(worker.text)")
            let told = try await eventually(within: 5) { candidate.beganSpeaking }
            try #require(told != nil, "\(candidate.seen)\n\(worker.text)")
            if leg != .candidate {
                #expect(await stage.server.loseMedia(0.3, seed: seed, of: assistant.identity) == 1)
            }
            if leg != .assistant { #expect(await stage.server.loseMedia(0.3, seed: seed, of: identity) == 1) }

            let arrived = try await eventually(within: 20) { candidate.hints.first }
            let hint = try #require(arrived, "\(leg), seed \(seed): \(candidate.seen)\n\(worker.text)")
            let silent = try #require(candidate.fellSilent)
            let late = hint.at.seconds(since: silent) - 4
            print("30 % loss, \(leg) (seed \(seed)): hint \(late) s after the pause was long")
            #expect(
                late <= stage.bar(3) && late > -0.7, "\(stage.machine.report)\n\(leg), seed \(seed)\n\(worker.text)")
            #expect(hint.fields?["trigger"]?["kind"]?.text == "long_pause", "\(leg), seed \(seed)")
            #expect(
                hint.fields?["anchor"]?["path"]?.text == "solution.py", "\(leg), seed \(seed): the code came through")
            try await Task.sleep(for: .seconds(5))
            #expect(candidate.hints.count == 1, "\(leg), seed \(seed): \(candidate.seen)\n\(worker.text)")
            let text = "Jask: \(hint.fields?["text"]?.text ?? "")"
            #expect(
                candidate.received("lk.chat").count { $0.text == text } == 1, "\(leg), seed \(seed): \(candidate.seen)")
            #expect(candidate.notices("observing") == 1, "\(leg), seed \(seed): \(candidate.seen)")
            #expect(!worker.text.contains("room \(room): joining again"), "\(leg), seed \(seed)\n\(worker.text)")
            await candidate.leave()
        }
    }
}
