import SansIO
import Simulation
import Testing

@testable import RTCCore

@Suite struct RTCPSchedulerTests {
    @Test func reportsAreSpreadAroundTheInterval() throws {
        let seed: UInt64 = 0x5C4
        var scheduler = RTCPScheduler(interval: .seconds(1), random: .seeded(seed))
        #expect(scheduler.deadline == nil)
        #expect(scheduler.takeDue(at: .distantFuture) == false)
        scheduler.start(at: .zero)
        let first = try #require(scheduler.deadline)
        #expect(first >= .zero + .milliseconds(250) && first <= .zero + .milliseconds(750))
        scheduler.start(at: .zero + .milliseconds(100))
        #expect(scheduler.deadline == first)
        #expect(scheduler.takeDue(at: first - .nanoseconds(1)) == false)
        var now = first
        var steps: [Duration] = []
        for _ in 0..<200 {
            #expect(scheduler.takeDue(at: now) == true)
            let next = try #require(scheduler.deadline)
            steps.append(next - now)
            now = next
        }
        #expect(steps.allSatisfy { $0 >= .milliseconds(500) && $0 <= .milliseconds(1500) }, "seed \(seed)")
        #expect(Set(steps.map(\.wholeMilliseconds)).count > 50)
        scheduler.stop()
        #expect(scheduler.deadline == nil)
    }
}
