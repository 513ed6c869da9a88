import Foundation
import Settings
import Testing

@Suite("Settings")
struct SettingsSchemaTests {
    private static let anyDuration = SettingDefinition("a.b", .duration(.seconds(-1e9) ... .seconds(1e9)), nil, "")

    @Test(
        "durations are read with and without a unit",
        arguments: [
            ("250ms", 250), ("8s", 8000), ("8", 8000), ("1.5 s", 1500), ("2min", 120_000), ("2m", 120_000),
            ("1h", 3_600_000),
        ])
    func durations(text: String, milliseconds: Int) {
        #expect(Self.anyDuration.parse(text) == .duration(.milliseconds(milliseconds)))
    }

    @Test("what is no duration is refused", arguments: ["", "s", "1d", "inf", "nan", "1e300h", "-1e20", "5 s s"])
    func noDurations(text: String) {
        #expect(Self.anyDuration.parse(text) == nil)
    }

    @Test("keys are unique, well formed, and have a sentence of help")
    func schema() {
        #expect(Set(Schema.settings.map(\.key)).count == Schema.settings.count)
        #expect(Set(Schema.settings.map(\.environmentName)).count == Schema.settings.count)
        for setting in Schema.settings {
            #expect(setting.key.wholeMatch(of: /[a-z]+\.[a-z][a-z0-9_]*/) != nil, "\(setting.key)")
            #expect(setting.help.hasSuffix("."), "\(setting.key)")
            if let value = setting.defaultValue { #expect(setting.parse(value.description) == value, "\(setting.key)") }
            #expect(!(setting.isSecret && setting.scope == .session), "\(setting.key)")
        }
    }

    @Test("every setting that the sources declare is found in its section")
    func allAreListed() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../Sources/Settings/Sections")
        var declared: Set<String> = []
        for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
            for match in try String(contentsOf: file, encoding: .utf8).matches(
                of: /= Setting<\w+>\(\s*(?:unset: )?"([^"]+)"/)
            {
                #expect(declared.insert(String(match.1)).inserted, "\(match.1) is declared twice")
            }
        }
        #expect(declared == Set(Schema.settings.map(\.key)))
    }

    @Test("a value is read as the setting's type, from the last layer that sets it")
    func typedAccess() throws {
        var file = Configuration.Layer()
        try file.set("policy.cooldown", to: "90s", origin: .file(path: "f", line: 3))
        try file.set("log.level", to: "debug", origin: .file(path: "f", line: 4))
        var job = Configuration.Layer()
        try job.set("policy.cooldown", to: "7", origin: .jobMetadata)
        let configuration = Configuration().adding(file).adding(job)
        #expect(configuration[Schema.policy.cooldown] == .seconds(7))
        #expect(configuration.origin(of: Schema.policy.cooldown) == .jobMetadata)
        #expect(configuration[Schema.log.level] == .debug)
        #expect(configuration[Schema.livekit.apiSecret] == "" && configuration.entry("livekit.api_secret") == nil)
        #expect(configuration[Schema.policy.budget] == Schema.policy.budget.defaultValue)
    }

    @Test("a scope can be kept from another configuration, and differences are told by scope")
    func scopes() throws {
        func configuration(_ values: [String: String]) throws -> Configuration {
            var layer = Configuration.Layer()
            for (key, text) in values { try layer.set(key, to: text, origin: .commandLine(option: "test")) }
            return Configuration().adding(layer)
        }
        let started = try configuration(["policy.budget": "3", "code.maximum_files": "4", "log.level": "debug"])
        let new = try configuration(["policy.budget": "5", "code.maximum_files": "6", "claude.api_key": "hush"])
        let merged = new.keeping(.process, of: started)
        #expect(merged[Schema.policy.budget] == 5 && merged[Schema.code.maximumFiles] == 4)
        #expect(merged[Schema.log.level] == .debug && merged[Schema.claude.apiKey].isEmpty)
        #expect(merged.differences(from: started, in: .session) == ["policy.budget"])
        #expect(merged.differences(from: started, in: .process).isEmpty)
        #expect(
            Set(new.differences(from: started, in: .process)) == ["log.level", "claude.api_key", "code.maximum_files"])
        #expect(new.shown("policy.budget") == "5" && new.shown("claude.api_key") == "(redacted)")
    }
}
