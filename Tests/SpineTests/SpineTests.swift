import Foundation
import PythonPeers
import Testing

extension Spine {
    /// The product as it is run: server, worker and LiveKit's own client, each for itself.
    @Suite struct SpineTests {
        @Test(
            "a hidden assistant hears a pause, and the candidate's client gets notice, hint and chat",
            .timeLimit(.minutes(3)))
        func hint() async throws {
            let stage = try await Stage()
            let worker = try stage.startWorker(["worker.drain_timeout": "0s"])
            try #require(try await stage.ready(worker), "\(worker.text)")
            let candidate = try stage.startPythonCandidate(
                room: "interview",
                [
                    "--wav", Stage.speechWithPause, "--acknowledge", "--until-hints", "1", "--linger", "2.5",
                    "--seconds",
                    "25",
                ])
            #expect(
                try await candidate.finish(within: 30) == 0, "\(candidate.lines)\n\(candidate.errors)\n\(worker.text)")
            // Hidden, from the first moment to the last.
            #expect(candidate.lines("connected").first?["others"]?.array == [])
            #expect(candidate.lines("participants").first?["others"]?.array == [])
            #expect(candidate.lines("participant").isEmpty, "\(candidate.lines)")

            #expect(candidate.hints.count == 1)
            let packet = try #require(candidate.hints.first, "\(candidate.lines)\n\(worker.text)")
            let hint = try #require(JSONField.parsing(packet["text"]?.text ?? ""))
            Self.expectContract(hint)
            #expect(hint["trigger"]?["kind"]?.text == "long_pause")
            #expect(hint["anchor"]?["path"]?.text == "solution.py")
            #expect(hint["anchor"]?["revision"]?.number == 1)
            #expect(hint["source"]?.text == "rehearsed")
            #expect(packet["sender"]?.text == nil, "a hidden sender has no name")

            let noticed = try #require(candidate.notices("observing").first?["t"]?.number, "\(candidate.lines)")
            let hinted = try #require(packet["t"]?.number)
            #expect(noticed < hinted)
            let chats = candidate.lines("text").filter { $0["topic"]?.text == "lk.chat" }
            #expect(chats.count { $0["text"]?.text == "Jask: \(hint["text"]?.text ?? "")" } == 1, "\(chats)")
            #expect(worker.lines(with: "candidate: hint seen").count == 1, "\(worker.text)")
            #expect(!worker.text.contains("secret"))
            let health = try #require(worker.healthURL)
            let metrics = try await Stage.get(health.appendingPathComponent("metrics")).body
            for line in [
                #"jask_job_offers_total{outcome="accept"} 1"#, "jask_jobs_running 1", "jask_registrations_total 1",
                "jask_join_seconds_count 1", "jask_first_audio_seconds_count 1", "jask_trigger_to_wire_seconds_count 1",
                #"jask_hints_total{outcome="sent",source="rehearsed"} 1"#,
                #"jask_acknowledgements_total{status="seen"} 1"#,
            ] {
                #expect(metrics.split(separator: "\n").contains(Substring(line)), "\(line)\n\(metrics)")
            }
            print(
                "spine: notice \(noticed) s, hint \(hinted) s after joining;",
                worker.lines(with: "hint sent").map(\.text))
            worker.signal(SIGTERM)
            #expect(try await worker.status(within: 5) == 0, "\(worker.text)")
            await stage.close()
        }

        @Test("a candidate who changes microphones is heard on", .timeLimit(.minutes(3)))
        func swappedMicrophone() async throws {
            let stage = try await Stage()
            let worker = try stage.startWorker()
            try #require(try await stage.ready(worker), "\(worker.text)")
            // The recording speaks from 0 to 4 s and from 10 s on; the microphone is another one from 2.5 s on.
            let candidate = try stage.startPythonCandidate(
                room: "r",
                ["--wav", Stage.speechWithPause, "--swap-microphone", "2", "--await-notice", "--seconds", "22"])
            let swapped = try await candidate.wait(15) { $0.lines("swapped").first }
            try #require(swapped != nil, "\(candidate.lines)\n\(candidate.errors)")
            let mark = worker.lines.count
            let again = try await eventually(within: 15) {
                worker.lines.dropFirst(mark).first { $0.text.contains("candidate speaks") }
            }
            #expect(again != nil, "\(worker.text)")
            #expect(try await candidate.wait(10) { $0.hints.first } != nil, "\(candidate.lines)\n\(worker.text)")
            worker.signal(SIGKILL)
            candidate.terminate()
            await stage.close()
        }

        /// The members and bounds of the wire contract.
        private static func expectContract(_ hint: JSONField) {
            #expect(hint["type"]?.text == "jask.hint")
            #expect(hint["version"]?.number == 1)
            #expect(hint["id"]?.text?.count == 26)
            #expect((1...2).contains(hint["tier"]?.number ?? 0))
            #expect(hint["text"]?.text?.isEmpty == false)
            #expect((0...1).contains(hint["trigger"]?["confidence"]?.number ?? -1))
            let dates = [hint["trigger"]?["started_at"], hint["issued_at"], hint["expires_at"]].compactMap { $0?.text }
            #expect(dates.count == 3)
            #expect(dates == dates.sorted(), "they follow each other: \(dates)")
            if let start = hint["anchor"]?["start_line"]?.number, let end = hint["anchor"]?["end_line"]?.number {
                #expect(1 <= start && start <= end)
            } else {
                Issue.record("no lines: \(hint)")
            }
        }

        @Test("SIGTERM drains: not ready, until the room is over or the time is", .timeLimit(.minutes(3)))
        func drain() async throws {
            async let patient: Void = drains(within: "60s", ending: true)
            async let hurried: Void = drains(within: "3s", ending: false)
            _ = try await (patient, hurried)
        }

        /// - Parameter ending: whether the room ends while the worker waits for it.
        private func drains(within timeout: String, ending: Bool) async throws {
            let stage = try await Stage()
            let worker = try stage.startWorker(["worker.drain_timeout": timeout])
            try #require(try await stage.ready(worker), "\(worker.text)")
            let candidate = try stage.startCandidate(room: "r")
            try #require(try await stage.assistant(in: "r", within: 8) != nil, "\(worker.text)")
            let told = ContinuousClock.now
            worker.signal(SIGTERM)
            let ready = try #require(worker.healthURL).appendingPathComponent("ready")
            let answer = try await eventually(within: 2) {
                let answer = try await Stage.get(ready)
                return answer.status == 503 ? answer.body : nil
            }
            #expect(answer == "draining\n", "\(worker.text)")
            try await Task.sleep(for: .seconds(1))
            #expect(worker.isRunning, "the room goes on, and so does the worker:\n\(worker.text)")
            #expect(try await stage.assistants(in: "r").count == 1)
            if ending { try await stage.api.deleteRoom("r") }
            let ended = ContinuousClock.now
            #expect(try await worker.status(within: 8) == 0, "\(worker.text)")
            let now = ContinuousClock.now
            let elapsed = ending ? now.seconds(since: ended) : now.seconds(since: told)
            if !ending { #expect(elapsed >= 2.9) }
            #expect(elapsed < stage.bar(ending ? 3 : 6), "\(stage.machine.report)")
            print("drain: ended \(elapsed) s after \(ending ? "the room" : "the signal, with \(timeout)")")
            await candidate.leave()
            await stage.close()
        }
    }
}
