import Inference
import Perception
import PerceptionModels
import Pictures
import SansIO
import Synchronization
import Testing
import Wire

@testable import AgentRuntime

/// Pictures by data, and what they may take: in virtual time.
@Suite struct PictureSightTests {
    /// What pictures may take, and how many were decoded and looked at.
    private final class Ledger: Sendable {
        private struct State {
            var budget: InferenceBudget<Int>
            var decoded: [Instant] = []
            var asked = 0
        }

        private let state: Mutex<State>

        init(share: Double) {
            var configuration = InferenceBudgetConfiguration()
            configuration.share = share
            state = Mutex(State(budget: InferenceBudget(configuration)))
        }

        var decoded: [Instant] { state.withLock { $0.decoded } }
        var asked: Int { state.withLock { $0.asked } }

        /// As `VisionSupply` lends: what the body takes is charged, of which decoding is 15 ms and looking 5.
        var loan: ModelLoan {
            ModelLoan(
                look: { [self] now, body in
                    let mayLook = state.withLock { state in
                        state.asked += 1
                        return state.budget.mayLook(1, at: now)
                    }
                    guard mayLook else { return nil }
                    let before = state.withLock { $0.decoded.count }
                    let look = try body(BlindModels())
                    state.withLock { state in
                        state.budget.spend(
                            .milliseconds(5 + 15 * (state.decoded.count - before)), by: 1)
                    }
                    return look
                }, isOff: { false })
        }

        func picture(_ number: Int, isBroken: Bool = false) -> PictureTap.Taken {
            let time = Instant.zero + .milliseconds(100 * number)
            return PictureTap.Taken(
                at: time, arrival: time,
                picture: { [self] () throws(WireError) in
                    state.withLock { $0.decoded.append(time) }
                    if isBroken { throw WireError(.badPicture, "broken") }
                    do {
                        return try PicturePool().makePicture(width: 64, height: 48, range: .full) { planes in
                            planes.y.update(repeating: 90, count: planes.stride * planes.height)
                            planes.u.update(repeating: 128, count: planes.chromaStride * planes.chromaHeight)
                            planes.v.update(repeating: 128, count: planes.chromaStride * planes.chromaHeight)
                        }
                    } catch {
                        throw WireError(.badPicture, "\(error)")
                    }
                }, check: { () throws(WireError) in if isBroken { throw WireError(.badPicture, "headers") } })
        }
    }

    @Test("what is not due is not decoded")
    func pace() {
        let ledger = Ledger(share: 1)
        let sight = PictureSight(search: GestureSearchConfiguration(), loan: ledger.loan)
        for number in 0..<100 { _ = sight.see(ledger.picture(number)) }
        // Ten a second come, and five are looked at.
        #expect((49...51).contains(ledger.decoded.count), "\(ledger.decoded.count)")
        #expect(sight.newest == ledger.decoded.last)
    }

    @Test("decoding is charged to the share of looks, and what is put off is not decoded")
    func budget() {
        // 20 ms each: of a twentieth of a core that is 2.5 a second.
        let ledger = Ledger(share: 0.05)
        let sight = PictureSight(search: GestureSearchConfiguration(), loan: ledger.loan)
        for number in 0..<600 { _ = sight.see(ledger.picture(number)) }
        let late = ledger.decoded.count { $0 >= .zero + .seconds(10) }
        #expect((110...140).contains(late) && ledger.asked > 290, "\(late) of \(ledger.asked)")
        #expect(sight.newest == ledger.decoded.last)
    }

    @Test("a broken one is an error for its sender, counts as not seen, and nothing is said once it is over")
    func broken() {
        let ledger = Ledger(share: 1)
        let sight = PictureSight(search: GestureSearchConfiguration(), loan: ledger.loan)
        let outcome = sight.see(ledger.picture(0, isBroken: true))
        #expect(outcome.error?.code == .badPicture && outcome.reports.isEmpty && sight.newest == nil)
        let early = sight.see(ledger.picture(1, isBroken: true))
        #expect(early.error?.message == "headers" && ledger.decoded.count == 1, "it is not due, and told all the same")
        sight.close()
        #expect(sight.see(ledger.picture(9, isBroken: true)).error == nil && ledger.decoded.count == 1)
    }
}
