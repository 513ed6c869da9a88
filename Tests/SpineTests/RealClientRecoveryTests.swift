import Foundation
import PythonPeers
import Testing

extension Spine {
    /// The same faults with LiveKit's own client as the candidate, which recovers in its own way and time.
    @Suite struct RealClientRecoveryTests {
        private static let arguments = ["--wav", Stage.briefSpeech, "--await-notice", "--seconds", "90"]

        @Test(
            "a blackout and cut sockets: libwebrtc's candidate gets the hint that is due once", .timeLimit(.minutes(4)))
        func pathLost() async throws {
            let stage = try await Stage()
            let worker = try stage.startWorker()
            try #require(try await stage.ready(worker), "\(worker.text)")
            // Nothing of the room comes through while the pause becomes a long one.
            async let blackout: Void = expectHint(stage, worker, room: "blackout", outage: 10) { assistant, candidate in
                await stage.server.dropMedia(for: .seconds(10), of: assistant)
                await stage.server.dropMedia(for: .seconds(10), of: candidate)
            }
            // Both sockets of the assistant, then of the candidate.
            async let assistant: Void = expectHint(stage, worker, room: "assistant", outage: 3) { assistant, _ in
                await stage.server.dropMedia(for: .seconds(3), of: assistant)
                #expect(await stage.server.cutSignals(of: assistant) == 1)
            }
            async let candidate: Void = expectHint(stage, worker, room: "candidate", outage: 3) { _, candidate in
                await stage.server.dropMedia(for: .seconds(3), of: candidate)
                #expect(await stage.server.cutSignals(of: candidate) == 1)
            }
            _ = try await (blackout, assistant, candidate)
            worker.signal(SIGKILL)
            await stage.close()
        }

        /// One room: speaks 4 s, then is silent, and 2 s later something breaks; the hint is due 4 s after the voice.
        private func expectHint(
            _ stage: Stage, _ worker: JaskProcess, room: String, outage: Double,
            _ breakPath: @Sendable (_ assistant: String, _ candidate: String) async -> Void
        ) async throws {
            let identity = "candidate-\(room)"
            let candidate = try stage.startPythonCandidate(room: room, ["--identity", identity] + Self.arguments)
            let assistant = try #require(try await stage.assistant(in: room, within: 12), "\(worker.text)")
            let silent = try await candidate.wait(15) { $0.lines("silent").first?["wall"]?.number }
            let due = try #require(silent, "\(candidate.lines)\n\(candidate.errors)\n\(worker.text)") + 4
            try await Task.sleep(for: .seconds(2))
            await breakPath(assistant.identity, identity)
            #expect(candidate.hints.isEmpty, "\(room): nothing was due before")
            let back = Date().timeIntervalSince1970 + outage
            let arrived = try await candidate.wait(outage + 20) { $0.hints.first?["wall"]?.number }
            let at = try #require(arrived, "\(room): \(candidate.lines)\n\(candidate.errors)\n\(worker.text)")
            // Its own way back may take longer than the path's.
            let recovered = candidate.lines("reconnected").last?["wall"]?.number
            let ready = max(due, back, recovered.map { min($0, at) } ?? 0)
            print(
                "real client, \(room): hint \(at - max(due, back)) s after it was due and the path was there,",
                "\(at - ready) s after the candidate was back; reconnected \(recovered.map { $0 - back } ?? 0) s after the path"
            )
            #expect(at - ready <= 3, "\(room): \(candidate.lines)\n\(worker.text)")
            try await Task.sleep(for: .seconds(3))
            #expect(candidate.hints.count == 1, "\(room): \(candidate.lines)\n\(worker.text)")
            let hint = JSONField.parsing(candidate.hints.first?["text"]?.text ?? "")?["text"]?.text
            let text = "Jask: \(hint ?? "")"
            #expect(candidate.lines("text").count { $0["text"]?.text == text } == 1, "\(room): \(candidate.lines)")
            #expect(candidate.notices("observing").count == 1, "\(room): \(candidate.lines)")
            #expect(candidate.lines("participant").isEmpty, "\(room): the assistant stays hidden")
            #expect(try await stage.assistants(in: room).count == 1)
            candidate.terminate()
        }

        @Test(
            "the server is restarted: libwebrtc's candidate, or the page loaded anew, gets its hint",
            .timeLimit(.minutes(4)))
        func serverRestarted() async throws {
            let stage = try await Stage()
            let worker = try stage.startWorker()
            try #require(try await stage.ready(worker), "\(worker.text)")
            // Speaks 14 s with a pause of 6 s in it, again and again.
            let arguments = ["--wav", Stage.speechWithPause, "--loop", "--await-notice", "--seconds", "90"]
            let first = try stage.startPythonCandidate(room: "r", arguments)
            try #require(try await stage.assistant(in: "r", within: 12) != nil, "\(worker.text)")
            try #require(try await first.wait(10) { $0.lines("speaking").first } != nil, "\(first.lines)")
            try await stage.restartServer()
            let restarted = Date().timeIntervalSince1970
            // It comes back by itself, or gives up: then the page is loaded anew, as a user would.
            let returned = try await eventually(within: 15) {
                let participants = try await stage.api.listParticipants(room: "r")
                return participants.contains { $0.identity == "candidate" && $0.state == .active } ? true : nil
            }
            let candidate = returned == true ? first : try stage.startPythonCandidate(room: "r", arguments)
            if returned != true {
                first.terminate()
                try #require(try await candidate.wait(10) { $0.lines("connected").first } != nil, "\(candidate.errors)")
            }
            let back = Date().timeIntervalSince1970
            print("real client, server restarted: back \(back - restarted) s later, by itself: \(returned == true)")
            // The new room is another one, so whoever is in it is told anew.
            let told = try await candidate.wait(10) { candidate in
                candidate.notices("observing").compactMap { $0["wall"]?.number }.first { $0 > restarted }
            }
            let covered = try #require(told, "\(candidate.lines)\n\(worker.text)") - back
            print("real client, server restarted: told by the assistant \(covered) s after that")
            #expect(covered <= stage.bar(3), "\(stage.machine.report)\n\(worker.text)")
            let hint = try await candidate.wait(30) { $0.hints.first }
            #expect(hint != nil, "\(candidate.lines)\n\(worker.text)")
            try await Task.sleep(for: .seconds(2))
            #expect(candidate.hints.count == 1, "\(candidate.lines)")
            #expect(try await stage.assistants(in: "r").count == 1)
            worker.signal(SIGKILL)
            candidate.terminate()
            await stage.close()
        }
    }
}
