import SansIO
import Settings
import Simulation
import Synchronization
import Testing

@testable import AgentRuntime

@Suite struct ReconcileCoreTests {
    @Test func aRoomWhoseJobWasLostIsDispatchedAtRegistration() {
        var desk = Desk()
        desk.addRoom()
        desk.promise("old", secondsAgo: 90)
        desk.promise("problem", secondsAgo: 60)
        desk.run(10)
        #expect(desk.looks == 0, "before registration nobody looks")
        desk.start()
        #expect(desk.created.map(\.metadata) == ["problem"])
        #expect(desk.created.first?.at == desk.now, "at once")
    }

    @Test func aFullWorkerLeavesDispatchingToOthers() {
        var desk = Desk()
        desk.addRoom()
        desk.promise()
        desk.hasRoom = false
        desk.start()
        desk.run(60)
        #expect(desk.created.isEmpty)
        desk.hasRoom = true
        desk.run(2)
        #expect(desk.created.count == 1)
    }

    @Test func theDefaultSettingIsTheOneThatIsTestedHere() throws {
        let variables = ["LIVEKIT_API_KEY": "k", "LIVEKIT_API_SECRET": "s"]
        let worker = try Configuration().adding(.environment(variables)).worker()
        #expect(worker.reconcileInterval == ReconcileCore.Configuration().interval)
    }

    @Test func nothingIsDoneForRoomsThatAreCoveredEmptyOrNotOurs() {
        for liveness in [RoomView.Liveness.alive, nil] {
            var desk = Desk()
            desk.addRoom(assistant: liveness)
            desk.promise(agent: liveness == nil ? "another" : "")
            desk.answering = ["r"]
            desk.start()
            desk.run(60)
            #expect(desk.created.isEmpty)
        }
        var desk = Desk()
        desk.addRoom()
        desk.promise()
        desk.views[0].people = 0
        desk.start()
        desk.run(60)
        #expect(desk.created.isEmpty, "nobody is there")
        desk.views[0].people = 1
        desk.own = ["RM_1"]
        desk.run(60)
        #expect(desk.created.isEmpty, "our own session is there")
    }

    @Test func looksComeAtTheIntervalAndNotInStep() {
        var first = Desk(seed: 1)
        var second = Desk(seed: 2)
        first.start()
        second.start()
        first.run(60)
        second.run(60)
        #expect((48...65).contains(first.looks))
        #expect(first.core.deadline != second.core.deadline)
    }

    @Test func aDeadAssistantIsTakenOverWithinALook() {
        var desk = Desk()
        desk.addRoom(assistant: .alive)
        desk.promise()
        desk.answering = ["r"]
        desk.start()
        desk.run(10)
        desk.views[0].assistants[0].liveness = .dead
        let died = desk.now
        desk.run(2.1)
        #expect(desk.created.count == 1)
        #expect((desk.created.first?.at ?? .distantFuture) - died <= .seconds(2))
        #expect(desk.removed.isEmpty, "its identity is taken over")
    }

    @Test(
        "a worker that stands still though its lock is held is given up later than one without, and is believed again",
        arguments: 1...10 as ClosedRange<UInt64>)
    func standsStill(seed: UInt64) throws {
        var desk = Desk(seed: seed)
        desk.addRoom(assistant: .alive)
        desk.promise()
        desk.answering = ["r"]
        desk.start()
        desk.run(30 + Double(seed) / 10)
        #expect(desk.created.isEmpty)
        desk.answering = []
        let froze = desk.now
        // A busy machine is no dead one.
        desk.run(3.5)
        #expect(desk.created.isEmpty)
        desk.answering = ["r"]
        desk.run(20)
        #expect(desk.created.isEmpty && desk.now > froze)
        desk.answering = []
        let still = desk.now
        desk.run(10)
        let at = try #require(desk.created.first?.at, "seed \(seed)")
        #expect(at - still >= .seconds(5) && at - still <= .seconds(8), "seed \(seed): \(at - still)")
        desk.answering = ["r"]
        desk.run(6)
        #expect(!desk.core.isDead("other"))
        let before = desk.created.count
        desk.run(60)
        #expect(desk.created.count == before)
    }

    @Test("where the server may offer jobs to a dead worker, dispatches that bring nobody follow each other sooner")
    func soonAgain() {
        var desk = Desk()
        desk.addRoom(assistant: .unknown)
        desk.promise()
        desk.start()
        desk.run(30)
        #expect(desk.created.count >= 6, "\(desk.created.count)")
        let gaps = zip(desk.created, desk.created.dropFirst()).map { $1.at - $0.at }
        // Longer than dispatches count as made at once, or the later one would give way to the one before.
        #expect(gaps.allSatisfy { $0 > .nanoseconds(OfferPolicy.raceWindow) }, "\(gaps)")
        #expect(gaps.prefix(5).allSatisfy { $0 <= .seconds(5) }, "\(gaps)")
    }

    @Test func anAssistantElsewhereIsAskedAndBelieved() {
        var desk = Desk()
        desk.addRoom(assistant: .unknown)
        desk.promise()
        desk.answering = ["r"]
        desk.start()
        desk.run(60)
        #expect(desk.created.isEmpty)
        #expect((60...95).contains(desk.questions.count))
        #expect(Set(desk.questions.map(\.text)).count == desk.questions.count)
        #expect(desk.checks <= desk.questions.count)
        #expect(desk.examined == ["r"], "its answers say that the room is covered")
    }

    @Test("a dead worker elsewhere is known 1.2 s after the first question", arguments: 1...20 as ClosedRange<UInt64>)
    func deadElsewhere(seed: UInt64) throws {
        var desk = Desk(seed: seed)
        desk.addRoom(assistant: .unknown)
        desk.addNeighbours(3)
        desk.promise()
        desk.answering = ["r", "r2", "r3", "r4"]
        desk.start()
        desk.run(30 + Double(seed) / 10)
        #expect(desk.created.isEmpty)
        desk.answering = []
        let died = desk.now
        let asked = desk.questions.count
        desk.run(6)
        // A question that it still answered may be under way.
        let question = try #require(desk.questions[asked...].first)
        for room: RoomName in ["r", "r2", "r3", "r4"] {
            let at = try #require(desk.created.first { $0.room == room }?.at, "seed \(seed): \(room)")
            #expect(at - question.at <= .milliseconds(1_200), "seed \(seed): \(room)")
            #expect(at - died <= .milliseconds(2_100), "seed \(seed): \(room)")
        }
        #expect(
            Set(desk.questions[asked...].prefix(4).map(\.room)).count == 3, "the second question goes to several rooms")
    }

    @Test func theRoomsOfADeadWorkerAreToldToWhoeverMayBeOfferedThem() throws {
        var desk = Desk()
        desk.addRoom(assistant: .unknown)
        desk.addNeighbours(60)
        desk.views.append(RoomView(name: "own", sid: "RM_own", people: 1, assistants: []))
        var heir = try #require(desk.views[0].heir)
        (heir.identity, heir.instance) = ("jask-RM_third", "third")
        desk.views.append(RoomView(name: "third", sid: "RM_third", people: 1, assistants: [heir]))
        desk.own = ["RM_own"]
        desk.promise()
        desk.answering = Set(desk.views.map(\.name))
        desk.start()
        desk.run(30)
        desk.answering = ["third"]
        desk.run(4)
        let told = Set(try #require(desk.foretold.first))
        #expect(desk.foretold.count == 1 && (20...41).contains(told.count), "once; the rest is the other looker's")
        #expect(desk.created.count == told.count)
        #expect(told.allSatisfy { desk.core.isOneOfMany($0, at: desk.now) })
    }

    @Test func aWordOfFewRoomsSparesNobodyALookIntoThem() {
        var desk = Desk()
        desk.start()
        desk.core.foretold(["RM_1"], of: "other", at: desk.now)
        #expect(desk.core.isForetold("RM_1", of: "other", at: desk.now))
        #expect(!desk.core.isOneOfMany("RM_1", at: desk.now))
        desk.core.foretold((0..<20_000).map { "RM_\($0)" }, of: "other", at: desk.now)
        #expect(desk.core.foretold.count <= 10_000)
    }

    @Test func aWordThatSomebodyIsDeadSaysNothingOfWhoCameAfter() {
        var desk = Desk()
        desk.start()
        desk.core.foretold((0..<100).map { "RM_\($0)" }, of: "dead", at: desk.now)
        #expect(desk.core.isForetold("RM_1", of: "dead", at: desk.now) && desk.core.isOneOfMany("RM_1", at: desk.now))
        #expect(
            !desk.core.isForetold("RM_1", of: "heir", at: desk.now), "an heir that lives is asked before it has to go")
        #expect(!desk.core.isForetold("RM_1", of: nil, at: desk.now))
        desk.run(5)
        #expect(!desk.core.isOneOfMany("RM_1", at: desk.now), "by now somebody may be there: it is looked into")
        #expect(desk.core.isForetold("RM_1", of: "dead", at: desk.now))
    }

    @Test func aWordIsReadAsItWasWrittenAndWithinBounds() {
        let board = WorkerBoard()
        let heard = Mutex<[[String]]>([])
        board.onForetold = { dead, rooms in heard.withLock { $0.append([dead] + rooms) } }
        board.foretell(WorkerBoard.word(of: "dead", rooms: ["RM_1", "RM_2"]))
        board.foretell("dead")
        board.foretell("")
        board.foretell(WorkerBoard.word(of: "dead", rooms: Array(repeating: "RM_1", count: 4000)))
        board.foretell(WorkerBoard.word(of: "dead", rooms: [String(repeating: "x", count: 65), "RM_3"]))
        #expect(heard.withLock { $0 } == [["dead", "RM_1", "RM_2"], ["dead", "RM_3"]])
    }

    @Test func anAnswerInOneRoomOrToAnotherWorkerIsProofForAllRooms() {
        var desk = Desk()
        desk.addRoom(assistant: .unknown)
        desk.addNeighbours(1)
        desk.promise()
        desk.answering = ["r2"]
        desk.start()
        desk.run(30)
        #expect(desk.created.isEmpty, "its other room answers")
        desk.answering = []
        for round in 0..<60 {
            // Another worker asked, and was answered.
            desk.views[0].assistants[0].answered = "\(round)"
            desk.run(0.4)
        }
        #expect(desk.created.isEmpty)
    }

    @Test func aWorkerThatDoesNotNameItsRoomsIsBelievedWhileItLives() {
        var desk = Desk()
        desk.isTelling = false
        desk.addRoom(assistant: .unknown)
        desk.addNeighbours(1)
        desk.promise()
        desk.answering = ["r", "r2"]
        desk.start()
        desk.run(60)
        #expect(desk.created.isEmpty)
        #expect(
            (4...16).contains(desk.examined.count), "its rooms are looked into now and then: \(desk.examined.count)")
        desk.answering = []
        let died = desk.now
        desk.run(3)
        #expect(Set(desk.created.map(\.room)) == ["r", "r2"])
        #expect(desk.created.allSatisfy { $0.at - died <= .seconds(3) })
    }

    @Test func anAssistantThatItsOwnWorkerDoesNotNameIsALeftover() {
        var desk = Desk()
        desk.addRoom(assistant: .unknown)
        desk.addNeighbours(1)
        desk.views[0].assistants[0].identity = "jask-RM_1"
        desk.promise()
        desk.answering = ["r", "r2"]
        desk.start()
        desk.run(10)
        #expect(desk.created.isEmpty)
        // Its session there has ended without a trace; its participant is still listed.
        desk.forgotten = ["RM_1"]
        desk.run(5)
        #expect(desk.created.map(\.room) == ["r"])
    }

    @Test func anAssistantThatCannotBeAskedIsBelieved() {
        var desk = Desk()
        desk.addRoom(assistant: .unknown)
        desk.views[0].assistants[0].instance = nil
        desk.promise()
        desk.start()
        desk.run(60)
        #expect(desk.created.isEmpty && desk.questions.isEmpty)
    }

    @Test func aYoungRoomsOwnAssistantIsWaitedFor() {
        var desk = Desk()
        desk.addRoom(age: .milliseconds(200))
        desk.promise(secondsAgo: 0.2)
        desk.start()
        #expect(desk.created.isEmpty)
        desk.run(1.5)
        #expect(desk.created.isEmpty, "its dispatch is young")
        let waited = desk.now
        desk.run(4)
        #expect(desk.created.count == 1)
        #expect((desk.created.first?.at ?? .distantFuture) - waited <= .milliseconds(500), "not only at the next look")
    }

    @Test func aDispatchUnderWayIsWaitedForAlsoWhenTheOldAssistantIsDead() {
        var desk = Desk()
        desk.addRoom(assistant: .dead)
        desk.promise(secondsAgo: 51)
        desk.promise(secondsAgo: 0.3)
        desk.start()
        #expect(desk.created.isEmpty, "another worker was first")
        desk.run(5)
        #expect(desk.created.count == 1, "but nobody came")
    }

    @Test func anothersDispatchIsWaitedForAsLongAsTheFirst() {
        var desk = Desk()
        desk.addRoom(age: .milliseconds(200))
        desk.promise(secondsAgo: 0.2)
        desk.start()
        desk.run(1.7)
        #expect(desk.created.isEmpty, "the room's own dispatch is young")
        // Another worker has waited as long, and was first.
        desk.promise(secondsAgo: 0)
        let made = desk.now
        desk.run(1.9)
        #expect(desk.created.isEmpty, "its assistant may be on its way")
        desk.run(4)
        #expect(desk.created.count == 1)
        #expect((desk.created.first?.at ?? .zero) - made >= .seconds(2))
    }

    @Test("a clock that differs from the server's delays, but does not prevent", arguments: [-7200.0, 7200])
    func clockSkew(seconds: Double) {
        var desk = Desk()
        desk.addRoom(age: .seconds(seconds))
        desk.promise(secondsAgo: seconds)
        desk.start()
        desk.run(5)
        #expect(desk.created.count == 1)
    }

    @Test func dispatchesThatBringNobodyComeLessAndLessOften() {
        var desk = Desk()
        desk.addRoom()
        desk.promise()
        desk.start()
        desk.run(120)
        #expect((6...25).contains(desk.created.count))
        let gaps = zip(desk.created, desk.created.dropFirst()).map { $1.at - $0.at }
        #expect((gaps.last ?? .zero) > .seconds(6))
        // Once covered, the next loss is answered at once again.
        desk.own = ["RM_1"]
        desk.run(5)
        desk.own = []
        let lost = desk.now
        let before = desk.created.count
        desk.run(2.1)
        #expect(desk.created.count == before + 1 && desk.created[before].at - lost <= .seconds(2))
    }

    @Test func aRestartedServerHasForgottenItsDispatchesButTheWorkerHasNot() {
        var desk = Desk { $0.agentName = "coach" }
        desk.addRoom()
        desk.start()
        desk.run(10)
        #expect(desk.created.isEmpty)
        desk.core.lost(room: "r", metadata: "kept", at: desk.now)
        desk.core.hurry(at: desk.now)
        desk.drain()
        #expect(desk.created.map(\.metadata) == ["kept"])
        // Not for ever.
        var later = Desk { $0.agentName = "coach" }
        later.core.lost(room: "r", metadata: "kept", at: later.now)
        later.run(601)
        later.addRoom()
        later.start()
        later.run(10)
        #expect(later.created.isEmpty)
    }

    @Test(
        "whoever comes into a restarted server's room has the assistant back before the server counts them",
        arguments: 1...20 as ClosedRange<UInt64>)
    func uncounted(seed: UInt64) throws {
        var desk = Desk(seed: seed)
        desk.addRoom()
        desk.promise(secondsAgo: 0.3)
        // Made by a session that found itself in a new room; its people come back later.
        desk.counted["RM_1"] = (desk.now - .milliseconds(300), 0)
        desk.views[0].people = 0
        desk.core.lost(room: "r", metadata: "m", at: desk.now)
        desk.start()
        desk.run(0.5 + Double(seed) / 10)
        #expect(desk.created.isEmpty && !desk.examined.isEmpty)
        desk.views[0].people = 1
        let back = desk.now
        desk.run(4)
        let at = try #require(desk.created.first?.at, "seed \(seed)")
        #expect(at - back <= .milliseconds(1300), "seed \(seed)")
    }

    @Test func youngRoomsInWhichNobodyIsAreLookedIntoNoMoreOftenWhereTheyAreMany() {
        var desk = Desk()
        for number in 0..<200 {
            desk.views.append(RoomView(name: "r\(number)", sid: "RM_\(number)", people: 0, assistants: []))
            desk.counted["RM_\(number)"] = (desk.now, 0)
        }
        desk.start()
        desk.run(10)
        // 200 rooms, and one in 50 ms.
        #expect((200...400).contains(desk.examined.count), "\(desk.examined.count)")
        let before = desk.examined.count
        desk.run(60)
        #expect(desk.examined.count == before, "once they are old enough, their people are counted")
    }

    @Test func whereAPersonEndedTheAssistantNobodyComesBack() {
        var desk = Desk()
        desk.addRoom()
        desk.promise()
        desk.core.dismiss(RoomKey(name: "r", sid: "RM_1"), at: desk.now)
        desk.start()
        desk.run(60)
        #expect(desk.created.isEmpty)
        desk.views[0].sid = "RM_2"
        desk.run(5)
        #expect(desk.created.count >= 1, "another room of that name is another room")
    }

    @Test func leftoversWithAnotherIdentityAreRemoved() {
        var desk = Desk()
        desk.addRoom(assistant: .alive)
        desk.views[0].assistants.append(
            RoomView.Assistant(
                identity: "jask-RM_0", sid: "PA_0", instance: "x", liveness: .dead, joinedAt: 0))
        desk.start()
        #expect(desk.removed == ["jask-RM_0"])
    }

    @Test func aFailedLookIsFollowedByTheNext() {
        var core = ReconcileCore(configuration: .init(), random: .seeded(1))
        core.start(at: .zero)
        #expect(core.pollOutput() == .listRooms(names: []))
        #expect(core.deadline == nil)
        core.failed(.listRooms(names: []), .other, at: .zero)
        #expect(core.deadline != nil)
        core.stop()
        #expect(core.deadline == nil)
    }

    @Test func roomsThatAreNoneOfOursAreLookedIntoLessAndLessOften() {
        var desk = Desk { $0.agentName = "coach" }
        desk.views = (0..<50).map { RoomView(name: "r\($0)", sid: "RM_\($0)", people: 1, assistants: []) }
        desk.start()
        desk.run(20)
        let early = desk.looks
        let before = desk.dispatchLists
        desk.run(300)
        #expect(desk.looks > early, "the rooms are listed all the same")
        #expect(desk.dispatchLists - before <= 50 * 10, "\(desk.dispatchLists - before) looks at dispatches in 300 s")
        // Somebody who comes is a reason to look at once.
        desk.views[7].people = 2
        desk.promise(agent: "coach")
        desk.run(2)
        #expect(desk.created.first?.room == "r7")
    }
}
