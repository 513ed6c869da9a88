import SansIO
import Settings
import Testing

@testable import AgentRuntime

@Suite struct LoadEstimatorTests {
    private var configuration: LoadEstimator.Configuration {
        LoadEstimator.Configuration(threshold: 0.7, maximumRooms: 10)
    }

    private func sample(
        cpu: Double = 0, cores: Double = 1, memory: UInt64 = 0, limit: UInt64 = 0, wait: Duration = .zero
    ) -> LoadEstimator.Sample {
        LoadEstimator.Sample(
            processorTime: .nanoseconds(Int64(cpu * 1e9)), cores: cores, memory: memory, memoryLimit: limit,
            poolWait: wait)
    }

    private func at(_ seconds: Int) -> Instant { .zero + .seconds(seconds) }

    @Test func anIdleProcessHasNoLoad() {
        var estimator = LoadEstimator(configuration: configuration)
        for second in 0..<10 { estimator.receive(sample(cpu: 3), at: at(second)) }
        #expect(estimator.load == 0)
        #expect(estimator.hasRoom)
    }

    @Test(
        "processor time counts against the own quota", arguments: [(0.5, 1.0, 0.5), (0.5, 0.5, 1.0), (1.0, 4.0, 0.25)])
    func processorTimeCountsAgainstTheOwnQuota(used: Double, cores: Double, expected: Double) {
        var estimator = LoadEstimator(configuration: configuration)
        for second in 0..<60 { estimator.receive(sample(cpu: used * Double(second), cores: cores), at: at(second)) }
        #expect(abs(estimator.load - expected) < 0.01)
    }

    @Test func aShortPeakIsAveragedAndPasses() {
        var estimator = LoadEstimator(configuration: configuration)
        var cpu = 0.0
        for second in 0..<20 {
            cpu += second == 10 ? 1 : 0
            estimator.receive(sample(cpu: cpu), at: at(second))
            if second == 10 { #expect(estimator.load > 0.1 && estimator.load < 0.3) }
        }
        #expect(estimator.load < 0.05)
    }

    @Test func roomsAloneFillTheWorkerOnlyWhenAllAreTaken() {
        var estimator = LoadEstimator(configuration: configuration)
        estimator.setRooms(5)
        #expect(abs(estimator.load - 0.35) < 0.001)
        estimator.setRooms(9)
        #expect(estimator.hasRoom)
        estimator.setRooms(10)
        #expect(!estimator.hasRoom)
        #expect(estimator.load == 1)
    }

    @Test func memoryAndWaitingJobsCount() {
        var estimator = LoadEstimator(configuration: configuration)
        estimator.receive(sample(memory: 80, limit: 100), at: at(0))
        #expect(estimator.load == 0.8)
        #expect(!estimator.hasRoom)
        estimator.receive(sample(memory: 80, wait: .milliseconds(100)), at: at(1))
        estimator.receive(sample(memory: 80, wait: .milliseconds(100)), at: at(2))
        #expect(estimator.load == 0.5, "without a limit memory does not count")
        estimator.receive(sample(wait: .seconds(9)), at: at(3))
        estimator.receive(sample(wait: .seconds(9)), at: at(4))
        #expect(estimator.load == 1)
    }

    @Test("one long wait, which another process may have caused, makes no worker full; two in a row do")
    func singleWaits() {
        var estimator = LoadEstimator(configuration: configuration)
        for second in 0..<10 {
            let wait: Duration = second.isMultiple(of: 2) ? .seconds(1) : .milliseconds(2)
            estimator.receive(sample(wait: wait), at: at(second))
            #expect(estimator.hasRoom, "\(second)")
        }
        estimator.receive(sample(wait: .seconds(1)), at: at(10))
        estimator.receive(sample(wait: .milliseconds(180)), at: at(11))
        #expect(!estimator.hasRoom)
    }

    @Test func nonsenseIsNoLoadBeyondOne() {
        var estimator = LoadEstimator(configuration: configuration)
        estimator.receive(sample(cpu: 5, cores: 0), at: at(0))
        estimator.receive(sample(cpu: 900, cores: 0, memory: .max, limit: 1), at: at(1))
        estimator.receive(sample(cpu: 2, cores: 0), at: at(1))
        #expect((0...1).contains(estimator.load))
    }
}

@Suite struct ControlGroupTests {
    @Test func quotasOfBothVersionsAreRead() {
        #expect(ControlGroup.cores(cpuMax: "150000 100000\n") == 1.5)
        #expect(ControlGroup.cores(cpuMax: "max 100000\n") == nil)
        #expect(ControlGroup.cores(cpuMax: "100000 0") == nil)
        #expect(ControlGroup.cores(cpuMax: "") == nil)
        #expect(ControlGroup.cores(quota: "200000\n", period: "100000\n") == 2)
        #expect(ControlGroup.cores(quota: "-1\n", period: "100000\n") == nil)
    }

    @Test func limitsOfMemoryAreRead() {
        #expect(ControlGroup.bytes(limit: "536870912\n") == 536_870_912)
        #expect(ControlGroup.bytes(limit: "max\n") == nil)
        #expect(ControlGroup.bytes(limit: "9223372036854771712\n") == nil)
        #expect(ControlGroup.totalMemory(meminfo: "MemFree: 3 kB\nMemTotal:  2048 kB\n") == 2_097_152)
        #expect(ControlGroup.totalMemory(meminfo: "MemTotal: 99999999999999999999 kB\n") == nil)
        #expect(ControlGroup.residentPages(statm: "300 25 3 1 0 9 0") == 25)
        #expect(ControlGroup.residentPages(statm: "300") == nil)
    }

    @Test func theGroupAndThoseAboveItHold() {
        #expect(ControlGroup.path(inProcFile: "12:cpu:/x\n0::/a/b\n") == "/a/b")
        #expect(ControlGroup.folders(of: "/a/b", root: "/r") == ["/r/a/b", "/r/a", "/r"])
        #expect(ControlGroup.folders(of: "/../a", root: "/r") == ["/r/a", "/r"])
    }

    @Test func thisProcessUsesSomething() {
        let resources = ProcessResources()
        #expect(resources.cores > 0)
        #expect(resources.residentMemory > 1 << 20)
        #expect(resources.processorTime > .zero)
    }
}
