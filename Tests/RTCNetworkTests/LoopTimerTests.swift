import NIOCore
import SansIO
import Testing
import VirtualLoop

@testable import RTCNetwork

@Suite struct LoopTimerTests {
    private let loop = VirtualLoop()
    private let timer: LoopTimer
    private let fired = Fired()

    private final class Fired {
        var at: [Duration] = []
    }

    init() {
        timer = LoopTimer(eventLoop: loop)
        let (loop, fired) = (loop, fired)
        timer.onFire = { fired.at.append(.nanoseconds(Int64(loop.now.uptimeNanoseconds))) }
    }

    private func schedule(_ milliseconds: Int?) {
        timer.schedule(milliseconds.map { Instant(nanoseconds: Int64($0) * 1_000_000) })
    }

    private func run(to milliseconds: Int) {
        loop.advance(by: .milliseconds(milliseconds) - .nanoseconds(Int64(loop.now.uptimeNanoseconds)))
    }

    @Test("it fires once, at its deadline")
    func firesOnce() {
        schedule(20)
        run(to: 19)
        #expect(fired.at.isEmpty)
        run(to: 100)
        #expect(fired.at == [.milliseconds(20)])
    }

    @Test("a deadline that moves back with every packet arms a timer a period, not a packet")
    func movingBackArmsNothing() {
        for packet in 0..<500 {
            run(to: packet * 2)
            schedule(packet * 2 + 100)
        }
        #expect(fired.at.isEmpty)
        #expect(loop.timersArmed <= 11, "in 1 s with 100 ms to go at each packet: \(loop.timersArmed)")
        run(to: 5000)
        #expect(fired.at == [.milliseconds(1098)], "the last deadline is kept to")
    }

    @Test("an earlier deadline takes the place of a later one, and no deadline of any")
    func movingForward() {
        schedule(50)
        schedule(20)
        run(to: 30)
        #expect(fired.at == [.milliseconds(20)])
        run(to: 60)
        #expect(fired.at.count == 1)
        schedule(80)
        schedule(nil)
        run(to: 90)
        #expect(fired.at.count == 1)
        timer.schedule(.distantFuture)
        schedule(95)
        run(to: 200)
        #expect(fired.at == [.milliseconds(20), .milliseconds(95)])
    }

    @Test("a deadline that has passed fires at once, and one set while firing later")
    func reschedulingWhileFiring() {
        run(to: 40)
        schedule(10)
        loop.advance(by: .zero)
        #expect(fired.at.count == 1)
        run(to: 100)
        #expect(fired.at.count == 1)
        let (timer, fired, loop) = (timer, fired, loop)
        timer.onFire = { [weak timer] in
            fired.at.append(.nanoseconds(Int64(loop.now.uptimeNanoseconds)))
            if fired.at.count < 4 { timer?.schedule(Instant(loop.now) + .milliseconds(10)) }
        }
        schedule(110)
        run(to: 200)
        #expect(fired.at.dropFirst() == [.milliseconds(110), .milliseconds(120), .milliseconds(130)])
    }

    @Test("what is let go does not fire")
    func letGo() {
        let fired = fired
        var other: LoopTimer? = LoopTimer(eventLoop: loop)
        other?.onFire = { fired.at.append(.zero) }
        other?.schedule(Instant(nanoseconds: 5_000_000))
        other = nil
        run(to: 10)
        #expect(fired.at.isEmpty)
    }
}
