import Foundation
import Perception
import SansIO
import Testing

@Suite struct SignalTests {
    static let at = Instant(nanoseconds: 12_345_678_901)

    @Test(
        "a signal survives being written and read",
        arguments: [
            Signal.voiceBegan(participant: "ann", at: at), .voiceEnded(participant: "ann", at: at),
            .pause(participant: "ann", since: at),
            .pauseEnded(participant: "ann", since: at, at: at + .seconds(4), cause: .unheard),
            .longPause(
                LongPause(
                    participant: "ann", since: at, at: at + .seconds(9), threshold: .milliseconds(8_750),
                    confidence: 0.5,
                    reasons: LongPause.Reason.allCases)),
        ])
    func aSignalSurvives(signal: Signal) throws {
        let data = try JSONEncoder().encode(signal)
        #expect(try JSONDecoder().decode(Signal.self, from: data) == signal)
        #expect(signal.participant == "ann")
    }
}
