import Inference
import SansIO
import Settings
import Testing

/// Cameras that want to look, in virtual time.
struct InferenceBudgetTests {
    /// A camera with what each look costs and how often it wants one.
    private struct Camera {
        var name: String
        var cost: Duration
        var every: Duration = .milliseconds(200)
        var from: Duration = .zero
        var until: Duration = .seconds(3_600)
    }

    private struct Result {
        var looked: [String: Int] = [:]
        var wanted: [String: Int] = [:]
        var spent: [String: Duration] = [:]
        var outputs: [InferenceBudget<String>.Output] = []

        func share(_ name: String, of length: Duration) -> Double {
            (spent[name] ?? .zero).inSeconds / length.inSeconds
        }
        var total: Duration { spent.values.reduce(.zero, +) }
    }

    /// Lets cameras ask for a while.
    private func run(
        _ cameras: [Camera], for length: Duration, share: Double, burst: Duration = .milliseconds(150),
        budget: InferenceBudget<String>? = nil
    ) -> Result {
        var configuration = InferenceBudgetConfiguration()
        (configuration.share, configuration.burst) = (share, burst)
        var budget = budget ?? InferenceBudget(configuration)
        var result = Result()
        var next = cameras.map(\.from)
        while let index = next.indices.min(by: { next[$0] < next[$1] }), next[index] < length {
            let (camera, now) = (cameras[index], Instant.zero + next[index])
            next[index] = next[index] + camera.every < camera.until ? next[index] + camera.every : length
            result.wanted[camera.name, default: 0] += 1
            if budget.mayLook(camera.name, at: now) {
                result.looked[camera.name, default: 0] += 1
                result.spent[camera.name, default: .zero] += camera.cost
                budget.spend(camera.cost, by: camera.name)
            }
            while let output = budget.pollOutput() { result.outputs.append(output) }
        }
        return result
    }

    @Test func aCameraThatCostsLessThanTheShareLooksWheneverItWantsTo() {
        let result = run([Camera(name: "a", cost: .milliseconds(10))], for: .seconds(60), share: 0.06)
        #expect(result.looked == result.wanted && result.outputs.isEmpty)
    }

    @Test func allCamerasTogetherNeverTakeMoreThanTheShare() {
        let cameras = (0..<40).map {
            Camera(name: "\($0)", cost: .milliseconds(4 + $0 % 9), from: .milliseconds(7 * $0))
        }
        let result = run(cameras, for: .seconds(60), share: 0.25)
        // A look may begin on the last drop: one for each camera at most.
        #expect(result.total <= .seconds(15) + .milliseconds(40 * 12))
        #expect(result.total >= .milliseconds(14_500))
    }

    @Test func camerasThatWantTheSameGetTheSameTime() {
        let cameras = (0..<10).map { Camera(name: "\($0)", cost: .milliseconds(9), from: .milliseconds(13 * $0)) }
        let result = run(cameras, for: .seconds(100), share: 0.1)
        for camera in cameras { #expect(abs(result.share(camera.name, of: .seconds(100)) - 0.01) < 0.001) }
    }

    @Test func aDearCameraLooksLessOftenAndNotAtTheCostOfACheapOne() {
        let result = run(
            [Camera(name: "dear", cost: .milliseconds(60)), Camera(name: "cheap", cost: .milliseconds(5))],
            for: .seconds(100), share: 0.1)
        #expect(result.looked["cheap"] == result.wanted["cheap"])
        // What the cheap one leaves of its half is the other's: 100 - 25 ms a second.
        #expect(abs(result.share("dear", of: .seconds(100)) - 0.075) < 0.005)
    }

    @Test func aFloodOfWishesGetsNoMoreThanItsPart() {
        let result = run(
            [
                Camera(name: "flood", cost: .milliseconds(10), every: .milliseconds(3)),
                Camera(name: "plain", cost: .milliseconds(9), every: .milliseconds(200)),
            ], for: .seconds(60), share: 0.1)
        #expect(result.looked["plain"] == result.wanted["plain"])
        #expect(abs(result.share("flood", of: .seconds(60)) - 0.055) < 0.005)
    }

    @Test func whoWasQuietMayTakeABurstAtOnceAndNoMore() {
        let quiet = Camera(name: "a", cost: .milliseconds(1), every: .seconds(1), until: .seconds(30))
        let busy = Camera(name: "a", cost: .milliseconds(10), every: .milliseconds(11), from: .seconds(30))
        let result = run([quiet, busy], for: .seconds(31), share: 0.05, burst: .milliseconds(150))
        // 150 ms saved, 50 ms of income, and one look on the last drop.
        #expect(abs((result.looked["a"] ?? 0) - 30 - 20) <= 1)
    }

    @Test func aSlowMachineLooksLessOftenAndSaysHowOften() throws {
        let fast = run([Camera(name: "a", cost: .milliseconds(10))], for: .seconds(60), share: 0.05)
        let slow = run([Camera(name: "a", cost: .milliseconds(50))], for: .seconds(60), share: 0.05)
        #expect(fast.outputs.isEmpty)
        #expect(abs(Double(slow.looked["a"] ?? 0) - 60) <= 4)
        guard case .putOff("a", let pace) = try #require(slow.outputs.first) else { return #expect(Bool(false)) }
        #expect(slow.outputs.count == 1)
        #expect(abs(pace.looks - 1) < 0.2 && abs(pace.wanted - 5) < 0.1 && abs(pace.share - 0.05) < 0.01)
    }

    @Test func whenTheOthersAreGoneACameraIsFreeAgain() throws {
        let cameras = (0..<20).map {
            Camera(name: "\($0)", cost: .milliseconds(10), until: $0 == 0 ? .seconds(200) : .seconds(60))
        }
        let result = run(cameras, for: .seconds(120), share: 0.1)
        let mine = result.outputs.filter {
            if case .putOff("0", _) = $0 { true } else if case .free("0", _) = $0 { true } else { false }
        }
        guard mine.count == 2, case .putOff = mine[0], case .free(_, let pace) = mine[1] else {
            return #expect(Bool(false), "\(mine)")
        }
        #expect(pace.looks > 4)
    }

    /// Whether a camera may look; `#expect` changes nothing itself.
    private func looks(_ budget: inout InferenceBudget<Int>, _ camera: Int, _ now: Instant) -> Bool {
        budget.mayLook(camera, at: now)
    }

    @Test func oneLookThatTakesForEverSilencesACameraForAWhileOnly() {
        var configuration = InferenceBudgetConfiguration()
        (configuration.share, configuration.burst) = (0.5, .milliseconds(100))
        var budget = InferenceBudget<Int>(configuration)
        var answers = [looks(&budget, 1, .zero)]
        budget.spend(.seconds(100_000), by: 1)
        answers.append(looks(&budget, 1, .zero + .seconds(1)))
        answers.append(looks(&budget, 1, .zero + .seconds(3)))
        #expect(answers == [true, false, true])
    }

    @Test func camerasThatAreGoneLeaveNothing() {
        var budget = InferenceBudget<Int>()
        for camera in 0..<1_000 {
            let mayLook = looks(&budget, camera, .zero)
            #expect(mayLook)
            budget.remove(camera)
            // Its last look ends after it is gone.
            budget.spend(.seconds(1), by: camera)
        }
        #expect(budget.putOff == 0)
    }

    @Test func whatACameraOwesIsKeptWhenItGoesAndComesBack() {
        var budget = InferenceBudget<Int>()
        let first = looks(&budget, 0, .zero)
        budget.spend(.milliseconds(400), by: 0)
        budget.remove(0)
        let again = looks(&budget, 0, .zero + .milliseconds(50))
        #expect(first && !again && budget.putOff == 0)
        let later = looks(&budget, 0, .zero + .seconds(90))
        #expect(later, "nothing is owed for ever")
    }

    @Test func camerasThatAreNotRemovedAreForgottenAndTakeNoIncome() {
        var configuration = InferenceBudgetConfiguration()
        configuration.share = 0.05
        var budget = InferenceBudget<Int>(configuration)
        for camera in 0..<100 {
            _ = looks(&budget, camera, .zero)
            budget.spend(.seconds(1), by: camera)
        }
        // A hundredth of the income would bring in 5 ms in 10 s.
        _ = looks(&budget, 0, .zero + .seconds(70))
        budget.spend(.milliseconds(400), by: 0)
        let later = (71...80).map { looks(&budget, 0, .zero + .seconds($0)) }
        #expect(later.last == true)
    }

    @Test func timeThatStandsStillOrGoesBackGivesNothingAndTrapsNothing() {
        var budget = InferenceBudget<Int>()
        for now in [Instant.zero, .distantFuture, Instant(nanoseconds: .min), .zero, .zero] {
            _ = budget.mayLook(1, at: now)
            budget.spend(.nanoseconds(Int64.max), by: 1)
            budget.spend(.seconds(-5), by: 1)
        }
        let mayLook = looks(&budget, 1, .zero)
        #expect(!mayLook)
    }

    @Test func theSameWishesGetTheSameAnswers() {
        for seed in UInt64(1)...20 {
            var random = SplitMix64(seed: seed)
            let cameras = (0..<12).map {
                Camera(
                    name: "\($0)", cost: .microseconds(Int64(random.next() % 30_000)),
                    every: .milliseconds(20 + Int64(random.next() % 400)),
                    from: .milliseconds(Int64(random.next() % 5_000)))
            }
            let share = 0.02 + Double(random.next() % 100) / 400
            let (first, second) = (
                run(cameras, for: .seconds(40), share: share), run(cameras, for: .seconds(40), share: share)
            )
            #expect(first.looked == second.looked && first.outputs == second.outputs, "seed \(seed)")
            #expect(first.total.inSeconds <= 40 * share + 12 * 0.03 + 0.01, "seed \(seed)")
        }
    }

    @Test func settingsBecomeLimits() throws {
        var layer = Configuration.Layer()
        for (key, text) in ["models.core_share": "2.5", "models.burst": "300ms", "models.pace_window": "30s"] {
            try layer.set(key, to: text, origin: .jobMetadata)
        }
        let limits = InferenceBudgetConfiguration(Configuration().adding(layer))
        #expect(limits.share == 2.5 && limits.burst == .milliseconds(300) && limits.window == .seconds(30))
        #expect(InferenceBudgetConfiguration() == InferenceBudgetConfiguration(Configuration()))
    }
}
