import Testing

@testable import Perception

@Suite struct PauseHistoryTests {
    @Test func theQuantileIsLinearBetweenRanks() {
        var history = PauseHistory()
        for seconds in [4, 2, 1, 3, 5] { history.record(.seconds(seconds), PauseConfiguration()) }
        #expect(history.quantile(0.5) == 3)
        #expect(history.quantile(1) == 5)
        #expect(abs((history.quantile(0.9) ?? 0) - 4.6) < 1e-9)
    }

    @Test func theOldestPauseIsForgotten() {
        var configuration = PauseConfiguration()
        configuration.ownPauseCount = 3
        var history = PauseHistory()
        for seconds in [9, 9, 9, 2, 2, 2] { history.record(.seconds(seconds), configuration) }
        #expect(history.count == 3 && history.quantile(1) == 2)
    }

    @Test func noSettingBreaksTheThreshold() {
        var configuration = PauseConfiguration()
        configuration.ownPauseCount = 0
        configuration.priorWeight = -1
        configuration.shortestLongPause = .seconds(Int64.max / 2)
        var history = PauseHistory()
        history.record(.seconds(5), configuration)
        #expect(history.count == 0)
        #expect(history.longPause(configuration) == .seconds(1_000_000))
    }
}
