import Inference
import SansIO
import Testing

/// What decoding takes, in virtual time.
struct DecodingBudgetTests {
    /// A camera that sends frames, of which key frames or all are decoded, and that is looked at where a picture is due.
    private struct Camera {
        var name: Int
        var frame: Duration
        var keyFrame: Duration = .milliseconds(6)
        var look: Duration = .milliseconds(8)
        var cadence: Duration = .microseconds(33_333)
        /// It sends nothing but key frames, of which those are decoded that are due and paid for.
        var sendsKeyFramesAlone = false

        var plan = DecodingPlan.allFrames
        var next = Instant.zero
        var due = Instant.zero
        var lastKeyFrame: Instant?
        /// Of them none came while all frames were decoded.
        var keyFrames = 0
        var looks: [Instant] = []
        var spent: [(at: Instant, time: Duration)] = []

        mutating func step(_ budget: inout InferenceBudget<Int>) {
            let now = next
            next = now + cadence
            var cost = FrameCost(time: frame, cadence: cadence)
            if sendsKeyFramesAlone {
                cost.isKeyFrame = true
                cost.time = plan == .allFrames || plan == .keyFrames(mayAsk: true) && now >= due ? keyFrame : nil
            } else if case .keyFrames(let mayAsk) = plan {
                cost.time = nil
                let interval = InferenceBudgetConfiguration.keyFrameInterval
                if mayAsk, now >= due, lastKeyFrame.map({ $0.duration(to: now) >= interval }) ?? true {
                    (cost.time, cost.isKeyFrame, lastKeyFrame) = (keyFrame, true, now)
                    keyFrames += 1
                }
            }
            plan = budget.frame(cost, by: name, at: now)
            guard let time = cost.time else { return }
            spent.append((now, time))
            guard now >= due else { return }
            due = now + .milliseconds(200)
            guard budget.mayLook(name, at: now) else { return }
            looks.append(now)
            spent.append((now, look))
            budget.spend(look, by: name)
        }

        func share(from: Duration, to: Duration) -> Double {
            let range = Instant.zero + from..<Instant.zero + to
            return spent.filter { range.contains($0.at) }.reduce(.zero) { $0 + $1.time }.inSeconds
                / (to - from).inSeconds
        }

        func looks(from: Duration, to: Duration) -> Double {
            let range = Instant.zero + from..<Instant.zero + to
            return Double(looks.count { range.contains($0) }) / (to - from).inSeconds
        }
    }

    private func budget(_ share: Double) -> InferenceBudget<Int> {
        var configuration = InferenceBudgetConfiguration()
        configuration.share = share
        return InferenceBudget(configuration)
    }

    private func run(_ cameras: inout [Camera], _ budget: inout InferenceBudget<Int>, until end: Duration)
        -> [InferenceBudget<Int>.Output]
    {
        var outputs: [InferenceBudget<Int>.Output] = []
        while let index = cameras.indices.min(by: { cameras[$0].next < cameras[$1].next }),
            cameras[index].next < .zero + end
        {
            cameras[index].step(&budget)
            while let output = budget.pollOutput() { outputs.append(output) }
        }
        return outputs
    }

    private func told(_ outputs: [InferenceBudget<Int>.Output]) -> [Int] {
        outputs.compactMap { if case .keyFramesOnly(let camera, _) = $0 { camera } else { nil } }
    }

    @Test func whatDecodingTakesIsLeftOffTheLooks() {
        // 3 % of a core to decode, 4 % for looks: of 5 % in all, 2 % are left, which are 2.5 looks a second.
        var cameras = [Camera(name: 1, frame: .milliseconds(1))]
        var budget = budget(0.05)
        _ = run(&cameras, &budget, until: .seconds(60))
        #expect(cameras[0].keyFrames == 0)
        #expect(abs(cameras[0].share(from: .seconds(10), to: .seconds(60)) - 0.05) < 0.005)
        #expect(abs(cameras[0].looks(from: .seconds(10), to: .seconds(60)) - 2.5) < 0.3)
    }

    @Test func aCameraWhoseDecodingIsAboveItsShareIsLookedAtOnKeyFramesAndThatIsToldOnce() {
        // 8 ms a frame at 30 a second: a quarter of a core, of which there is a tenth.
        var cameras = [Camera(name: 1, frame: .milliseconds(8))]
        var budget = budget(0.1)
        let outputs = run(&cameras, &budget, until: .seconds(120))
        #expect(told(outputs) == [1] && budget.onKeyFrames == 1 && budget.putOff == 1)
        #expect(cameras[0].share(from: .seconds(20), to: .seconds(120)) < 0.02)
        let looks = cameras[0].looks(from: .seconds(20), to: .seconds(120))
        #expect(abs(looks - 1 / 1.5) < 0.05, "\(looks)")
        // Key frames burden whoever sends them: never closer.
        let times = cameras[0].looks.filter { $0 >= .zero + .seconds(20) }
        #expect(zip(times, times.dropFirst()).allSatisfy { $0.duration(to: $1) >= .milliseconds(1500) })
    }

    @Test(arguments: [(20, 30), (200, 10), (700, 1)])
    func aCameraOfKeyFramesAloneIsKeptToItsShareAndThatIsTold(_ kind: (milliseconds: Int, rate: Int)) {
        var cameras = [
            Camera(
                name: 1, frame: .zero, keyFrame: .milliseconds(kind.milliseconds), cadence: .seconds(1) / kind.rate,
                sendsKeyFramesAlone: true)
        ]
        var budget = budget(0.5)
        let outputs = run(&cameras, &budget, until: .seconds(120))
        #expect(told(outputs) == [1] && budget.onKeyFrames == 1)
        let share = cameras[0].share(from: .seconds(40), to: .seconds(120))
        #expect(share < 0.52 && share > 0.1, "\(share)")
        #expect(cameras[0].looks(from: .seconds(40), to: .seconds(120)) > 0.3)
    }

    @Test func aCameraBesideOneOfKeyFramesAloneIsNotBlinded() {
        var cameras = [
            Camera(name: 1, frame: .zero, keyFrame: .milliseconds(40), sendsKeyFramesAlone: true),
            Camera(name: 2, frame: .milliseconds(10)),
        ]
        var budget = budget(0.5)
        _ = run(&cameras, &budget, until: .seconds(200))
        let share = cameras.reduce(0) { $0 + $1.share(from: .seconds(60), to: .seconds(200)) }
        #expect(share < 0.52, "\(share)")
        for camera in cameras {
            let looks = camera.looks(from: .seconds(60), to: .seconds(200))
            #expect(looks > 0.5, "camera \(camera.name): \(looks)")
        }
    }

    @Test func ofACameraOfKeyFramesAloneThoseThatAreDueAreDecodedWhereAllLeaveLessForLooks() {
        // 49 % for all, of which a sixth are due, and 4 % for looks.
        var cameras = [Camera(name: 1, frame: .zero, keyFrame: .microseconds(16_300), sendsKeyFramesAlone: true)]
        var budget = budget(0.5)
        _ = run(&cameras, &budget, until: .seconds(60))
        #expect(cameras[0].looks(from: .seconds(20), to: .seconds(60)) > 4)
    }

    @Test func keyFramesNowAndThenMakeNoCameraDear() {
        // Every thirtieth frame takes ten times as long: 39 ms a second, and 40 ms of looks.
        var budget = budget(0.15)
        var (plan, now) = (DecodingPlan.allFrames, Instant.zero)
        for number in 0..<1800 {
            let isKey = number % 30 == 0
            plan = budget.frame(
                FrameCost(time: .milliseconds(isKey ? 10 : 1), isKeyFrame: isKey, cadence: .microseconds(33_333)),
                by: 1,
                at: now)
            if number % 6 == 0, budget.mayLook(1, at: now) { budget.spend(.milliseconds(8), by: 1) }
            #expect(plan == .allFrames, "frame \(number)")
            now = now + .microseconds(33_333)
        }
    }

    @Test func aDearCameraIsFoundOutInItsFirstSecondsAndNotInItsFirstWindow() {
        var cameras = [Camera(name: 1, frame: .milliseconds(8))]
        var budget = budget(0.1)
        let outputs = run(&cameras, &budget, until: .seconds(9))
        #expect(told(outputs) == [1] && budget.onKeyFrames == 1)
        #expect(cameras[0].share(from: .milliseconds(1_500), to: .seconds(9)) < 0.02)
        // Larger pictures are weighed as soon.
        cameras = [Camera(name: 2, frame: .milliseconds(1))]
        _ = run(&cameras, &budget, until: .seconds(25))
        #expect(budget.onKeyFrames == 1, "the first has left its frames where they were")
        _ = budget.frame(
            FrameCost(time: .milliseconds(8), isKeyFrame: true, hasNewSize: true), by: 2, at: cameras[0].next)
        cameras[0].frame = .milliseconds(8)
        _ = run(&cameras, &budget, until: .seconds(28))
        #expect(budget.onKeyFrames == 2)
    }

    @Test(arguments: [10, 15, 30, 60]) func aSlowStartMakesNoCameraDear(rate: Int) {
        // A cold processor: the first five frames take thirty times as long.
        var cameras = [Camera(name: 1, frame: .milliseconds(30), cadence: .seconds(1) / rate)]
        var budget = budget(0.1)
        _ = run(&cameras, &budget, until: .seconds(1) / rate * 5)
        cameras[0].frame = .milliseconds(1)
        let outputs = run(&cameras, &budget, until: .seconds(30))
        #expect(told(outputs) == [] && cameras[0].keyFrames == 0)
    }

    @Test func ofCamerasThatBeginTogetherAsManyAsThereIsRoomForAreDecodedWhole() {
        // Each takes 9 % of a core to decode and 4 % for all looks: of 30 % there is room for two, or for three that look
        // less often.
        var cameras = (0..<4).map { Camera(name: $0, frame: .milliseconds(3)) }
        for index in cameras.indices { cameras[index].next = .zero + .milliseconds(7 * index) }
        var budget = budget(0.3)
        _ = run(&cameras, &budget, until: .seconds(3))
        #expect((2...3).contains(cameras.count { $0.plan == .allFrames }), "\(cameras.map(\.plan))")
        _ = run(&cameras, &budget, until: .seconds(10))
        let share = cameras.reduce(0) { $0 + $1.share(from: .seconds(3), to: .seconds(10)) }
        #expect(share <= 0.31, "\(share)")
    }

    @Test func manyCamerasStayWithinTheShareAndNoneGoesUnseen() {
        // 20 cameras that would take 2 cores, and half a core.
        var cameras = (0..<20).map { Camera(name: $0, frame: .microseconds(3_300)) }
        for index in cameras.indices { cameras[index].next = .zero + .milliseconds(7 * index) }
        var budget = budget(0.5)
        let outputs = run(&cameras, &budget, until: .seconds(120))
        let share = cameras.reduce(0) { $0 + $1.share(from: .seconds(30), to: .seconds(120)) }
        #expect(share <= 0.51, "\(share)")
        for camera in cameras { #expect(camera.looks(from: .seconds(30), to: .seconds(120)) > 0.5, "\(camera.name)") }
        let all = Set(told(outputs))
        #expect(told(outputs).count == all.count)
    }

    @Test func aDearCameraTakesNothingFromACheapOne() {
        var cameras = [
            Camera(name: 1, frame: .milliseconds(20)),
            Camera(name: 2, frame: .microseconds(500), look: .milliseconds(3)),
        ]
        var budget = budget(0.1)
        _ = run(&cameras, &budget, until: .seconds(60))
        // Every seventh frame is the first after 200 ms.
        #expect(cameras[1].looks(from: .zero, to: .seconds(60)) > 4.2 && cameras[1].keyFrames == 0)
        #expect(cameras[0].keyFrames > 20)
    }

    @Test func whereThereIsRoomAgainAllFramesAreDecodedOneCameraAtATime() {
        var cameras = (0..<4).map { Camera(name: $0, frame: .milliseconds(3)) }
        var budget = budget(0.1)
        _ = run(&cameras, &budget, until: .seconds(60))
        #expect(budget.onKeyFrames == 4)
        // Room for two: 9 % each, and looks.
        budget.configuration.share = 0.3
        _ = run(&cameras, &budget, until: .seconds(75))
        #expect(budget.onKeyFrames >= 2)
        _ = run(&cameras, &budget, until: .seconds(200))
        let settled = cameras.map(\.plan)
        #expect((1...2).contains(budget.onKeyFrames), "\(settled)")
        let total = cameras.reduce(0) { $0 + $1.share(from: .seconds(100), to: .seconds(200)) }
        #expect(total <= 0.31, "\(total)")
        // They do not go to and fro.
        _ = run(&cameras, &budget, until: .seconds(300))
        #expect(cameras.map { $0.plan == .allFrames } == settled.map { $0 == .allFrames })
    }

    @Test func aCameraWithSmallerPicturesIsTriedAgain() {
        var cameras = [Camera(name: 1, frame: .milliseconds(8))]
        var budget = budget(0.1)
        _ = run(&cameras, &budget, until: .seconds(30))
        #expect(budget.onKeyFrames == 1)
        let plan = budget.frame(
            FrameCost(time: .milliseconds(1), isKeyFrame: true, hasNewSize: true), by: 1, at: .zero + .seconds(30))
        #expect(plan == .allFrames)
        cameras[0].plan = plan
        cameras[0].frame = .milliseconds(1)
        let outputs = run(&cameras, &budget, until: .seconds(90))
        #expect(budget.onKeyFrames == 0 && told(outputs) == [])
        #expect(cameras[0].looks(from: .seconds(50), to: .seconds(90)) > 4)
    }

    @Test func aFirstStepThatIsNoCadenceIsForgotten() {
        var cameras = [Camera(name: 1, frame: .milliseconds(1))]
        var budget = budget(0.5)
        for step in [Duration.nanoseconds(11_111), .microseconds(200)] {
            _ = budget.frame(FrameCost(time: .milliseconds(1), cadence: step), by: 1, at: .zero)
        }
        let outputs = run(&cameras, &budget, until: .seconds(60))
        #expect(told(outputs) == [] && budget.onKeyFrames == 0 && cameras[0].keyFrames == 0)
        #expect(cameras[0].looks(from: .seconds(20), to: .seconds(60)) > 4)
    }

    @Test func timesAndCadencesOfAnySizeTrapNothing() {
        var budget = InferenceBudget<Int>()
        let times: [Duration?] = [nil, .zero, .seconds(-3), .nanoseconds(Int64.max), .nanoseconds(Int64.min)]
        for (index, now) in [Instant.zero, .distantFuture, Instant(nanoseconds: .min), .zero].enumerated() {
            for time in times {
                for cadence in times {
                    let cost = FrameCost(time: time, isKeyFrame: index % 2 == 0, cadence: cadence)
                    _ = budget.frame(cost, by: 1, at: now)
                    _ = budget.mayLook(1, at: now)
                }
            }
        }
        #expect(budget.onKeyFrames <= 1)
    }
}
