import Coach
import SansIO
import Testing

@testable import Claude

@Suite struct RetryPolicyTests {
    private func delay(
        _ kind: ClaudeError.Kind, attempts: Int, shouldRetry: Bool? = nil, asked: Duration? = nil,
        remaining: Duration = .seconds(30),
        policy: RetryPolicy = RetryPolicy(maximumAttempts: 4, jitter: 0)
    ) -> Duration? {
        var random = SplitMix64(seed: 3)
        return policy.delay(
            after: ClaudeError(kind, message: ""), attempts: attempts, shouldRetry: shouldRetry, asked: asked,
            remaining: remaining, random: &random)
    }

    @Test func theDelayDoublesUpToItsMaximum() {
        #expect(delay(.overloaded, attempts: 1) == .milliseconds(400))
        #expect(delay(.overloaded, attempts: 2) == .milliseconds(800))
        #expect(delay(.overloaded, attempts: 3) == .milliseconds(1600))
        #expect(delay(.overloaded, attempts: 4) == nil)
        let long = RetryPolicy(maximumAttempts: 99, jitter: 0)
        #expect(delay(.network, attempts: 60, policy: long) == .seconds(4))
    }

    @Test func jitterTakesOffAtMostItsShare() throws {
        let policy = RetryPolicy(jitter: 0.25)
        var random = SplitMix64(seed: 3)
        var seen: Set<Duration> = []
        for _ in 0..<200 {
            let delay = try #require(
                policy.delay(
                    after: ClaudeError(.cut, message: ""), attempts: 1, shouldRetry: nil, asked: nil,
                    remaining: .seconds(9), random: &random))
            #expect(delay >= .milliseconds(300) && delay <= .milliseconds(400))
            seen.insert(delay)
        }
        #expect(seen.count > 100)
    }

    @Test(arguments: [
        ClaudeError.Kind.rateLimited, .overloaded, .serverError(status: 503),
    ])
    func whatTheAPIAsksForIsObeyedOrGivenUp(kind: ClaudeError.Kind) {
        #expect(delay(kind, attempts: 1, asked: .seconds(6)) == .seconds(6))
        #expect(delay(kind, attempts: 1, asked: .seconds(6), remaining: .seconds(6)) == nil)
        #expect(delay(kind, attempts: 1, asked: .milliseconds(1)) == .milliseconds(400))
    }

    @Test func aRetryMustFitTheDeadline() {
        #expect(delay(.overloaded, attempts: 1, remaining: .milliseconds(1400)) == .milliseconds(400))
        #expect(delay(.overloaded, attempts: 1, remaining: .milliseconds(1399)) == nil)
    }

    @Test(arguments: [
        ClaudeError.Kind.authentication, .permission, .notFound, .invalidRequest, .promptTooLong, .timeout(.total),
        .malformed, .refusal, .maxTokens, .cancelled, .quota,
    ])
    func whatWouldFailAgainIsNotRepeated(kind: ClaudeError.Kind) {
        #expect(delay(kind, attempts: 1) == nil)
    }

    @Test func anEmptyAnswerIsAskedForOnceMore() {
        #expect(delay(.empty, attempts: 1) != nil)
        #expect(delay(.empty, attempts: 2) == nil)
    }

    @Test func aSpendLimitIsNeverTriedAgain() {
        #expect(delay(.quota, attempts: 1, shouldRetry: true) == nil)
    }

    @Test func theAPIsOwnWordOverrides() {
        #expect(delay(.invalidRequest, attempts: 1, shouldRetry: true) != nil)
        #expect(delay(.overloaded, attempts: 1, shouldRetry: false) == nil)
    }
}
