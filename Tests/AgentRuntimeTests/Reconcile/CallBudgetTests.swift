import SansIO
import Testing

@testable import AgentRuntime

@Suite struct CallBudgetTests {
    private let start = Instant(nanoseconds: 1_000_000_000_000)

    private func budget(workers: Int, rank: Int) -> CallBudget {
        var budget = CallBudget(configuration: .init())
        budget.share(workers: workers, lookers: 2, reserves: 2, rank: rank)
        _ = budget.settle(at: start)
        return budget
    }

    /// For how long what can wait waits after so many calls at once.
    private func rest(after calls: Int, _ budget: CallBudget) -> Duration {
        var budget = budget
        for _ in 0..<calls { budget.add() }
        return budget.settle(at: start).map { $0 - start } ?? .zero
    }

    @Test func whatIsBeyondTheShareIsMadeUpLater() {
        let looker = budget(workers: 20, rank: 0)
        #expect(rest(after: 150, looker) == .zero)
        #expect(rest(after: 550, looker) > .seconds(5))
        #expect(rest(after: 550, looker) < .seconds(15))
        var later = looker
        for _ in 0..<550 { later.add() }
        let end = later.settle(at: start)
        #expect(end != nil && later.settle(at: end! + .milliseconds(1)) == nil)
    }

    @Test func whoLooksAfterAllRoomsHasMostOfIt() {
        let rests = [0, 2, 10].map { rest(after: 300, budget(workers: 20, rank: $0)) }
        #expect(rests == rests.sorted() && Set(rests).count == 3)
        #expect(rest(after: 300, budget(workers: 1, rank: 0)) == .zero, "whoever is alone has all")
    }

    @Test(arguments: [1, 3, 4, 20, 200])
    func theSharesAreOne(workers: Int) {
        let seconds = (0..<workers).map { rank in
            let budget = budget(workers: workers, rank: rank)
            // Beyond any burst, one second's calls more are one second's rest more.
            let (few, more) = (rest(after: 10_000, budget), rest(after: 11_000, budget))
            return Double((more - few).wholeNanoseconds) / 1e9
        }
        let sum = seconds.map { 1000 / $0 }.reduce(0, +)
        #expect(abs(sum - CallBudget.Configuration().callsPerSecond) < 0.1)
    }
}

@Suite struct EasedWatchTests {
    /// How many calls a minute takes in which the worker that is watched answers others all the time.
    private func calls(_ attention: PeerWatch.Attention, isEased: Bool) -> Int {
        var watch = PeerWatch(configuration: .init(), random: .seeded(1))
        var now = Instant(nanoseconds: 1_000_000_000_000)
        let (end, seat) = (now + .seconds(60), RoomKey(name: "r", sid: "RM_1"))
        if isEased { watch.ease(until: end) }
        watch.met("other", in: seat, at: now)
        watch.watch(["other": attention], at: now)
        var (answer, calls) = ("", 0)
        while let due = watch.deadline, due < end {
            now = max(now, due)
            watch.timeout(at: now)
            while let output = watch.pollOutput() {
                calls += 1
                switch output {
                case .probe(_, _, let question): answer = PeerWatch.answer(question, after: answer)
                case .read(let instance, _):
                    answer = PeerWatch.answer("\(calls)", after: answer)
                    let reading = PeerWatch.Reading(instance: instance, answer: answer, digest: nil)
                    watch.receive(reading, of: instance, in: seat, at: now)
                }
            }
        }
        return calls
    }

    @Test func whoIsWatchedLessWhileCallsAreSavedIsNeverWatchedMore() {
        for attention in [PeerWatch.Attention.lazy, .aside, .close, .near] {
            let (eased, usual) = (calls(attention, isEased: true), calls(attention, isEased: false))
            #expect(eased <= usual, "\(attention): \(eased) calls instead of \(usual)")
            #expect(usual > 10)
        }
        #expect(calls(.close, isEased: true) < calls(.close, isEased: false) * 2 / 3)
    }
}

@Suite struct TurnTests {
    private let all = (0..<4).map { "000000000000000\($0)" }
    private let rooms = (0..<2000).map { "RM_\($0)" }

    @Test func everythingIsExactlyOnesOwnAndSharedEvenly() {
        let turns = all.map { Turn(of: $0, among: all) }
        for room in rooms { #expect(turns.count { $0.isMine(room) } == 1) }
        for turn in turns { #expect((400...600).contains(rooms.count { turn.isMine($0) })) }
    }

    @Test func whenOneGoesWhatWasNotItsOwnStays() {
        let before = Turn(of: all[1], among: all)
        let after = Turn(of: all[1], among: Array(all.dropFirst()))
        let kept = rooms.filter { before.isMine($0) }
        #expect(kept.allSatisfy { after.isMine($0) } && rooms.count { after.isMine($0) } > kept.count)
    }

    @Test func whoeverIsAloneHasAllAndWhoDoesNotShareHasNothing() {
        #expect(rooms.allSatisfy { Turn(of: all[0], among: [all[0]]).isMine($0) })
        #expect(!rooms.contains { Turn(of: all[0], among: [all[1]]).isMine($0) })
    }
}
