import DevServer
import Foundation
import PythonPeers
import SansIO
import Testing

@testable import AgentRuntime

extension Spine {
    /// What breaks, and comes back: nothing that is due is lost, nothing is said twice.
    @Suite struct RecoveryTests {
        @Test("a killed worker's rooms are covered by its successor, which says nothing twice", .timeLimit(.minutes(4)))
        func workerKilled() async throws {
            let stage = try await Stage()
            let first = try stage.startWorker()
            try #require(try await stage.ready(first), "\(first.text)")
            // Speaks for 14 s with a long pause in it, again and again: the first pause is the first worker's.
            let told = try stage.startPythonCandidate(
                room: "told", ["--wav", Stage.speechWithPause, "--loop", "--seconds", "60"])
            try await Task.sleep(for: .seconds(6))
            // Pauses when the first worker is dead.
            let untold = try stage.startCandidate(room: "untold") { $0.repetitions = 2 }
            try #require(try await told.wait(12) { $0.hints.first } != nil, "\(told.lines)\n\(first.text)")
            let former = try #require(try await stage.assistant(in: "untold", within: 3), "\(first.text)")
            let noticed = try await eventually(within: 3) { untold.notices("observing") == 1 ? true : nil }
            #expect(noticed == true, "\(untold.seen)")
            first.signal(SIGKILL)

            let second = try stage.startWorker()
            for room in ["told", "untold"] {
                let heir = try await stage.assistant(in: room, after: former.instance, within: 8)
                try #require(heir != nil, "\(second.text)")
                let elapsed = ContinuousClock.now.seconds(since: second.began)
                #expect(elapsed < stage.bar(3), "\(stage.machine.report)\n\(room): \(elapsed) s\n\(second.text)")
                print("worker killed: \(room) covered \(elapsed) s after the next process's start")
                #expect(try await stage.assistants(in: room).count == 1)
            }
            let hint = try await eventually(within: 15) { untold.hints.first }
            #expect(hint != nil, "\(untold.seen)\n\(second.text)")
            #expect(untold.notices("resend") == 1, "\(untold.seen)")
            #expect(
                hint?.fields?["anchor"]?["path"]?.text == "solution.py",
                "the code was sent again as the successor asked: \(untold.seen)\n\(second.text)")
            // The successor notices the next long pause of the first room, and leaves it because of a hint it never sent.
            let left = try await eventually(within: 20) {
                second.lines(with: "room told:", "long_pause: ").first { $0.text.contains("cooldown") }?.text
            }
            #expect(left?.contains("cooldown") == true, "\(second.text)")
            #expect(told.hints.count == 1, "\(told.lines)")
            #expect(told.notices("observing").count == 1, "\(told.lines)")
            #expect(told.lines("disconnected").isEmpty && told.lines("reconnecting").isEmpty, "\(told.lines)")
            #expect(told.lines("participant").isEmpty, "\(told.lines)")
            #expect(untold.hints.count == 1 && untold.notices("observing") == 1, "\(untold.seen)")
            second.signal(SIGTERM)
            second.signal(SIGKILL)
            told.terminate()
            await untold.leave()
            await stage.close()
        }

        @Test(
            "cut sockets and lost media: the hint that is due comes once, soon after the path is back",
            .timeLimit(.minutes(3)))
        func pathLost() async throws {
            let stage = try await Stage()
            let worker = try stage.startWorker()
            try #require(try await stage.ready(worker), "\(worker.text)")
            // While the candidate speaks, the assistant's socket breaks: it resumes.
            async let signals: Void = expectHint(stage, worker, room: "signals", breakAfter: 3, blackout: nil)
            // The socket and the media: it may resume or rejoin.
            async let both: Void = expectHint(stage, worker, room: "both", breakAfter: 3, cut: true, blackout: 3)
            // Nothing of this room comes through while the pause becomes a long one.
            async let blackout: Void = expectHint(
                stage, worker, room: "blackout", breakAfter: 6, cut: false, blackout: 10)
            _ = try await (signals, both, blackout)
            worker.signal(SIGKILL)
            await stage.close()
        }

        /// One room: speaks 4.6 s, then is silent; the hint is due 4 s later.
        private func expectHint(
            _ stage: Stage, _ worker: JaskProcess, room: String, breakAfter: Double, cut: Bool = true, blackout: Double?
        ) async throws {
            let candidate = try stage.startCandidate(room: room, identity: "candidate-\(room)")
            let assistant = try #require(try await stage.assistant(in: room, within: 8), "\(worker.text)")
            let spoke = try await eventually(within: 8) { candidate.beganSpeaking }
            let start = try #require(spoke, "\(candidate.seen)")
            try await Task.sleep(until: start + .seconds(breakAfter), clock: .continuous)
            var back = ContinuousClock.now
            if let blackout {
                await stage.server.dropMedia(for: .seconds(blackout), of: assistant.identity)
                if !cut { await stage.server.dropMedia(for: .seconds(blackout), of: "candidate-\(room)") }
                back += .seconds(blackout)
            }
            if cut { #expect(await stage.server.cutSignals(of: assistant.identity) == 1) }
            let arrived = try await eventually(within: 8 + breakAfter + (blackout ?? 0)) { candidate.hints.first?.at }
            let at = try #require(arrived, "\(room): \(candidate.seen)\n\(worker.text)")
            let silent = try #require(candidate.fellSilent)
            let due = max(back, silent + .seconds(4))
            let late = at.seconds(since: due)
            print("path lost: \(room): hint \(late) s after it was due and the path was there")
            #expect(late <= stage.bar(3), "\(stage.machine.report)\n\(room)\n\(worker.text)")
            try await Task.sleep(for: .seconds(3))
            #expect(candidate.hints.count == 1, "\(room): \(candidate.seen)\n\(worker.text)")
            let text = "Jask: \(candidate.hints.first?.fields?["text"]?.text ?? "")"
            #expect(candidate.received("lk.chat").count { $0.text == text } == 1, "\(room): \(candidate.seen)")
            #expect(candidate.notices("observing") == 1, "\(room): \(candidate.seen)\n\(worker.text)")
            #expect(try await stage.assistants(in: room).count == 1)
            await candidate.leave()
        }

        @Test(
            "a server that has forgotten the assistant is joined anew with the newest token, and the hint that is due comes once",
            .timeLimit(.minutes(3)))
        func forgotten() async throws {
            async let cut: Void = expectRejoin(cutsWorker: true)
            async let kept: Void = expectRejoin(cutsWorker: false)
            _ = try await (cut, kept)
        }

        private func expectRejoin(cutsWorker: Bool) async throws {
            // The job's own token is over after 4 s: only one that was renewed lets the assistant in again.
            var rules = RoomRules()
            rules.agentTokenValidity = .seconds(4)
            rules.tokenRefreshInterval = .seconds(2)
            rules.refreshedTokenValidity = .seconds(5)
            let stage = try await Stage(rules: rules)
            let worker = try stage.startWorker()
            try #require(try await stage.ready(worker), "\(worker.text)")
            let candidate = try stage.startCandidate(room: "r")
            let assistant = try #require(try await stage.assistant(in: "r", within: 8), "\(worker.text)")
            let spoke = try await eventually(within: 8) { candidate.beganSpeaking }
            let start = try #require(spoke, "\(candidate.seen)")
            // The pause has begun, and becomes a long one while there is no path.
            try await Task.sleep(until: start + .seconds(6), clock: .continuous)
            if cutsWorker { await stage.server.cutWorkers() }
            #expect(await stage.server.forget(assistant.identity) == 1)
            await stage.server.dropMedia(for: .seconds(3))
            let back = ContinuousClock.now + .seconds(3)
            let arrived = try await eventually(within: 15) { candidate.hints.first?.at }
            let at = try #require(arrived, "\(candidate.seen)\n\(worker.text)")
            let silent = try #require(candidate.fellSilent)
            let late = at.seconds(since: max(back, silent + .seconds(4)))
            print(
                "forgotten, the worker's socket \(cutsWorker ? "cut too" : "kept"): hint \(late) s after the path was back"
            )
            #expect(late <= stage.bar(3), "\(stage.machine.report)\n\(worker.text)")
            try await Task.sleep(for: .seconds(3))
            #expect(
                candidate.hints.count == 1 && candidate.notices("observing") == 1,
                "\(candidate.seen)\n\(worker.text)")
            #expect(try await stage.assistants(in: "r").count == 1)
            if cutsWorker {
                #expect(worker.lines(with: "room r: joined again").count == 1, "no resume:\n\(worker.text)")
            }
            worker.signal(SIGKILL)
            await candidate.leave()
            await stage.close()
        }

        @Test("a worker elsewhere that dies is missed, and its room covered by another", .timeLimit(.minutes(3)))
        func workerElsewhereKilled() async throws {
            let stage = try await Stage()
            // A state of its own: as on another machine, neither sees the other's lock.
            let first = try stage.startWorker(["state.directory": stage.folder + "/elsewhere"])
            try #require(try await stage.ready(first), "\(first.text)")
            let candidate = try stage.startCandidate(room: "r") { $0.repetitions = 4 }
            let former = try #require(try await stage.assistant(in: "r", within: 8), "\(first.text)")
            let second = try stage.startWorker()
            try #require(try await stage.ready(second), "\(second.text)")
            // It asks, and believes the answers.
            try await Task.sleep(for: .seconds(5))
            #expect(second.lines(with: "dispatching").isEmpty, "\(second.text)")
            #expect(
                try await stage.assistants(in: "r").map { $0.attributes[AgentInstance.attribute] } == [former.instance])
            first.signal(SIGKILL)
            let killed = ContinuousClock.now
            let heir = try await stage.assistant(in: "r", after: former.instance, within: 8)
            try #require(heir != nil, "\(second.text)")
            let elapsed = ContinuousClock.now.seconds(since: killed)
            print("worker elsewhere killed: covered \(elapsed) s later, with a look a second")
            // At most a second until it is asked, 1.5 s for two questions, and the join.
            #expect(elapsed <= stage.bar(3.5), "\(stage.machine.report)\n\(second.text)")
            let hint = try await eventually(within: 25) { candidate.hints.first }
            #expect(hint != nil, "\(candidate.seen)\n\(second.text)")
            #expect(try await stage.assistants(in: "r").count == 1)
            second.signal(SIGKILL)
            await candidate.leave()
            await stage.close()
        }

        @Test("the server dies and comes back: the worker registers again, and the hint comes", .timeLimit(.minutes(4)))
        func serverRestarted() async throws {
            let stage = try await Stage()
            let worker = try stage.startWorker()
            try #require(try await stage.ready(worker), "\(worker.text)")
            let candidate = try stage.startCandidate(room: "r") { $0.repetitions = 4 }
            try #require(try await stage.assistant(in: "r", within: 8) != nil, "\(worker.text)")
            try await Task.sleep(for: .seconds(1))
            let url = try #require(worker.healthURL).appendingPathComponent("ready")
            try await stage.restartServer {
                let gone = try await eventually(within: 5) {
                    let answer = try await Stage.get(url)
                    return answer.status == 503 ? answer.body : nil
                }
                #expect(gone == "unregistered\n", "\(worker.text)")
            }
            let restarted = ContinuousClock.now
            let registered = try await eventually(within: 20) { try await Stage.get(url).status == 200 ? true : nil }
            #expect(registered == true, "\(worker.text)")
            print("server restarted: registered after \(ContinuousClock.now.seconds(since: restarted)) s")
            let rejoined = try await eventually(within: 20) {
                try await stage.api.listParticipants(room: "r").first {
                    $0.identity == "candidate" && $0.state == .active
                }
            }
            try #require(rejoined != nil, "\(candidate.seen)")
            let back = ContinuousClock.now
            print("server restarted: candidate back after \(back.seconds(since: restarted)) s")
            // The old room's assistant is none of the new room.
            let expected = Identity("jask-" + (try await stage.api.listRooms().first?.sid ?? ""))
            let covering = try await eventually(within: 8) {
                try await stage.assistants(in: "r").first { $0.identity == expected && $0.state == .active }
            }
            try #require(covering != nil, "\(worker.text)")
            let covered = max(0, ContinuousClock.now.seconds(since: back))
            print("server restarted: room covered \(covered) s after that")
            #expect(covered <= stage.bar(3), "\(stage.machine.report)\n\(worker.text)")
            let hint = try await eventually(within: 40) { candidate.hints.first }
            #expect(hint?.fields?["trigger"]?["kind"]?.text == "long_pause", "\(candidate.seen)\n\(worker.text)")
            try await Task.sleep(for: .seconds(2))
            #expect(candidate.hints.count == 1, "\(candidate.seen)")
            #expect(try await stage.assistants(in: "r").count == 1)
            worker.signal(SIGKILL)
            await candidate.leave()
            await stage.close()
        }
    }
}
