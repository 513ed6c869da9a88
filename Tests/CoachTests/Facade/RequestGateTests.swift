import SansIO
import Testing

@testable import Coach

@Suite struct RequestGateTests {
    private let overloaded = ClaudeError(.overloaded, message: "")

    private func at(_ seconds: Int) -> Instant { .zero + .seconds(seconds) }

    private func gate(limit: Int = 4) -> RequestGate {
        RequestGate(limit: limit, failuresBeforeRest: 3, restDuration: .seconds(30))
    }

    private func fail(_ gate: inout RequestGate, _ error: ClaudeError, times: Int, at now: Instant) {
        for _ in 0..<times {
            #expect(gate.enter(at: now) == .go)
            gate.ended(error, at: now)
        }
    }

    @Test func theNumberUnderWayIsBounded() {
        var gate = gate(limit: 2)
        #expect(gate.enter(at: at(0)) == .go)
        #expect(gate.enter(at: at(0)) == .go)
        #expect(gate.enter(at: at(0)) == .busy)
        gate.ended(nil, at: at(1))
        #expect(gate.enter(at: at(1)) == .go)
    }

    @Test func afterFailuresInARowItRestsThenTriesOne() {
        var gate = gate()
        fail(&gate, overloaded, times: 3, at: at(0))
        #expect(gate.enter(at: at(29)) == .resting)
        #expect(gate.enter(at: at(30)) == .go)
        #expect(gate.enter(at: at(30)) == .resting)
        gate.ended(overloaded, at: at(31))
        #expect(gate.enter(at: at(60)) == .resting)
        #expect(gate.enter(at: at(61)) == .go)
        gate.ended(nil, at: at(62))
        #expect(gate.enter(at: at(62)) == .go)
        #expect(gate.enter(at: at(62)) == .go)
    }

    @Test func aSuccessForgivesFailures() {
        var gate = gate()
        fail(&gate, overloaded, times: 2, at: at(0))
        #expect(gate.enter(at: at(1)) == .go)
        gate.ended(nil, at: at(1))
        fail(&gate, overloaded, times: 2, at: at(2))
        #expect(gate.enter(at: at(3)) == .go)
    }

    @Test func whatSuitsOneRequestOnlyIsNoFailureOfTheAPI() {
        var gate = gate()
        fail(&gate, ClaudeError(.refusal, message: ""), times: 9, at: at(0))
        fail(&gate, ClaudeError(.cancelled, message: ""), times: 9, at: at(0))
        #expect(gate.enter(at: at(1)) == .go)
    }

    @Test(arguments: [ClaudeError.Kind.invalidRequest, .promptTooLong])
    func aRequestThatTheAPIRefusesIsNeitherItsFailureNorItsSuccess(kind: ClaudeError.Kind) {
        var gate = gate()
        let refused = ClaudeError(kind, message: "")
        fail(&gate, refused, times: 9, at: at(0))
        // One room's failures in a row stay so though another's requests are refused in between.
        fail(&gate, overloaded, times: 2, at: at(1))
        fail(&gate, refused, times: 1, at: at(1))
        fail(&gate, overloaded, times: 1, at: at(1))
        #expect(gate.enter(at: at(30)) == .resting)
        #expect(gate.enter(at: at(31)) == .go)
        gate.ended(refused, at: at(32))
        // Whether the rest is over is still to be tried.
        #expect(gate.enter(at: at(32)) == .go)
        #expect(gate.enter(at: at(32)) == .resting)
    }

    @Test(arguments: [ClaudeError.Kind.rateLimited, .overloaded, .serverError(status: 503)])
    func aLongRetryAfterIsARestAtOnceWhateverTheStatus(kind: ClaudeError.Kind) {
        var gate = gate()
        fail(&gate, ClaudeError(kind, retryAfter: .seconds(90), message: ""), times: 1, at: at(0))
        #expect(gate.enter(at: at(89)) == .resting)
        #expect(gate.enter(at: at(90)) == .go)
    }

    @Test func aCancelledTrialLetsTheNextTry() {
        var gate = gate()
        fail(&gate, overloaded, times: 3, at: at(0))
        #expect(gate.enter(at: at(30)) == .go)
        gate.ended(ClaudeError(.cancelled, message: ""), at: at(31))
        #expect(gate.enter(at: at(31)) == .go)
    }
}
