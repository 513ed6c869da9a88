import Claude
import Coach
import Foundation
import Inference
import Perception
import Session
import Settings
import Testing

@testable import AgentRuntime

@Suite("Configuration")
struct ConfigurationTests {
    private func errors(_ yaml: String) -> [String] {
        do throws(ConfigurationErrors) {
            let layer = try Configuration.Layer.yaml(yaml, path: "jask.yaml")
            try Configuration().adding(layer).validatedForProcess()
            return []
        } catch {
            return error.errors.map(\.description)
        }
    }

    @Test(
        "errors name file, line, key and what is allowed",
        arguments: [
            ("policy:\n  cooldown: 2h\n", "jask.yaml:2: policy.cooldown: '2h' is not allowed: duration, 0 s…1 h"),
            ("policy:\n\n  cooldown: soon", "jask.yaml:3: policy.cooldown: 'soon' is not allowed: duration, 0 s…1 h"),
            ("policy:\n  budget: 1.5", "jask.yaml:2: policy.budget: '1.5' is not allowed: whole number, 0…1000"),
            ("voice:\n  bleed_margin: 61", "jask.yaml:2: voice.bleed_margin: '61' is not allowed: number, dB, 0…60"),
            (
                "voice:\n  activation: .nan",
                "jask.yaml:2: voice.activation: '.nan' is not allowed: number, probability, 0…1"
            ),
            ("chat:\n  legacy: maybe", "jask.yaml:2: chat.legacy: 'maybe' is not allowed: true or false, true, false"),
            (
                "log:\n  level: loud",
                "jask.yaml:2: log.level: 'loud' is not allowed: word, trace, debug, info, notice, warning, error"
            ),
            (
                "policy:\n  cooldwon: 5s",
                "jask.yaml:2: policy.cooldwon: there is no such setting; did you mean policy.cooldown?"
            ),
            ("polly:\n  cooldown: 5s", "jask.yaml:1: polly: there is no such setting; did you mean policy?"),
            ("zebra: 1", "jask.yaml:1: zebra: there is no such setting; 'jask config' lists all"),
            ("policy: 5", "jask.yaml:1: policy: expected a section with settings"),
            ("policy:\n  cooldown: [1, 2]", "jask.yaml:2: policy.cooldown: expected a single value: duration, "),
            (
                "network:\n  addresses: [10.0.0.1]",
                "jask.yaml:2: network.addresses: expected a single value: text, at most 1024 bytes"
            ),
            ("- a\n- b", "jask.yaml:1: expected sections, each with its settings"),
            ("policy:\n  cooldown: 5s\n bad", "jask.yaml:3: is not YAML: "),
            ("policy:\n  budget: 1\n  budget: 2", "is not YAML: 'budget' is there twice"),
            ("policy: {a", "is not YAML: "),
            ("policy:\n  budget: 1\nlivekit:\n  api_secret: hush\u{1}\n", "jask.yaml:4: is not YAML: "),
            ("claude:\n  api_key: two words", "jask.yaml:2: claude.api_key: '(redacted)' is not allowed: "),
            ("claude:\n  base_url: api.anthropic.com", "jask.yaml:2: claude.base_url: 'api.anthropic.com' is not "),
            (
                "pause:\n  shortest_long: 30s",
                "jask.yaml:2: pause.shortest_long: '30 s' is not allowed: duration, at most pause.longest_long, which is 20 s"
            ),
            (
                "pause:\n  longest_long: 5s",
                "jask.yaml:2: pause.longest_long: '5 s' is not allowed: duration, at least pause.shortest_long, which is 8 s"
            ),
            (
                "livekit:\n  api_secret: \"\(String(repeating: "s", count: 1025))\"",
                "jask.yaml:2: livekit.api_secret: '(redacted)' is not allowed: text, at most 1024 bytes"
            ),
        ])
    func names(yaml: String, expected: String) {
        let found = errors(yaml)
        #expect(found.contains { $0.contains(expected) }, "\(found)")
        #expect(!found.contains { $0.contains("hush") || $0.contains("two words") })
    }

    @Test("all errors are told at once")
    func allAtOnce() {
        #expect(errors("policy:\n  budget: -1\n  settle: x\nhint:\n  ack_resends: 11\n").count == 3)
    }

    @Test(
        "empty files, empty sections and comments set nothing",
        arguments: ["", "# nothing\n", "policy:\n", "---\n", "null"])
    func empty(yaml: String) {
        #expect(errors(yaml).isEmpty)
    }

    @Test("later layers win, and explain says which did")
    func layers() throws {
        let file = try Configuration.Layer.yaml(
            "policy:\n  cooldown: 90s\n  budget: 4\nlog:\n  level: debug\n", path: "/etc/jask.yaml")
        let environment = try Configuration.Layer.environment([
            "JASK_POLICY_BUDGET": "5", "LIVEKIT_API_SECRET": "hush", "LIVEKIT_API_KEY": "devkey", "PATH": "/bin",
            "JASK_CONFIG": "x",
        ])
        let configuration = Configuration().adding(file).adding(environment)
        #expect(
            SessionConfiguration(configuration).policy.cooldown == .seconds(90)
                && SessionConfiguration(configuration).policy.budget == 5)
        let explained = Dictionary(uniqueKeysWithValues: configuration.explain().map { ($0.setting.key, $0) })
        #expect(explained["policy.cooldown"]?.origin?.description == "/etc/jask.yaml:2")
        #expect(explained["policy.budget"]?.origin?.description == "environment JASK_POLICY_BUDGET")
        #expect(explained["policy.spacing"]?.origin?.description == "built-in default")
        #expect(explained["claude.api_key"]?.value == nil)
        #expect(explained["livekit.api_secret"]?.value == "(redacted)")
        let worker = try configuration.worker()
        #expect(worker.logLevel == .debug && worker.apiKey == "devkey" && worker.apiSecret.revealed == "hush")
        for text in [configuration.explanation(), "\(worker)", String(reflecting: worker)] {
            #expect(!text.contains("hush"))
        }
        #expect(
            configuration.explanation("log.") == """
                log.level  debug  one of trace, debug, info, notice, warning, error  /etc/jask.yaml:5
                log.json   false  true or false                             built-in default
                """)
        #expect(
            configuration.explanation("policy.budget")
                == "policy.budget  5  whole number, 0…1000  environment JASK_POLICY_BUDGET")
    }

    @Test("the environment's errors name the variable, and a misspelt one is found")
    func environment() {
        #expect(throws: ConfigurationErrors.self) {
            try Configuration.Layer.environment(["JASK_POLICY_BUDGET": "many"])
        }
        do throws(ConfigurationErrors) {
            _ = try Configuration.Layer.environment(["JASK_POLICY_BUDGET": "many", "JASK_POLICY_BUGDET": "5"])
        } catch {
            let text = error.description
            #expect(
                text.contains(
                    "environment JASK_POLICY_BUDGET: policy.budget: 'many' is not allowed: whole number, 0…1000"))
            #expect(text.contains("JASK_POLICY_BUGDET: there is no such setting; did you mean JASK_POLICY_BUDGET?"))
        }
    }

    @Test("a worker needs key, secret and an address, and is told how to give them")
    func missing() throws {
        do throws(ConfigurationErrors) {
            _ = try Configuration().adding(.environment(["LIVEKIT_URL": "localhost:7880"])).worker()
            Issue.record("nothing was missed")
        } catch {
            #expect(error.errors.count == 3)
            #expect(error.description.contains("LIVEKIT_API_KEY") && error.description.contains("LIVEKIT_API_SECRET"))
            #expect(error.description.contains("environment LIVEKIT_URL: livekit.url: 'localhost:7880'"))
        }
    }

    @Test("files that cannot be read say so")
    func unreadable() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("jask-\(UUID().uuidString).yaml").path
        #expect(throws: ConfigurationErrors.self) { try Configuration.load(file: path, environment: [:]) }
        try Data([0x61, 0xFF, 0x3A]).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        do throws(ConfigurationErrors) { _ = try Configuration.load(file: path, environment: [:]) } catch {
            #expect(error.description.contains("\(path)") && error.description.contains("UTF-8"))
        }
    }

    @Test("the built-in defaults are those of the parts, are allowed, and are read back as written")
    func defaults() throws {
        let configuration = Configuration()
        try configuration.validated()
        #expect(SessionConfiguration(configuration).policy == HintPolicy.Configuration())
        #expect(SessionConfiguration(configuration).perception == PerceptionConfiguration())
        var session = SessionConfiguration(configuration)
        session.usesClaude = true
        var expected = SessionConfiguration()
        expected.requestTimeout = .seconds(15)
        #expect(session == expected)
        #expect(configuration.claude == nil && configuration.coach.claude == nil)
        let key = try #require(ClaudeKey("key"))
        let builtIn = ClaudeConfiguration(apiKey: key)
        let claude = try #require(Configuration().adding(.environment(["ANTHROPIC_API_KEY": "key"])).claude)
        #expect(claude.baseURL == builtIn.baseURL && claude.model == builtIn.model)
        #expect(claude.outputMode == builtIn.outputMode && claude.maximumTokens == builtIn.maximumTokens)
        #expect(claude.connectTimeout == builtIn.connectTimeout && claude.totalTimeout == builtIn.totalTimeout)
        #expect(claude.firstTokenTimeout == builtIn.firstTokenTimeout && claude.stallTimeout == builtIn.stallTimeout)
        #expect(claude.retry == builtIn.retry)
        #expect(configuration.coach.restDuration == CoachConfiguration().restDuration)
        for setting in Schema.settings {
            guard let value = setting.defaultValue else { continue }
            #expect(setting.parse(value.description) == value, "\(setting.key)")
        }
    }

    @Test("every setting is used: a change of it changes an accessor")
    func everySettingCounts() throws {
        func picture(_ configuration: Configuration) throws -> [String] {
            let claude = configuration.coach.claude
            var texts = [
                "\(SessionConfiguration(configuration))", "\(try configuration.worker())", "\(configuration.coach)",
            ]
            texts.append(
                "\(String(describing: claude)) \(configuration.interfaces) \(configuration.srtpEngine) \(configuration.takesJPEG)"
            )
            texts.append(try configuration.worker().apiSecret.revealed)
            texts.append("\(InferenceBudgetConfiguration(configuration))")
            return texts
        }
        let base = Configuration().adding(
            try .environment(["LIVEKIT_API_KEY": "k", "LIVEKIT_API_SECRET": "s", "ANTHROPIC_API_KEY": "a"]))
        for setting in Schema.settings where setting.key != "claude.api_key" {
            let text =
                switch setting.kind {
                case .duration(let range): SettingDefinition.Value.duration(range.upperBound).description
                case .integer(let range):
                    "\(setting.defaultValue == .integer(range.upperBound) ? range.lowerBound : range.upperBound)"
                case .number(let range, _):
                    "\(setting.defaultValue == .number(range.upperBound) ? range.lowerBound : range.upperBound)"
                case .boolean: setting.defaultValue == .boolean(true) ? "false" : "true"
                case .text:
                    ["livekit.url": "wss://other", "network.addresses": "192.0.2.7, ::1"][setting.key] ?? "other"
                case .choice(let words): words.last { setting.defaultValue != .text($0) } ?? ""
                }
            var layer = Configuration.Layer()
            try layer.set(setting.key, to: text, origin: .commandLine(option: "x"))
            #expect(try picture(base.adding(layer)) != picture(base), "\(setting.key) is not read")
        }
    }

    @Test("what Kubernetes tells every pod of a service called jask is no setting")
    func serviceLinks() throws {
        let variables = [
            "JASK_SERVICE_HOST": "10.0.0.1", "JASK_SERVICE_PORT": "80", "JASK_SERVICE_PORT_HEALTH": "80",
            "JASK_PORT": "tcp://10.0.0.1:80", "JASK_PORT_80_TCP": "tcp://10.0.0.1:80",
            "JASK_PORT_80_TCP_ADDR": "10.0.0.1", "JASK_PORT_80_TCP_PROTO": "tcp",
            "JASK_CONSOLE_SERVICE_HOST": "10.0.0.2",
        ]
        let plain = try Configuration().adding(.environment([:])).coach
        #expect("\(try Configuration().adding(.environment(variables)).coach)" == "\(plain)")
        for name in ["JASK_PORTS", "JASK_PORT_TCP", "JASK_HOST", "JASK_POLICY_COOLDWON"] {
            #expect(throws: ConfigurationErrors.self) { try Configuration.Layer.environment([name: "1"]) }
        }
        // A setting of such a name stays one.
        #expect(throws: ConfigurationErrors.self) { try Configuration.Layer.environment(["JASK_HEALTH_PORT": "x"]) }
    }

    @Test("docs/configuration.md is what the schema says (JASK_WRITE_DOCS=1 swift test writes it)")
    func documentation() throws {
        let url = URL(filePath: #filePath).appending(path: "../../../../docs/configuration.md").standardizedFileURL
        if ProcessInfo.processInfo.environment["JASK_WRITE_DOCS"] != nil {
            try Data(Schema.documentation.utf8).write(to: url)
        }
        #expect(try String(contentsOf: url, encoding: .utf8) == Schema.documentation)
    }
}
