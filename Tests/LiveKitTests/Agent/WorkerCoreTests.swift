import NIOCore
import SansIO
import Testing

@testable import LiveKit

struct WorkerCoreTests {
    private let away = TransportError.unreachable(host: "lk", port: 1, reason: "connection refused")

    @Test("a job may be at another server, but not where its token would travel in clear")
    func serversOfJobs() throws {
        let (home, plain) = (try ServerURL("wss://lk"), try ServerURL("ws://lk:7880"))
        func server(_ url: String?, _ home: ServerURL) throws -> String {
            let assignment = JobAssignment(
                job: AgentJob(id: "AJ_1", room: RoomInfo()), url: url, token: AccessToken(jwt: "t"))
            return try assignment.server(registeredAt: home).description
        }
        #expect(try server(nil, home) == "wss://lk:443")
        #expect(try server("wss://node-7", home) == "wss://node-7:443")
        #expect(try server("ws://node-7", plain) == "ws://node-7:80")
        for bad in ["ws://node-7", "http://node-7", "node-7"] {
            #expect(throws: TransportError.self) { try server(bad, home) }
        }
    }

    @Test func itRegistersAndTellsItsLoad() throws {
        var options = WorkerOptions()
        options.agentName = "jask"
        var harness = WorkerHarness(options: options)
        harness.register()
        let register = try #require(harness.sent.first?.register)
        #expect(register.agentName == "jask")
        #expect(register.allowedPermissions.hidden)
        #expect(register.allowedPermissions.canSubscribe)
        #expect(!register.allowedPermissions.canPublish)
        #expect(harness.eventNames == ["registered AW_1"])
        #expect(harness.sent.last?.updateWorker.status == .wsAvailable)
        harness.run { $0.setLoad(0.04, at: $1) }
        #expect(harness.sent.count == 2, "a small change waits")
        harness.run { $0.setLoad(0.71, at: $1) }
        #expect(harness.sent.last?.updateWorker.status == .wsFull)
        harness.run { $0.setLoad(0.5, at: $1) }
        #expect(harness.sent.last?.updateWorker.status == .wsAvailable)
        let before = harness.sent.count { $0.updateWorker != .init() }
        harness.live(.seconds(10))
        #expect(harness.sent.count { $0.updateWorker != .init() } == before + 4)
        harness.run { $0.setLoad(.nan, at: $1) }
        #expect(harness.sent.last?.updateWorker.load == 1)
    }

    @Test func twoOffersAtOnceAreKeptApart() throws {
        var harness = WorkerHarness()
        harness.register()
        harness.offer("A")
        harness.offer("B")
        harness.accept("B")
        harness.accept("A")
        let answers = harness.sent.map(\.availability).filter { !$0.jobID.isEmpty }
        #expect(answers.map(\.jobID) == ["B", "A"])
        #expect(answers.map(\.participantIdentity) == ["jask-B", "jask-A"])
        harness.assign("A")
        harness.assign("B")
        #expect(harness.eventNames.suffix(2) == ["assigned A", "assigned B"])
        #expect(harness.core.activeJobs == 2)
        let running = harness.sent.map(\.updateJob).filter { $0.status == .jsRunning }
        #expect(running.map(\.jobID) == ["A", "B"])
        guard case .assigned(let assignment)? = harness.events.last else { return }
        #expect(assignment.token.jwt == "token of B")
        #expect(!"\(harness.events)".contains("token of"))
    }

    @Test(
        "a promise made while an offer lapses is taken back, whichever comes first",
        arguments: 1...60 as ClosedRange<UInt64>)
    func promisesAndLapses(seed: UInt64) {
        var random = RandomSource.seeded(seed)
        var harness = WorkerHarness(seed: seed)
        harness.register()
        harness.offer("A")
        // As a worker judges: a promise first, some looking up, then the answer.
        var promises: Set<String> = []
        var seen = 0
        func settle() {
            for event in harness.events[seen...] {
                switch event {
                case .offerLapsed(let id), .assignmentTimedOut(let id): promises.remove(id)
                case .assigned(let assignment): promises.remove(assignment.job.id)
                default: break
                }
            }
            seen = harness.events.count
        }
        var steps: [(at: Duration, step: () -> Void)] = []
        let judged = Duration.milliseconds(Int.random(in: 0...9000, using: &random))
        steps.append((judged, { promises.insert("A") }))
        let thought = Duration.milliseconds(Int.random(in: 0...3000, using: &random))
        steps.append((judged + thought, { harness.accept("A") }))
        let end = Duration.milliseconds(Int.random(in: 0...12_000, using: &random))
        switch Int.random(in: 0...2, using: &random) {
        case 0: steps.append((end, { harness.cut() }))
        case 1: steps.append((end, { harness.receive(.termination(.with { $0.jobID = "A" })) }))
        default: break
        }
        var now = Duration.zero
        for step in steps.sorted(by: { $0.at < $1.at }) {
            while now < step.at {
                let part = min(step.at - now, .seconds(1))
                harness.advance(part)
                harness.receive(.pong(.init()))
                now += part
            }
            step.step()
            settle()
        }
        harness.live(.seconds(20))
        settle()
        #expect(promises.isEmpty, "seed \(seed): \(harness.eventNames)")
    }

    @Test func anOfferNobodyAnswersIsDeclinedInTime() throws {
        var harness = WorkerHarness()
        harness.register()
        harness.offer("A")
        harness.live(.seconds(8))
        #expect(harness.eventNames.last == "lapsed A")
        let answer = try #require(harness.sent.map(\.availability).last { $0.jobID == "A" })
        #expect(!answer.available)
        harness.accept("A")
        #expect(harness.sent.map(\.availability).count { $0.jobID == "A" } == 1, "too late")
    }

    @Test func decliningAndClosingAreTold() throws {
        var harness = WorkerHarness()
        harness.register()
        harness.offer("A")
        harness.run { $0.answer(.decline, to: "A", at: $1) }
        #expect(harness.sent.last?.availability.terminate == false)
        harness.offer("B")
        harness.run { $0.answer(.closeWithoutRunning, to: "B", at: $1) }
        #expect(harness.sent.last?.availability.jobID == "B")
        #expect(harness.sent.last?.availability.terminate == true)
        #expect(harness.core.activeJobs == 0)
    }

    @Test func anAssignmentThatDoesNotComeIsGivenUp() throws {
        var harness = WorkerHarness()
        harness.register()
        harness.offer("A")
        harness.accept("A")
        harness.live(.seconds(8))
        #expect(harness.eventNames.last == "timed out A")
        harness.assign("A")
        #expect(harness.eventNames.last == "timed out A", "too late: not run")
        let update = try #require(harness.sent.map(\.updateJob).last { $0.jobID == "A" })
        #expect(update.status == .jsFailed)
    }

    @Test func theOneTerminationOfATakeoverIsIgnored() throws {
        var harness = WorkerHarness()
        harness.register()
        harness.startJob("A")
        harness.startJob("B")
        harness.run { $0.expectTakeover(of: "A", at: $1) }
        harness.receive(.termination(.with { $0.jobID = "B" }))
        #expect(harness.eventNames.last == "terminated B")
        harness.receive(.termination(.with { $0.jobID = "A" }))
        #expect(harness.eventNames.last == "ignored A")
        #expect(harness.core.activeJobs == 2)
        harness.receive(.termination(.with { $0.jobID = "A" }))
        #expect(harness.eventNames.last == "terminated A")
        harness.run { $0.finish("A", .success, at: $1) }
        #expect(harness.core.activeJobs == 1)
    }

    @Test func anExpectedTerminationExpires() throws {
        var harness = WorkerHarness()
        harness.register()
        harness.startJob("A")
        harness.run { $0.expectTakeover(of: "A", at: $1) }
        harness.live(.seconds(31))
        harness.receive(.termination(.with { $0.jobID = "A" }))
        #expect(harness.eventNames.last == "terminated A")
    }

    @Test func aTerminationWellAfterJoiningMeansTheJobItself() throws {
        var harness = WorkerHarness()
        harness.register()
        harness.startJob("A")
        harness.run { $0.expectTakeover(of: "A", at: $1) }
        harness.run { $0.participantJoined("A", at: $1) }
        harness.live(.seconds(3))
        harness.receive(.termination(.with { $0.jobID = "A" }))
        #expect(harness.eventNames.last == "terminated A")
    }

    @Test func theEndOfAJobIsTold() throws {
        var harness = WorkerHarness()
        harness.register()
        harness.startJob("A")
        harness.startJob("B")
        harness.run { $0.finish("A", .success, at: $1) }
        harness.run { $0.finish("B", .failure("no access eyJhbGci.eyJ.x"), at: $1) }
        harness.run { $0.finish("B", .success, at: $1) }
        let updates = harness.sent.map(\.updateJob).filter { $0.status == .jsSuccess || $0.status == .jsFailed }
        #expect(updates.map(\.jobID) == ["A", "B"])
        #expect(updates.last?.error == "no access <redacted>")
        #expect(harness.core.activeJobs == 0)
    }

    @Test func jobsOutliveTheSocketAndOffersDoNot() throws {
        var harness = WorkerHarness()
        harness.register()
        harness.startJob("running")
        harness.offer("asked")
        harness.offer("taken")
        harness.accept("taken")
        harness.cut()
        #expect(harness.eventNames.suffix(3) == ["lapsed asked", "timed out taken", "unregistered"])
        #expect(harness.core.activeJobs == 1)
        harness.advance(.seconds(3))
        harness.register("AW_2")
        #expect(harness.eventNames.last == "registered AW_2")
        #expect(harness.sent.last?.updateWorker.jobCount == 1)
    }

    @Test func waitsGrowAndAreResetOnlyByAStableRegistration() throws {
        var harness = WorkerHarness(seed: 7)
        harness.run { $0.start(at: $1) }
        harness.run { $0.socketFailed(.timedOut(.connecting), at: $1) }
        var waits: [Duration] = []
        func wait() -> Duration? { harness.core.deadline.map { $0 - harness.now } }
        for _ in 0..<6 {
            waits.append(try #require(wait()))
            harness.advance(waits.last ?? .zero)
            harness.register()
            harness.live(.seconds(2))
            harness.cut()
        }
        #expect(waits[0] <= .milliseconds(400))
        #expect(waits.suffix(3).allSatisfy { $0 >= .milliseconds(1250) && $0 <= .milliseconds(2500) }, "\(waits)")
        harness.advance(try #require(wait()))
        harness.register()
        harness.live(.seconds(15))
        harness.cut()
        #expect(try #require(wait()) <= .milliseconds(400))
    }

    @Test func manyWorkersDoNotComeBackAtOnce() throws {
        var times: Set<Int64> = []
        for seed in 0..<40 as Range<UInt64> {
            var harness = WorkerHarness(seed: seed)
            harness.register()
            harness.live(.seconds(20))
            harness.cut()
            times.insert(try #require(harness.core.deadline).nanoseconds / 1_000_000)
        }
        #expect(times.count > 25)
    }

    @Test func aWrongSecretEndsTheFirstRegistrationButNotALaterOne() throws {
        let refusal = TransportError.refused(HTTPRefusal(status: 401, body: "invalid token"))
        var harness = WorkerHarness()
        harness.run { $0.start(at: $1) }
        harness.run { $0.socketFailed(refusal, at: $1) }
        #expect(harness.eventNames == ["refused"])
        #expect(harness.core.deadline == nil)
        var later = WorkerHarness()
        later.register()
        later.cut()
        later.advance(.seconds(3))
        later.run { $0.socketFailed(refusal, at: $1) }
        #expect(later.eventNames.last == "unregistered")
        #expect(later.core.deadline != nil)
    }

    @Test func aDeadConnectionIsNoticed() throws {
        var harness = WorkerHarness()
        harness.register()
        harness.advance(.seconds(13))
        #expect(harness.sent.contains { $0.ping != .init() })
        #expect(harness.eventNames.contains("unregistered"))
        #expect(harness.closed == 1)
        var unanswered = WorkerHarness()
        unanswered.run { $0.start(at: $1) }
        unanswered.run { $0.socketOpened(at: $1) }
        unanswered.advance(.seconds(10))
        guard case .unregistered(.registrationTimedOut, _)? = unanswered.events.first else {
            Issue.record("\(unanswered.eventNames)")
            return
        }
    }

    @Test func drainingTakesNothingNewAndEndsWithTheLastJob() throws {
        var harness = WorkerHarness()
        harness.register()
        harness.startJob("A")
        harness.run { $0.drain(at: $1) }
        #expect(harness.sent.last?.updateWorker.status == .wsFull)
        harness.offer("B")
        #expect(harness.sent.last?.availability.available == false)
        #expect(!harness.eventNames.contains("offered B"))
        harness.run { $0.finish("A", .success, at: $1) }
        #expect(harness.eventNames.last == "drained")
        harness.run { $0.close(at: $1) }
        #expect(harness.eventNames.last == "closed")
        harness.advance(.seconds(60))
        #expect(harness.connects.count == 1)
    }

    @Test func theFramesOfARealServerAreUnderstood() throws {
        var harness = WorkerHarness()
        harness.run { $0.start(at: $1) }
        harness.run { $0.socketOpened(at: $1) }
        for line in try Capture.lines("agent") where line.ch == "agent" && line.isIncoming && line.sess == "auto" {
            harness.run { $0.receive(line.bytes, at: $1) }
            if case .offered(let offer)? = harness.events.last { harness.accept(offer.id) }
        }
        let job = "AJ_abpVvobFMSYC"
        #expect(harness.eventNames.dropFirst() == ["offered \(job)", "assigned \(job)", "terminated \(job)"])
        #expect(harness.eventNames.first?.hasPrefix("registered AW_") == true)
    }

    @Test func garbageChangesNothing() {
        var harness = WorkerHarness()
        harness.register()
        harness.run { $0.receive(ByteBuffer(bytes: [0xFF, 0xFF]), at: $1) }
        harness.run { $0.receive(ByteBuffer(string: "{}"), isBinary: false, at: $1) }
        harness.offer("")
        #expect(harness.eventNames == ["registered AW_1", "malformed", "malformed", "malformed"])
        harness.receive(.termination(.with { $0.jobID = "unknown" }))
        #expect(harness.eventNames.count == 4)
        #expect(harness.core.isRegistered)
    }
}
