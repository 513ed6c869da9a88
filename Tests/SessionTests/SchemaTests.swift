import Foundation
import SansIO
import Testing
import Wire
import WireSamples

@testable import Session

/// The repository's root, from this file's place in it.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let python = root.appendingPathComponent(".venv/bin/python").path
    static let hasPython: Bool = {
        guard FileManager.default.isExecutableFile(atPath: python) else { return false }
        return (try? run(["-c", "import jsonschema"]))?.status == 0
    }()

    static func run(_ arguments: [String], input: [UInt8] = []) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = arguments
        let (stdin, stdout) = (Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = stdout
        try process.run()
        try stdin.fileHandleForWriting.write(contentsOf: Data(input))
        try stdin.fileHandleForWriting.close()
        let output = try stdout.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}

@Suite("The JSON Schemas in docs/schemas")
struct SchemaTests {
    /// Reads lines of `<0 or 1> <topic> <JSON>` and prints those on which schema and expectation differ.
    private static let validator = #"""
        import json, pathlib, sys
        from jsonschema import Draft202012Validator as Validator
        schemas = {}
        for path in pathlib.Path(sys.argv[1]).glob("*.json"):
            schema = json.loads(path.read_text())
            Validator.check_schema(schema)
            schemas[path.stem] = Validator(schema, format_checker=Validator.FORMAT_CHECKER)
            assert schema["title"] == path.stem, path
            assert schema["examples"], path
            for example in schema["examples"]:
                for error in schemas[path.stem].iter_errors(example):
                    print("example of", path.stem, error.message)
        count = 0
        for line in sys.stdin:
            expected, topic, text = line.rstrip("\n").split(" ", 2)
            errors = [error.message for error in schemas[topic].iter_errors(json.loads(text))]
            if (not errors) != (expected == "1"):
                print(topic, "expected", expected, errors, text[:300])
            count += 1
        print("checked", len(schemas), count)
        """#

    private func check(_ lines: [(isValid: Bool, topic: TopicName, text: String)]) throws {
        let input = lines.map { "\($0.isValid ? 1 : 0) \($0.topic) \($0.text)\n" }.joined()
        let folder = Repository.root.appendingPathComponent("docs/schemas").path
        let (status, output) = try Repository.run(["-c", Self.validator, folder], input: Array(input.utf8))
        #expect(status == 0 && output == "checked 10 \(lines.count)\n", "\(output)")
    }

    private static let skipped: Comment = "needs .venv/bin/python with jsonschema (scripts/setup python)"

    @Test("hold for everything that is encoded", .enabled(if: Repository.hasPython, skipped))
    func encoded() throws {
        try check(Samples.all.map { (true, $0.topic, String(decoding: $0.payload, as: UTF8.self)) })
    }

    @Test("hold for what a whole session says", .enabled(if: Repository.hasPython, skipped))
    func session() throws {
        var stage = Stage()
        stage.joinBoth()
        stage.code(from: "ada", revision: 1, "a")
        stage.packet(Topic.code, from: "ada", "bad")
        stage.longPause()
        stage.answer()
        stage.ask(from: "ada")
        stage.control(.optOut, from: "ada")
        stage.control(.pause, from: "ivo")
        stage.control(.end, from: "ivo")
        stage.join("oto")
        let lines = stage.sent.filter { $0.topic.hasPrefix("jask.") }.map {
            (true, $0.topic, String(decoding: $0.payload, as: UTF8.self))
        }
        #expect(Set(stage.notices().map(\.kind)) == [.observing, .paused, .off, .choices, .declined, .error])
        try check(lines)
    }

    @Test("and the decoders agree on what is valid", .enabled(if: Repository.hasPython, skipped))
    func agreement() throws {
        // What depends on the sender or on what was sent before, and sizes in bytes, are not a schema's to say.
        let beyond: Set<String> = [
            "stale_revision", "unknown_base", "invalid_edit", "not_allowed", "unknown_hint", "unknown_topic",
            "not_utf8",
            "not_json", "too_large",
        ]
        let bad = BadInputTests.all.filter { !beyond.contains($0.code) && $0.code != "wrong_message" }
            .filter { $0.name != "a revision beyond 64 bits" }
        #expect(bad.count > 12)
        try check(bad.map { (false, $0.topic, String(decoding: $0.payload, as: UTF8.self)) })
    }

    @Test(
        "hold for every example in the wire contract, which has one of each",
        .enabled(if: Repository.hasPython, skipped))
    func examples() throws {
        let url = Repository.root.appendingPathComponent("docs/wire-contract.md")
        let blocks = try String(contentsOf: url, encoding: .utf8).components(separatedBy: "```json\n").dropFirst()
        var lines: [(isValid: Bool, topic: TopicName, text: String)] = []
        for block in blocks {
            let text = block.components(separatedBy: "```")[0]
            for line in text.split(separator: "\n") {
                guard let topic = line.firstMatch(of: /"type":"([a-z.]+)"/)?.1 else { continue }
                lines.append((true, TopicName(String(topic)), String(line)))
                #expect(throws: Never.self) { try Samples.roundTrip(TopicName(String(topic)), Array(line.utf8)) }
            }
        }
        #expect(Set(lines.map(\.topic)) == Topic.incoming.union([Topic.hint, Topic.notice, Topic.frame]))
        try check(lines)
    }
}
