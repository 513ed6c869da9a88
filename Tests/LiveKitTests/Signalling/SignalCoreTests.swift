import Foundation
import NIOCore
import SansIO
import Testing

@testable import LiveKit

struct SignalCoreTests {
    private func refused(_ status: Int) -> TransportError { .refused(HTTPRefusal(status: status, body: "")) }

    @Test("every reason of the protocol has one of ours, and those of newer servers keep their number")
    func reasonsHaveCounterparts() {
        let known = Livekit_DisconnectReason.allCases
        #expect(known.map { DisconnectReason($0).message } == known)
        #expect(Set(known.map(DisconnectReason.init)).count == known.count)
        #expect(known.allSatisfy { if case .other = DisconnectReason($0) { false } else { true } })
        let newer = DisconnectReason(.UNRECOGNIZED(99))
        #expect(newer == .other(99) && newer.message.rawValue == 99 && newer.description == "reason 99")
        #expect(
            Livekit_ReconnectReason.allCases.map(\.rawValue)
                == Livekit_ReconnectReason.allCases.compactMap {
                    ReconnectReason(rawValue: $0.rawValue)?.message.rawValue
                })
    }

    @Test("a server may send elsewhere, but not from TLS to where the token would travel in clear")
    func alternativeServers() throws {
        let tries = [
            ("wss://lk", "ws://other", "wss://lk:443"), ("wss://lk", "http://other", "wss://lk:443"),
            ("wss://lk", "wss://other", "wss://other:443"), ("wss://lk", "https://other", "wss://other:443"),
            ("ws://lk:1", "ws://other:2", "ws://other:2"), ("ws://lk:1", "wss://other", "wss://other:443"),
            ("wss://lk", "nonsense", "wss://lk:443"),
        ]
        for (home, alternative, expected) in tries {
            var core = SignalCore(
                options: SignalOptions(server: try ServerURL(home), token: AccessToken(jwt: "t")),
                random: .seeded(1))
            let now = Instant(nanoseconds: 0)
            core.connect(at: now)
            core.socketOpened(at: now)
            let join = Livekit_SignalResponse.with {
                $0.join.participant.sid = "PA_1"
                $0.join.alternativeURL = alternative
            }
            core.receive(join.encoded(), at: now)
            core.socketEnded(.lost("cut"), at: now)
            var asked: ServerURL?
            while let output = core.pollOutput() {
                if case .connect(let connection) = output { asked = connection.request.server }
            }
            #expect(asked?.description == expected, "from \(home) to \(alternative)")
        }
    }

    @Test func itJoinsOverV1AndFallsBackToV0() throws {
        var harness = try SignalHarness()
        harness.run { $0.connect(at: $1) }
        #expect(harness.connections.last?.request.target.hasPrefix("/rtc/v1?join_request=") == true)
        harness.fail(refused(404))
        #expect(harness.connections.count == 2)
        #expect(harness.connections.last?.request.target.hasPrefix("/rtc?protocol=16&") == true)
        harness.join()
        #expect(harness.eventNames == ["joined v0"])
        harness.cut()
        #expect(harness.connections.last?.version == .v0, "the version that worked is kept")
    }

    @Test(arguments: [400, 401, 403])
    func aRefusalThatWouldBeRepeatedEndsIt(status: Int) throws {
        var harness = try SignalHarness()
        harness.run { $0.connect(at: $1) }
        harness.fail(refused(status))
        #expect(harness.eventNames == ["disconnected the server answered \(status)"])
        harness.advance(.seconds(100))
        #expect(harness.connections.count == 1)
    }

    @Test func aServerThatIsAwayIsTriedThreeTimes() throws {
        var harness = try SignalHarness()
        harness.run { $0.connect(at: $1) }
        for _ in 0..<5 {
            harness.fail(.unreachable(host: "lk", port: 7880, reason: "connection refused"))
            harness.advance(.seconds(5))
        }
        #expect(harness.connections.count == 3)
        guard case .disconnected(.gaveUp(.unreachable?))? = harness.events.last else {
            Issue.record("\(harness.eventNames)")
            return
        }
    }

    @Test func aSilentServerTimesOut() throws {
        var harness = try SignalHarness()
        harness.run { $0.connect(at: $1) }
        harness.open()
        harness.advance(.seconds(16))
        #expect(harness.closed == 1)
        #expect(harness.connections.count == 2)
    }

    @Test func pingsGoOutAndTheRoundTripIsMeasured() throws {
        var harness = try SignalHarness()
        harness.join()
        harness.advance(.seconds(5))
        let ping = try #require(harness.sent.last?.pingReq)
        harness.advance(.milliseconds(40))
        harness.receive(.pongResp(.with { $0.lastPingTimestamp = ping.timestamp }))
        #expect(harness.core.roundTrip == .milliseconds(40))
        harness.advance(.milliseconds(4960))
        #expect(harness.sent.last?.pingReq.rtt == 40)
        #expect(harness.sent.count == 2)
    }

    @Test func silenceBeyondThePingTimeoutResumes() throws {
        var harness = try SignalHarness()
        harness.join()
        harness.advance(.seconds(14))
        #expect(harness.eventNames == ["joined v1"])
        harness.advance(.seconds(1))
        #expect(harness.eventNames == ["joined v1", "reconnecting resume"])
        #expect(harness.closed == 1)
        #expect(harness.connections.last?.intent == .resume(participantSID: "PA_1", reason: .signalDisconnected))
    }

    @Test func aCutSocketIsResumedAtOnceWithTheNewestToken() throws {
        var harness = try SignalHarness(version: .v0)
        harness.join()
        harness.receive(.refreshToken("second"))
        harness.advance(.seconds(6))
        harness.cut()
        let connection = try #require(harness.connections.last)
        #expect(harness.connections.count == 2)
        #expect(connection.request.token.jwt == "second")
        #expect(connection.request.target.hasSuffix("&reconnect=1&sid=PA_1&reconnect_reason=1"))
        harness.open()
        harness.receive(.reconnect(.with { $0.lastMessageSeq = 7 }))
        #expect(harness.eventNames == ["joined v0", "reconnecting resume", "resumed"])
    }

    @Test func requestsWaitForTheResumeAndNegotiationPasses() throws {
        var harness = try SignalHarness()
        harness.join()
        harness.cut()
        harness.run { $0.send(.with { $0.subscription.trackSids = ["TR_1"] }, at: $1) }
        harness.run { $0.send(.with { $0.trickle.candidateInit = "old" }, at: $1) }
        #expect(harness.eventNames.last == "dropped", "a candidate of the old ICE generation")
        harness.open()
        harness.receive(.reconnect(.init()))
        let before = harness.sent.count
        harness.run { $0.send(.with { $0.syncState = .init() }, at: $1) }
        harness.run { $0.send(.with { $0.mute.sid = "TR_2" }, at: $1) }
        #expect(harness.sent.count == before + 1)
        harness.run { $0.resumeCompleted(at: $1) }
        #expect(harness.sent.dropFirst(before + 1).map(\.subscription.trackSids) == [["TR_1"], []])
        #expect(harness.sent.last?.mute.sid == "TR_2")
        harness.run { $0.send(.with { $0.mute.sid = "TR_3" }, at: $1) }
        #expect(harness.sent.last?.mute.sid == "TR_3")
    }

    @Test func mediaThatNeverComeUpEndTheSessionAfterFourAttempts() throws {
        var harness = try SignalHarness()
        harness.join()
        for _ in 0..<3 {
            harness.advance(.seconds(10))
            harness.run { $0.rejoin(because: .publisherFailed, at: $1) }
            harness.join()
        }
        #expect(harness.core.isConnected)
        harness.advance(.seconds(10))
        harness.run { $0.rejoin(because: .publisherFailed, at: $1) }
        #expect(harness.eventNames.last?.contains("UDP") == true)
        #expect(harness.core.deadline == nil)
        #expect(harness.sent.last?.leave.reason == .clientInitiated, "the server need not wait for a timeout")
    }

    @Test func mediaThatCameUpBetweenLetTheAttemptsBeginAnew() throws {
        var harness = try SignalHarness()
        harness.join()
        for _ in 0..<8 {
            harness.advance(.seconds(10))
            harness.run { $0.rejoin(because: .publisherFailed, at: $1) }
            harness.join()
            harness.run { core, _ in core.mediaCameUp() }
        }
        #expect(harness.core.isConnected)
    }

    @Test func theCoreTellsWhichOfferWentWithTheJoinRequest() throws {
        var harness = try SignalHarness()
        let first = Livekit_SessionDescription.with { $0.sdp = "first" }
        harness.run { core, _ in core.publisherOffer = first }
        harness.join()
        #expect(harness.core.carriedOffer == first)
        harness.advance(.seconds(10))
        harness.run { $0.rejoin(because: .publisherFailed, at: $1) }
        // The request is on its way before its owner can have made an offer for the new session.
        harness.run { core, _ in core.publisherOffer = .with { $0.sdp = "second" } }
        harness.join()
        #expect(harness.core.carriedOffer == nil)
    }

    @Test func sessionsThatBreakAsSoonAsTheyBeginAreNotBegunInARow() throws {
        var harness = try SignalHarness()
        harness.join()
        let end = harness.now + .seconds(20)
        while harness.now < end {
            // Every session is to be resumed at once, and every resume is refused.
            harness.receive(.leave(.with { $0.action = .resume }))
            while harness.connections.last?.intent == .join, harness.core.deadline != nil {
                harness.advance(.milliseconds(100))
            }
            harness.open()
            harness.receive(.leave(.with { $0.action = .reconnect }))
            while harness.connections.last?.intent != .join, harness.core.deadline != nil {
                harness.advance(.milliseconds(100))
            }
            harness.join()
        }
        #expect(harness.connections.count < 40, "\(harness.connections.count) connections in 20 s")
    }

    @Test func theQueueIsBounded() throws {
        var configuration = SignalCore.Configuration()
        configuration.longestQueue = 3
        var harness = try SignalHarness(configuration: configuration)
        harness.join()
        harness.cut()
        for index in 0..<5 { harness.run { $0.send(.with { $0.mute.sid = "\(index)" }, at: $1) } }
        #expect(harness.eventNames.count { $0 == "dropped" } == 2)
    }

    @Test(arguments: [
        (Livekit_LeaveRequest.Action.reconnect, false), (.disconnect, true),
    ])
    func aRefusedResumeBecomesARejoin(action: Livekit_LeaveRequest.Action, canReconnect: Bool) throws {
        var harness = try SignalHarness()
        harness.join()
        harness.advance(.seconds(6))
        harness.cut()
        harness.run { $0.send(.with { $0.mute.sid = "1" }, at: $1) }
        harness.open()
        harness.receive(
            .leave(
                .with {
                    $0.reason = .stateMismatch
                    $0.action = action
                    $0.canReconnect = canReconnect
                }))
        #expect(harness.eventNames.suffix(3) == ["reconnecting resume", "dropped", "reconnecting rejoin"])
        harness.advance(.zero)
        #expect(harness.connections.last?.intent == .join)
        harness.join()
        #expect(harness.eventNames.last == "rejoined")
    }

    @Test func theServerMayAskForAResume() throws {
        var harness = try SignalHarness()
        harness.join()
        harness.receive(.leave(.with { $0.action = .resume }))
        #expect(harness.eventNames.last == "reconnecting resume")
        #expect(harness.closed == 1)
        #expect(harness.connections.last?.intent != .join)
    }

    @Test(arguments: [DisconnectReason.roomDeleted, .participantRemoved, .duplicateIdentity, .serverShutdown])
    func aLeaveWithoutActionIsFinal(reason: DisconnectReason) throws {
        var harness = try SignalHarness()
        harness.join()
        harness.receive(.leave(.with { $0.reason = reason.message }))
        guard case .disconnected(.serverLeft(reason))? = harness.events.last else {
            Issue.record("\(harness.eventNames)")
            return
        }
        harness.advance(.seconds(100))
        #expect(harness.connections.count == 1)
    }

    @Test func aJoinInsteadOfAReconnectIsARejoin() throws {
        var harness = try SignalHarness()
        harness.join()
        harness.cut()
        harness.join()
        #expect(harness.eventNames.suffix(2) == ["reconnecting rejoin", "rejoined"])
    }

    @Test func attemptsFollowTheTableAndEndWithTheBudget() throws {
        var harness = try SignalHarness()
        harness.join()
        harness.advance(.seconds(6))
        harness.receive(.refreshToken("t"))
        harness.cut()
        let begun = harness.now
        var times: [Duration] = []
        while times.count < 200, !harness.eventNames.contains(where: { $0.hasPrefix("disconnected") }) {
            let count = harness.connections.count
            times.append(harness.now - begun)
            harness.fail(.unreachable(host: "lk", port: 1, reason: "x"))
            while harness.connections.count == count, let deadline = harness.core.deadline {
                harness.advance(deadline - harness.now)
            }
        }
        #expect(times[0] == .zero)
        #expect(times[1] == .milliseconds(300))
        for (earlier, later) in zip(times.dropFirst(2), times.dropFirst(3)) {
            #expect(later - earlier <= .seconds(2), "never more than 2 s between attempts")
        }
        #expect((times.last ?? .zero) >= .seconds(58) && (times.last ?? .zero) <= .seconds(62))
        #expect(harness.eventNames.last?.hasPrefix("disconnected gave up") == true)
    }

    @Test func aConnectionThatBreaksAtOnceDoesNotSpin() throws {
        var harness = try SignalHarness()
        harness.join()
        let begun = harness.now
        var resumes = 0
        while harness.now - begun < .seconds(20) {
            harness.cut()
            let count = harness.connections.count
            if case .waiting = harness.core.phase {
                while harness.connections.count == count, let deadline = harness.core.deadline {
                    harness.advance(deadline - harness.now)
                }
            }
            harness.open()
            harness.receive(.reconnect(.init()))
            resumes += 1
        }
        #expect(resumes < 25)
    }

    @Test func theOwnerCanResumeAndRejoin() throws {
        var harness = try SignalHarness()
        harness.join()
        harness.run { $0.resume(because: .subscriberFailed, at: $1) }
        #expect(harness.connections.last?.intent == .resume(participantSID: "PA_1", reason: .subscriberFailed))
        harness.open()
        harness.receive(.reconnect(.init()))
        harness.run { $0.rejoin(because: .subscriberFailed, at: $1) }
        #expect(harness.sent.last?.leave.reason == .clientInitiated)
        harness.advance(.seconds(2))
        #expect(harness.connections.last?.intent == .join)
    }

    @Test func leavingWaitsForTheServerButNotForLong() throws {
        var harness = try SignalHarness()
        harness.join()
        harness.run { $0.leave(at: $1) }
        #expect(harness.sent.last?.leave.reason == .clientInitiated)
        harness.receive(.leave(.with { $0.reason = .clientInitiated }))
        #expect(harness.eventNames.last == "disconnected left")
        var silent = try SignalHarness()
        silent.join()
        silent.run { $0.leave(at: $1) }
        silent.advance(.seconds(1))
        #expect(silent.eventNames.last == "disconnected left")
        #expect(silent.closed == 1)
    }

    @Test func badFramesChangeNothing() throws {
        var harness = try SignalHarness()
        harness.join()
        harness.run { $0.receive(ByteBuffer(bytes: [0xFF, 0xFF]), at: $1) }
        harness.run { $0.receive(ByteBuffer(string: "{}"), isBinary: false, at: $1) }
        // A oneof member from the future: field 99, length-delimited.
        harness.run { $0.receive(ByteBuffer(bytes: [0x9A, 0x06, 0x00]), at: $1) }
        #expect(harness.eventNames == ["joined v1", "malformed", "malformed"])
        #expect(harness.core.isConnected)
    }
}
