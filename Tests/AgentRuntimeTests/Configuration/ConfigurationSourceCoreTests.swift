import SansIO
import Session
import Settings
import Testing

@testable import AgentRuntime

/// A core with a file that the test writes, in virtual time.
private struct Bench {
    typealias Output = ConfigurationSourceCore.Output

    var core: ConfigurationSourceCore
    var now = Instant(nanoseconds: 1_000_000_000)
    var yaml: String?
    /// What the process reads besides the file.
    var environment: [String: String] = [:]
    /// Changes the file while it is being read.
    var onRead: ((inout Bench) -> Void)?
    var reads = 0
    var looks = 0
    private var version: Int64 = 1

    init(_ yaml: String?, environment: [String: String] = [:]) throws {
        self.yaml = yaml
        self.environment = environment
        core = ConfigurationSourceCore(
            started: try Self.load(yaml, environment), followsFile: yaml != nil, at: now)
    }

    var stamp: FileStamp? {
        yaml.map { FileStamp(device: 1, inode: 2, size: Int64($0.utf8.count), modified: version) }
    }

    mutating func write(_ text: String?) {
        yaml = text
        version += 1
    }

    private static func load(_ yaml: String?, _ environment: [String: String]) throws(ConfigurationErrors)
        -> Configuration
    {
        var configuration = Configuration()
        if let yaml { configuration = configuration.adding(try .yaml(yaml, path: "jask.yaml")) }
        configuration = configuration.adding(try .environment(environment))
        try configuration.validatedForProcess()
        return configuration
    }

    /// Answers what the core wants; what it tells is returned.
    private mutating func serve() -> [Output] {
        var told: [Output] = []
        while let output = core.pollOutput() {
            switch output {
            case .look:
                looks += 1
                core.receive(.looked(stamp), at: now)
            case .read:
                reads += 1
                let before = stamp
                let result = Result { () throws(ConfigurationErrors) in try Self.load(yaml, environment) }
                    .mapError { ConfigurationSourceCore.Refusal(error: $0) }
                let change = onRead
                onRead = nil
                change?(&self)
                core.receive(.read(result, before: before, after: stamp), at: now)
            default: told.append(output)
            }
        }
        return told
    }

    mutating func ask() -> [Output] {
        core.receive(.asked, at: now)
        return serve()
    }

    /// Time goes on, deadline by deadline.
    mutating func run(_ duration: Duration) -> [Output] {
        let end = now + duration
        var told = serve()
        while let deadline = core.deadline, deadline <= end {
            now = max(now, deadline)
            core.timeout(at: now)
            told += serve()
        }
        now = end
        return told
    }
}

extension ConfigurationSourceCore.Output {
    fileprivate var applied: Configuration? {
        if case .apply(let configuration, _) = self { configuration } else { nil }
    }
}

@Suite("Configuration that changes while a process runs")
struct ConfigurationSourceCoreTests {
    @Test("a changed file counts within 2 s, whenever it changes, and is told in words")
    func applies() throws {
        for offset in stride(from: 0, through: 500, by: 50) {
            var bench = try Bench("policy:\n  cooldown: 90s\n")
            #expect(bench.run(.seconds(5) + .milliseconds(offset)).isEmpty, "what was there at the start is no change")
            bench.write("policy:\n  cooldown: 5s\n")
            let told = bench.run(.seconds(2))
            #expect(told.count == 1)
            guard case .apply(let configuration, let changes) = told.first else {
                Issue.record("\(told)")
                return
            }
            #expect(SessionConfiguration(configuration).policy.cooldown == .seconds(5))
            #expect(changes == ["policy.cooldown: 90 s → 5 s"])
            #expect(bench.run(.seconds(60)).isEmpty, "once")
        }
    }

    @Test("how pictures are looked at changes in running rooms; what the process may take, only after a restart")
    func pictures() throws {
        let search = Schema.settings.filter { $0.section == "search" }
        #expect(search.count == 78 && search.allSatisfy { $0.scope == .session })
        #expect(Schema.settings.filter { $0.section == "models" }.allSatisfy { $0.scope == .process })
        var bench = try Bench("search:\n  idle: 4s\n")
        _ = bench.run(.seconds(3))
        bench.write("search:\n  idle: 8s\n  palm_near: 0.4\nmodels:\n  core_share: 2\n")
        let told = bench.run(.seconds(3))
        let applied = told.compactMap(\.applied).map { SessionConfiguration($0).search }
        #expect(applied.map(\.idle) == [.seconds(8)] && applied.map(\.palmNear) == [0.4])
        #expect(told.contains { if case .needsRestart(["models.core_share"]) = $0 { true } else { false } }, "\(told)")
    }

    @Test("a change between the process's own reading and the first look is seen")
    func early() throws {
        var bench = try Bench("policy:\n  budget: 3\n")
        bench.write("policy:\n  budget: 4\n")
        #expect(bench.run(.seconds(2)).compactMap(\.applied).map { $0[Schema.policy.budget] } == [4])
    }

    @Test("a file that is being written is not taken half")
    func settles() throws {
        var bench = try Bench("policy:\n  budget: 3\n")
        _ = bench.run(.seconds(3))
        let readBefore = bench.reads
        // Truncated, then written in pieces: each look finds another size.
        for text in ["", "policy:\n", "policy:\n  budget: 1\n", "policy:\n  budget: 12\n"] {
            bench.write(text)
            #expect(bench.run(ConfigurationSourceCore.usualInterval).isEmpty)
        }
        #expect(bench.reads == readBefore)
        #expect(bench.run(.seconds(2)).compactMap(\.applied).map { $0[Schema.policy.budget] } == [12])
    }

    @Test("what changed while it was read is read again")
    func torn() throws {
        var bench = try Bench("policy:\n  budget: 3\n")
        _ = bench.run(.seconds(3))
        bench.write("policy:\n  budget: 4\n")
        bench.onRead = { $0.write("policy:\n  budget: 5\n") }
        #expect(bench.run(.seconds(4)).compactMap(\.applied).map { $0[Schema.policy.budget] } == [5])
    }

    @Test("the last good one stays where the new one cannot be used, and all problems are told once")
    func refuses() throws {
        var bench = try Bench("policy:\n  cooldown: 90s\n")
        _ = bench.run(.seconds(3))
        bench.write("policy:\n  cooldown: soon\n  budget: -1\n")
        let told = bench.run(.seconds(30))
        guard told.count == 1, case .refused(let refusal) = told[0] else {
            Issue.record("\(told)")
            return
        }
        #expect(refusal.problems.contains("jask.yaml:2: policy.cooldown: 'soon'"))
        #expect(refusal.problems.contains("jask.yaml:3: policy.budget: '-1'"))
        #expect(!refusal.problems.contains("\n"), "one line of the log")
        #expect(bench.core.current[Schema.policy.cooldown] == .seconds(90))
        bench.write("policy:\n  cooldown: 90s\n  budget: 4\n")
        let mended = bench.run(.seconds(2))
        #expect(mended.first == .recovered && mended.compactMap(\.applied).count == 1)
    }

    @Test("a file that is gone is a problem, and its return is not one")
    func gone() throws {
        var bench = try Bench("policy:\n  budget: 3\n", environment: ["JASK_POLICY_FIRST_TIER": "2"])
        _ = bench.run(.seconds(3))
        let core = bench.core
        bench.write(nil)
        // Without a file nothing sets the budget: the environment alone would be another configuration.
        #expect(bench.run(ConfigurationSourceCore.usualInterval).isEmpty, "it may be in the middle of being replaced")
        bench.write("policy:\n  budget: 3\n")
        #expect(bench.run(.seconds(3)).isEmpty && bench.core.current == core.current)
    }

    @Test("settings of the process stay as they were at its start, and are named")
    func process() throws {
        var bench = try Bench("policy:\n  budget: 3\ncode:\n  maximum_files: 4\n")
        _ = bench.run(.seconds(3))
        bench.write("policy:\n  budget: 4\ncode:\n  maximum_files: 9\nclaude:\n  api_key: sk-new\n")
        let told = bench.run(.seconds(2))
        #expect(told.first == .needsRestart(["claude.api_key", "code.maximum_files"]))
        let applied = try #require(told.compactMap(\.applied).first)
        #expect(applied[Schema.policy.budget] == 4)
        #expect(applied[Schema.code.maximumFiles] == 4)
        #expect(!SessionConfiguration(applied).usesClaude, "the process has no client for that key")
        #expect(!told.contains { "\($0.told?.text ?? "")".contains("sk-new") })
        bench.write("policy:\n  budget: 5\ncode:\n  maximum_files: 9\nclaude:\n  api_key: sk-new\n")
        #expect(bench.run(.seconds(2)).count == 1, "the same settings are not named again")
        bench.write("policy:\n  budget: 5\ncode:\n  maximum_files: 4\n")
        #expect(bench.run(.seconds(2)).isEmpty, "put back: nothing waits for a restart")
    }

    @Test("a reader that checks nothing is checked")
    func together() throws {
        var core = ConfigurationSourceCore(started: Configuration(), followsFile: false, at: .init(nanoseconds: 0))
        core.receive(.asked, at: .init(nanoseconds: 0))
        #expect(core.pollOutput() == .read)
        let layer = try Configuration.Layer.yaml("pause:\n  initial_long: 25s\n", path: "jask.yaml")
        core.receive(.read(.success(Configuration().adding(layer)), before: nil, after: nil), at: .init(nanoseconds: 0))
        guard case .refused(let refusal) = core.pollOutput() else {
            Issue.record("nothing was refused")
            return
        }
        #expect(refusal.problems.contains("pause.initial_long") && core.pollOutput() == nil)
    }

    @Test("asked for, all is read at once, the environment too, and an answer is always told")
    func asked() throws {
        var bench = try Bench(nil)
        #expect(bench.core.deadline == nil, "without a file there is nothing to look at")
        #expect(bench.ask() == [.unchanged])
        bench.environment["JASK_POLICY_BUDGET"] = "7"
        #expect(bench.ask().compactMap(\.applied).map { $0[Schema.policy.budget] } == [7])
        bench.environment["JASK_POLICY_BUDGET"] = "many"
        for _ in 0..<2 {
            guard case .refused = bench.ask().first else {
                Issue.record("who asks is told each time")
                return
            }
        }
    }

    @Test("looking costs two looks a second, and reading only what changed")
    func cost() throws {
        var bench = try Bench("policy:\n  budget: 3\n")
        _ = bench.run(.seconds(60))
        #expect((118...122).contains(bench.looks) && bench.reads == 1)
    }
}
