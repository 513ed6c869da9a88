import Coach
import SansIO
import Testing

@testable import Claude

@Suite struct RequestBreakerTests {
    private let overloaded = ClaudeError(.overloaded, message: "")

    private func at(_ seconds: Int) -> Instant { .zero + .seconds(seconds) }

    private func breaker(limit: Int = 4) -> RequestBreaker {
        RequestBreaker(limit: limit, failuresBeforeRest: 3, restDuration: .seconds(30))
    }

    private func fail(_ breaker: inout RequestBreaker, _ error: ClaudeError, times: Int, at now: Instant) {
        for _ in 0..<times {
            #expect(breaker.enter(at: now) == .go)
            breaker.ended(error, at: now)
        }
    }

    @Test func theNumberUnderWayIsBounded() {
        var breaker = breaker(limit: 2)
        #expect(breaker.enter(at: at(0)) == .go)
        #expect(breaker.enter(at: at(0)) == .go)
        #expect(breaker.enter(at: at(0)) == .busy)
        breaker.ended(nil, at: at(1))
        #expect(breaker.enter(at: at(1)) == .go)
    }

    @Test func afterFailuresInARowItRestsThenTriesOne() {
        var breaker = breaker()
        fail(&breaker, overloaded, times: 3, at: at(0))
        #expect(breaker.enter(at: at(29)) == .resting)
        #expect(breaker.enter(at: at(30)) == .go)
        #expect(breaker.enter(at: at(30)) == .resting)
        breaker.ended(overloaded, at: at(31))
        #expect(breaker.enter(at: at(60)) == .resting)
        #expect(breaker.enter(at: at(61)) == .go)
        breaker.ended(nil, at: at(62))
        #expect(breaker.enter(at: at(62)) == .go)
        #expect(breaker.enter(at: at(62)) == .go)
    }

    @Test func aSuccessForgivesFailures() {
        var breaker = breaker()
        fail(&breaker, overloaded, times: 2, at: at(0))
        #expect(breaker.enter(at: at(1)) == .go)
        breaker.ended(nil, at: at(1))
        fail(&breaker, overloaded, times: 2, at: at(2))
        #expect(breaker.enter(at: at(3)) == .go)
    }

    @Test func whatSuitsOneRequestOnlyIsNoFailureOfTheAPI() {
        var breaker = breaker()
        fail(&breaker, ClaudeError(.refusal, message: ""), times: 9, at: at(0))
        fail(&breaker, ClaudeError(.cancelled, message: ""), times: 9, at: at(0))
        #expect(breaker.enter(at: at(1)) == .go)
    }

    /// A wrong mode is refused in every room: without a rest it costs a call for every hint, for ever.
    @Test func whereNoRequestIsTakenAnyMoreItRestsToo() {
        var breaker = breaker()
        let refused = ClaudeError(.invalidRequest, message: "")
        fail(&breaker, refused, times: 2, at: at(0))
        // One that is taken in between: then it was the others' own fault.
        #expect(breaker.enter(at: at(0)) == .go)
        breaker.ended(nil, at: at(0))
        fail(&breaker, refused, times: 3, at: at(1))
        #expect(breaker.enter(at: at(30)) == .resting)
        fail(&breaker, refused, times: 1, at: at(31))
        #expect(breaker.enter(at: at(60)) == .resting)
        #expect(breaker.enter(at: at(61)) == .go)
        breaker.ended(nil, at: at(62))
        #expect(breaker.enter(at: at(62)) == .go)
    }

    @Test func aSpendLimitRestsForTenMinutesAtOnce() {
        var breaker = breaker()
        fail(&breaker, ClaudeError(.quota, message: ""), times: 1, at: at(0))
        #expect(breaker.enter(at: at(599)) == .resting)
        fail(&breaker, ClaudeError(.quota, message: ""), times: 1, at: at(600))
        #expect(breaker.enter(at: at(1199)) == .resting)
        #expect(breaker.enter(at: at(1200)) == .go)
    }

    @Test(arguments: [ClaudeError.Kind.promptTooLong])
    func aRequestThatDoesNotFitIsNeitherTheAPIsFailureNorItsSuccess(kind: ClaudeError.Kind) {
        var breaker = breaker()
        let refused = ClaudeError(kind, message: "")
        fail(&breaker, refused, times: 9, at: at(0))
        // One room's failures in a row stay so though another's requests are refused in between.
        fail(&breaker, overloaded, times: 2, at: at(1))
        fail(&breaker, refused, times: 1, at: at(1))
        fail(&breaker, overloaded, times: 1, at: at(1))
        #expect(breaker.enter(at: at(30)) == .resting)
        #expect(breaker.enter(at: at(31)) == .go)
        breaker.ended(refused, at: at(32))
        // Whether the rest is over is still to be tried.
        #expect(breaker.enter(at: at(32)) == .go)
        #expect(breaker.enter(at: at(32)) == .resting)
    }

    @Test(arguments: [ClaudeError.Kind.rateLimited, .overloaded, .serverError(status: 503)])
    func aLongRetryAfterIsARestAtOnceWhateverTheStatus(kind: ClaudeError.Kind) {
        var breaker = breaker()
        fail(&breaker, ClaudeError(kind, retryAfter: .seconds(90), message: ""), times: 1, at: at(0))
        #expect(breaker.enter(at: at(89)) == .resting)
        #expect(breaker.enter(at: at(90)) == .go)
    }

    @Test func aCancelledTrialLetsTheNextTry() {
        var breaker = breaker()
        fail(&breaker, overloaded, times: 3, at: at(0))
        #expect(breaker.enter(at: at(30)) == .go)
        breaker.ended(ClaudeError(.cancelled, message: ""), at: at(31))
        #expect(breaker.enter(at: at(31)) == .go)
    }
}
