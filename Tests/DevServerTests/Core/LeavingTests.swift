import LiveKit
import SansIO
import Testing

@testable import DevServer

@Suite struct LeavingTests {
    private func lastLeave(_ world: World, _ client: World.Client) throws -> Livekit_LeaveRequest {
        guard case .leave(let leave)? = world.news(client).last(where: { $0.name == "leave" }) else { throw Missing() }
        return leave
    }

    @Test("a leave is echoed, the connection closed, and the others told")
    func leaving() throws {
        let world = try World()
        let (a, b) = (world.join("a"), world.join("b"))
        world.publish(a)
        _ = world.news(b)
        world.leave(a)
        #expect(try lastLeave(world, a).reason == .clientInitiated)
        #expect(world.closedSignals.contains(a.signal))
        let update = try #require(world.updates(b).last)
        #expect(update.state == .disconnected && update.disconnectReason == .clientInitiated && update.tracks.isEmpty)
        #expect(update.isPublisher)
        #expect(world.core.rooms["r"]?.participants.map(\.identity) == ["b"])
        let closed = world.commands.contains { sid, command in
            if sid == a.sid, case .close = command { true } else { false }
        }
        #expect(closed)
    }

    @Test("a lost signal before the transport was up is the end, afterwards it is not")
    func lostSignals() throws {
        let world = try World()
        let early = world.join("early", connects: false)
        let late = world.join("late")
        world.closeSignal(early)
        world.closeSignal(late)
        #expect(world.core.rooms["r"]?.participants.map(\.identity) == ["late"])
        // It lives until its transport fails: then nobody is there to be told to resume.
        world.pass(.seconds(60))
        #expect(world.core.rooms["r"]?.participants.map(\.identity) == ["late"])
        world.media(.failed(.subscriber), of: late)
        #expect(world.core.rooms["r"]?.participants.isEmpty == true)
    }

    @Test("a resume is answered with reconnect, update, room, token and an offer with new credentials")
    func resuming() throws {
        let world = try World()
        let (a, b) = (world.join("a"), world.join("b"))
        world.publish(a)
        world.pass(.seconds(1))
        world.closeSignal(b)
        world.commands = []
        let signal = world.newSignal()
        world.connect(signal, "b") { request, _ in request.resumes = b.sid }
        let resumed = World.Client(signal: signal, identity: "b", sid: b.sid)
        let news = world.news(resumed)
        #expect(news.map(\.name).prefix(5) == ["reconnect", "update", "roomUpdate", "refreshToken", "offer"])
        guard case .update(let update)? = news.dropFirst().first else { throw Missing() }
        #expect(update.participants.map(\.identity) == ["a", "b"])
        let restarts = world.commands.contains { if case .makeOffer(true) = $0.command { true } else { false } }
        #expect(restarts)
        // The one track is still subscribed: nothing is subscribed anew.
        #expect(!world.commands.contains { if case .subscribe = $0.command { true } else { false } })
        // The old connection's late end changes nothing.
        world.closeSignal(b)
        #expect(world.core.rooms["r"]?.participant(identity: "b")?.signal == signal)
    }

    @Test("a resume of nothing is refused in the way the protocol level knows", arguments: [16, 12])
    func refusedResumes(level: Int) throws {
        let world = try World()
        world.join("a")
        for (identity, sid) in [("a", "PA_nosuchsid000"), ("z", "PA_x")] {
            let signal = world.newSignal()
            world.connect(signal, identity) { request, _ in
                request.resumes = sid
                request.protocolLevel = level
            }
            guard case .leave(let leave)? = world.messages[signal]?.first else { throw Missing() }
            #expect(leave.reason == .stateMismatch)
            #expect(level > 12 ? leave.action == .reconnect : leave.canReconnect && leave.action == .disconnect)
            #expect(world.closedSignals.contains(signal) && world.core.signals[signal] == nil)
        }
    }

    @Test("when its transport fails, a client is told to resume and is kept for five seconds")
    func failedTransports() throws {
        let world = try World()
        let (a, b) = (world.join("a"), world.join("b"))
        world.media(.failed(.publisher), of: a)
        #expect(try lastLeave(world, a).action == .resume)
        world.pass(.seconds(4))
        let signal = world.newSignal()
        world.connect(signal, "a") { request, _ in request.resumes = a.sid }
        world.pass(.seconds(10))
        #expect(world.core.rooms["r"]?.participants.count == 2)
        world.media(.failed(.subscriber), of: b)
        world.pass(.milliseconds(5100))
        #expect(world.core.rooms["r"]?.participants.map(\.identity) == ["a"])
        world.pass(.seconds(5))
        let resumed = World.Client(signal: signal, identity: "a", sid: a.sid)
        #expect(world.updates(resumed).last?.disconnectReason == .connectionTimeout)
    }

    @Test(
        "who leaves while a client's signalling is away is reported to it as gone, above level 8", arguments: [16, 8])
    func departuresDuringAnOutage(level: Int) throws {
        let world = try World()
        let (a, b) = (world.join("a"), world.join("b"))
        let c = world.join("c") { request, _ in request.protocolLevel = level }
        world.publish(a)
        world.pass(.seconds(4))
        world.closeSignal(c)
        world.leave(a)
        world.leave(b)
        world.pass(.seconds(4))
        world.join("b")
        let signal = world.newSignal()
        world.connect(signal, "c") { request, _ in
            request.resumes = c.sid
            request.protocolLevel = level
        }
        let resumed = World.Client(signal: signal, identity: "c", sid: c.sid)
        guard case .update(let update)? = world.news(resumed).first(where: { $0.name == "update" }) else {
            throw Missing()
        }
        let gone = update.participants.filter { $0.state == .disconnected }
        // b is there again: a client that goes by names would take it for gone.
        #expect(gone.map(\.sid) == (level > 8 ? [a.sid] : []))
        world.closeSignal(resumed)
        let again = world.newSignal()
        world.connect(again, "c") { request, _ in request.resumes = c.sid }
        guard case .update(let later)? = world.messages[again]?.first(where: { $0.name == "update" }) else {
            throw Missing()
        }
        #expect(!later.participants.contains { $0.state == .disconnected })
    }

    @Test("a second connection that fails while a client may resume does not end its time")
    func bothTransportsFail() throws {
        let world = try World()
        let a = world.join("a")
        world.media(.failed(.subscriber), of: a)
        world.pass(.seconds(1))
        world.media(.failed(.publisher), of: a)
        world.pass(.seconds(3))
        let signal = world.newSignal()
        world.connect(signal, "a") { request, _ in request.resumes = a.sid }
        #expect(world.messages[signal]?.first?.name == "reconnect")
    }

    @Test("a room closes 20 seconds after its last standard participant left, whoever else is in it")
    func departure() throws {
        let world = try World()
        let candidate = world.join("candidate")
        let agent = world.join("agent") { request, _ in request.claims.kind = "agent" }
        world.pass(.seconds(100))
        world.leave(candidate)
        world.pass(.seconds(19))
        #expect(world.core.rooms["r"] != nil)
        let again = world.join("candidate")
        world.pass(.seconds(100))
        world.leave(again)
        world.pass(.seconds(21))
        #expect(world.core.rooms["r"] == nil)
        #expect(try lastLeave(world, agent).reason == .roomClosed)
    }

    @Test("a room that nobody joins closes after its empty timeout")
    func emptiness() throws {
        let world = try World()
        _ = try world.perform { (core, now) throws(TwirpError) in
            try core.createRoom(
                .with {
                    $0.name = "r"; $0.emptyTimeout = 30
                }, at: now)
        }
        world.pass(.seconds(29))
        #expect(world.core.rooms["r"] != nil)
        world.pass(.seconds(2))
        #expect(world.core.rooms["r"] == nil)
    }

    @Test("deleting a room, removing a participant and stopping the server give their reasons")
    func reasons() throws {
        let world = try World()
        let (a, b) = (world.join("a", room: "one"), world.join("b", room: "one"))
        let c = world.join("c", room: "two")
        _ = try world.perform { (core, now) throws(TwirpError) in
            try core.removeParticipant(
                .with {
                    $0.room = "one"; $0.identity = "a"
                }, at: now)
        }
        #expect(try lastLeave(world, a).reason == .participantRemoved)
        _ = try world.perform { (core, now) throws(TwirpError) in
            try core.deleteRoom(.with { $0.room = "one" }, at: now)
        }
        #expect(try lastLeave(world, b).reason == .roomDeleted)
        #expect(world.core.listRooms(.init()).rooms.map(\.name) == ["two"])
        world.perform { $0.shutDown(at: $1) }
        #expect(try lastLeave(world, c).reason == .serverShutdown)
        #expect(throws: TwirpError.self) { try world.core.deleteRoom(.with { $0.room = "one" }, at: world.now) }
    }

    @Test("the room's counts leave dependents out and are told a little later")
    func roomCounts() throws {
        let world = try World()
        let candidate = world.join("candidate")
        world.join("agent") { request, _ in request.claims.kind = "agent" }
        world.publish(candidate)
        world.pass(.seconds(5))
        let updates = world.news(candidate).compactMap { if case .roomUpdate(let u) = $0 { u.room } else { nil } }
        #expect(updates.count == 1)
        #expect(updates.first?.numParticipants == 1 && updates.first?.numPublishers == 1)
    }
}
