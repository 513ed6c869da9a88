import LiveKit
import SansIO
import Testing

@testable import DevServer

@Suite struct AgentTests {
    @Test("a nameless worker is offered every new room; its token lets its participant in as it was registered")
    func automaticDispatch() throws {
        let world = try World()
        let worker = world.worker(
            permissions: .with {
                $0.canSubscribe = true; $0.canPublishData = true; $0.hidden = true
            })
        world.join("candidate")
        let job = try #require(world.offers(worker).first)
        #expect(job.type == .jtRoom && job.agentName == "" && job.room.name == "r" && job.state.status == .jsRunning)
        #expect(world.offers(worker).count == 1)
        world.accept(job, worker, as: "jask-\(job.room.sid)")
        let assignment = try #require(world.assignments(worker).first)
        #expect(!assignment.hasURL && assignment.job.id == job.id)
        #expect(assignment.job.state.participantIdentity == "jask-\(job.room.sid)")
        let claims = try TokenVerifier(keys: [world.core.key])
            .verify(assignment.token, now: world.core.seconds(at: world.now))
        #expect(claims.kind == "agent" && claims.attributes == ["lk.agent_name": ""])
        #expect((claims.expires ?? 0) - (claims.issuedAt ?? 0) == 3600)
        #expect(claims.video?.hidden == true && claims.video?.canPublish == false && claims.video?.agent == true)
        let agent = try world.join(by: assignment)
        #expect(world.core.rooms["r"]?.participant(sid: agent.sid)?.isHidden == true)
        // A second participant in the same room is no new room.
        world.join("interviewer")
        #expect(world.offers(worker).count == 1)
    }

    @Test("without an identity of its own the agent is named after its job, and without permissions may do all")
    func defaults() throws {
        let world = try World()
        let worker = world.worker()
        world.join("candidate")
        let job = try #require(world.offers(worker).first)
        world.accept(job, worker)
        let assignment = try #require(world.assignments(worker).first)
        let claims = try TokenVerifier.peek(AccessToken(jwt: assignment.token))
        #expect(claims.identity == "agent-\(job.id)")
        #expect(claims.video?.canPublish == true && claims.video?.canUpdateOwnMetadata == true)
        #expect(claims.video?.hidden == false)
    }

    @Test("agents named in the first joiner's token replace the automatic dispatch")
    func dispatchByToken() throws {
        let world = try World()
        let (nameless, named) = (world.worker(), world.worker("jask"))
        world.join("candidate") { request, _ in
            request.claims.roomConfiguration = RoomConfigurationClaim(agents: [.init(agentName: "jask", metadata: "m")])
        }
        #expect(world.offers(nameless).isEmpty)
        #expect(world.offers(named).map(\.metadata) == ["m"])
    }

    @Test("a dispatch creates its room; a nameless one in a new room makes two jobs")
    func explicitDispatch() throws {
        let world = try World()
        let (nameless, named) = (world.worker(), world.worker("jask"))
        let dispatch = try world.perform { (core, now) throws(TwirpError) in
            try core.createDispatch(
                .with {
                    $0.room = "x"; $0.agentName = "jask"; $0.metadata = "{}"
                }, at: now)
        }
        #expect(dispatch.id.hasPrefix("AD_") && dispatch.room == "x" && dispatch.state.jobs.isEmpty)
        #expect(world.offers(named).map(\.dispatchID) == [dispatch.id])
        #expect(world.offers(nameless).count == 1)
        _ = try world.perform { (core, now) throws(TwirpError) in
            try core.createDispatch(.with { $0.room = "y" }, at: now)
        }
        // Both may be on offer before either is answered.
        let jobs = world.offers(nameless).filter { $0.room.name == "y" }
        #expect(jobs.count == 2)
        for job in jobs.reversed() { world.accept(job, nameless) }
        #expect(world.assignments(nameless).count == 2)
    }

    @Test("a worker that declines makes way for the next; one that says nothing in time loses the job for all")
    func decliningAndSilence() throws {
        let world = try World()
        let (first, second) = (world.worker(), world.worker())
        world.join("candidate")
        let asked = world.offers(first).isEmpty ? second : first
        let other = asked == first ? second : first
        let job = try #require(world.offers(asked).first)
        world.decline(job, asked)
        #expect(world.offers(other).map(\.id) == [job.id])
        world.decline(job, other)
        #expect(world.core.jobs.isEmpty)
        world.join("candidate", room: "silent")
        let silent = world.offers(first).count + world.offers(second).count
        world.pass(.seconds(11))
        #expect(world.offers(first).count + world.offers(second).count == silent)
        #expect(world.core.jobs.isEmpty)
        // Too late.
        if let late = (world.offers(first) + world.offers(second)).first(where: { $0.room.name == "silent" }) {
            world.accept(late, first)
            world.accept(late, second)
        }
        #expect(world.assignments(first).isEmpty && world.assignments(second).isEmpty)
    }

    @Test("a job that no worker can take is lost: neither a later worker nor one that has room again gets it")
    func lostJobs() throws {
        let world = try World()
        let full = world.worker(load: 1)
        world.join("candidate")
        #expect(world.offers(full).isEmpty)
        world.tell(
            .updateWorker(
                .with {
                    $0.load = 0; $0.status = .wsAvailable
                }), full)
        let later = world.worker()
        world.pass(.seconds(60))
        #expect(world.offers(full).isEmpty && world.offers(later).isEmpty)
        let list = try world.core.listDispatch(.with { $0.room = "r" })
        #expect(list.agentDispatches.count == 1 && list.agentDispatches.first?.state.jobs.isEmpty == true)
        world.tell(.updateWorker(.with { $0.status = .wsFull }), later)
        world.tell(.updateWorker(.with { $0.status = .wsFull }), full)
        world.join("candidate", room: "other")
        #expect(world.offers(full).isEmpty && world.offers(later).isEmpty)
    }

    @Test("the lighter worker is asked more often")
    func workersAreWeighted() throws {
        let world = try World(seed: 3)
        let (light, heavy) = (world.worker(load: 0.1), world.worker(load: 0.9))
        for number in 0..<200 { world.join("c", room: "room \(number)") }
        let (often, seldom) = (world.offers(light).count, world.offers(heavy).count)
        #expect(often + seldom == 200)
        #expect(often > 150 && seldom > 2)
    }

    @Test("an assistant whose process died stays listed until its transport fails; nothing is dispatched again")
    func aDeadAssistantStaysListed() throws {
        let world = try World()
        let worker = world.worker()
        world.join("candidate")
        world.accept(try #require(world.offers(worker).first), worker)
        let agent = try world.join(by: try #require(world.assignments(worker).first))
        world.perform { core, _ in core.workerClosed(worker) }
        world.closeSignal(agent)
        let next = world.worker()
        world.pass(.seconds(14))
        #expect(world.core.listParticipants(.with { $0.room = "r" }).participants.count == 2)
        world.media(.failed(.subscriber), of: agent)
        #expect(world.core.listParticipants(.with { $0.room = "r" }).participants.count == 1)
        world.pass(.seconds(60))
        #expect(world.offers(next).isEmpty)
    }

    @Test("when an agent takes over its own identity, the worker is told to end the job though the new session lives")
    func takeOver() throws {
        let world = try World()
        let worker = world.worker()
        world.join("candidate")
        world.accept(try #require(world.offers(worker).first), worker)
        let assignment = try #require(world.assignments(worker).first)
        let first = try world.join(by: assignment)
        let second = try world.join(by: assignment)
        #expect(world.terminations(worker) == [assignment.job.id])
        #expect(first.sid != second.sid)
        #expect(world.core.rooms["r"]?.participant(identity: Identity(second.identity))?.sid == second.sid)
        // Only the one.
        world.leave(second)
        #expect(world.terminations(worker).count == 1)
    }

    @Test("a job that has reported its end is not terminated when its participant leaves")
    func finishedJobs() throws {
        let world = try World()
        let worker = world.worker()
        world.join("candidate")
        world.accept(try #require(world.offers(worker).first), worker)
        let assignment = try #require(world.assignments(worker).first)
        let agent = try world.join(by: assignment)
        world.tell(
            .updateJob(
                .with {
                    $0.jobID = assignment.job.id; $0.status = .jsSuccess
                }), worker)
        world.leave(agent)
        #expect(world.terminations(worker).isEmpty)
    }

    @Test("when the room closes, job and participant end together")
    func roomEnd() throws {
        let world = try World()
        let worker = world.worker()
        let candidate = world.join("candidate")
        world.accept(try #require(world.offers(worker).first), worker)
        let assignment = try #require(world.assignments(worker).first)
        let agent = try world.join(by: assignment)
        world.leave(candidate)
        world.pass(.seconds(19))
        #expect(world.terminations(worker).isEmpty)
        world.pass(.seconds(2))
        #expect(world.terminations(worker) == [assignment.job.id])
        #expect(world.closedSignals.contains(agent.signal))
        #expect(world.core.jobs.isEmpty)
    }

    @Test("a job stays listed as running, though its worker reported its end or its participant left")
    func endedJobsStayListed() throws {
        let world = try World()
        let worker = world.worker("jask")
        world.join("candidate")
        for index in 0..<2 {
            _ = try world.perform { (core, now) throws(TwirpError) in
                try core.createDispatch(
                    .with {
                        $0.room = "r"; $0.agentName = "jask"
                    }, at: now)
            }
            world.accept(try #require(world.offers(worker).last), worker)
            let assignment = try #require(world.assignments(worker).last)
            if index == 0 {
                world.tell(
                    .updateJob(
                        .with {
                            $0.jobID = assignment.job.id; $0.status = .jsFailed
                        }), worker)
            } else {
                world.leave(try world.join(by: assignment))
            }
        }
        #expect(world.core.jobs.isEmpty)
        let states = try world.core.listDispatch(.with { $0.room = "r" }).agentDispatches.flatMap(\.state.jobs)
        #expect(states.map(\.state.status) == [.jsRunning, .jsRunning] && states.allSatisfy { $0.state.endedAt == 0 })
    }

    @Test("a deleted dispatch ends its job after three seconds and removes the participant three seconds later")
    func deletedDispatches() throws {
        let world = try World()
        let worker = world.worker("jask")
        world.join("candidate")
        let dispatch = try world.perform { (core, now) throws(TwirpError) in
            try core.createDispatch(
                .with {
                    $0.room = "r"; $0.agentName = "jask"
                }, at: now)
        }
        world.accept(try #require(world.offers(worker).first), worker)
        let agent = try world.join(by: try #require(world.assignments(worker).first))
        let listed = try world.core.listDispatch(
            .with {
                $0.room = "r"; $0.dispatchID = dispatch.id
            })
        #expect(listed.agentDispatches.first?.state.jobs.first?.state.status == .jsRunning)
        _ = try world.perform { (core, now) throws(TwirpError) in
            try core.deleteDispatch(
                .with {
                    $0.room = "r"; $0.dispatchID = dispatch.id
                }, at: now)
        }
        #expect(try world.core.listDispatch(.with { $0.room = "r" }).agentDispatches.map(\.agentName) == [""])
        world.pass(.milliseconds(2900))
        #expect(world.terminations(worker).isEmpty)
        world.pass(.milliseconds(200))
        #expect(world.terminations(worker).count == 1 && !world.closedSignals.contains(agent.signal))
        world.pass(.seconds(3))
        guard case .leave(let leave)? = world.news(agent).last else { throw Missing() }
        #expect(leave.reason == .participantRemoved)
        #expect(world.terminations(worker).count == 1)
    }

    @Test("a deleted dispatch whose job was over does not remove whoever came under its identity since")
    func deletedDispatchOfAnEarlierJob() throws {
        let world = try World()
        let worker = world.worker()
        world.join("candidate")
        let original = try #require(try world.core.listDispatch(.with { $0.room = "r" }).agentDispatches.first).id
        world.accept(try #require(world.offers(worker).first), worker, as: "assistant")
        world.leave(try world.join(by: try #require(world.assignments(worker).first)))
        _ = try world.perform { (core, now) throws(TwirpError) in
            try core.createDispatch(.with { $0.room = "r" }, at: now)
        }
        world.accept(try #require(world.offers(worker).last), worker, as: "assistant")
        let heir = try world.join(by: try #require(world.assignments(worker).last))
        let terminated = world.terminations(worker)
        _ = try world.perform { (core, now) throws(TwirpError) in
            try core.deleteDispatch(
                .with {
                    $0.room = "r"; $0.dispatchID = original
                }, at: now)
        }
        world.pass(.seconds(10))
        #expect(world.core.rooms["r"]?.participant(identity: "assistant")?.sid == heir.sid)
        #expect(world.terminations(worker) == terminated)
    }

    @Test("workers of the other kinds get a job for each participant, at its join or its first track")
    func participantJobs() throws {
        let world = try World()
        let (joins, publishes) = (world.worker(type: .jtParticipant), world.worker(type: .jtPublisher))
        let candidate = world.join("candidate")
        #expect(world.offers(joins).map(\.participant.identity) == ["candidate"])
        world.publish(candidate)
        world.publish(candidate, mid: "1", cid: "second")
        #expect(world.offers(publishes).count == 1)
        world.join("agent") { request, _ in request.claims.kind = "agent" }
        #expect(world.offers(joins).count == 1)
    }

    @Test("a worker registers within ten seconds, may ping before, and is named once")
    func registration() throws {
        let world = try World()
        let lazy = WorkerConnectionID(number: 900)
        world.perform { $0.workerConnected(lazy, at: $1) }
        world.tell(.ping(.with { $0.timestamp = 4 }), lazy)
        guard case .pong(let pong)? = world.workerMessages[lazy]?.first else { throw Missing() }
        #expect(pong.lastTimestamp == 4)
        world.pass(.seconds(9))
        #expect(!world.closedWorkers.contains(lazy))
        world.pass(.seconds(2))
        #expect(world.closedWorkers.contains(lazy))
        let worker = world.worker()
        world.tell(.register(.init()), worker)
        let registrations = world.workerMessages[worker]?.filter { if case .register = $0 { true } else { false } }
        #expect(registrations?.count == 1)
    }
}
