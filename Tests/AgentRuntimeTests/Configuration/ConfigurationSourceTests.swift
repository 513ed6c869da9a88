import Foundation
import Settings
import Synchronization
import Testing

@testable import AgentRuntime

@Suite("Configuration source")
struct ConfigurationSourceTests {
    @Test("a real file is followed, written anew or replaced, until the source stops", .timeLimit(.minutes(1)))
    func follows() async throws {
        let path = FileManager.default.temporaryDirectory.path + "/jask-source-\(UUID().uuidString).yaml"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("policy:\n  budget: 3\n".utf8).write(to: URL(fileURLWithPath: path))
        let reader = ConfigurationReader(file: path) { try Configuration.load(file: path, environment: [:]) }
        let (outputs, continuation) = AsyncStream.makeStream(of: ConfigurationSourceCore.Output.self)
        let source = ConfigurationSource(reader, started: try reader.read(), interval: .milliseconds(20)) {
            continuation.yield($0)
        }
        source.start()
        var iterator = outputs.makeAsyncIterator()
        // In place, then by another file that takes its name, as editors and Kubernetes do.
        for (budget, isAtomic) in [(4, false), (5, true)] {
            try Data("policy:\n  budget: \(budget)\n".utf8).write(
                to: URL(fileURLWithPath: path), options: isAtomic ? .atomic : [])
            guard case .apply(let configuration, _) = await iterator.next() else {
                Issue.record("it was not taken up")
                return
            }
            #expect(configuration[Schema.policy.budget] == budget)
        }
        try FileManager.default.removeItem(atPath: path)
        guard case .refused(let refusal) = await iterator.next() else {
            Issue.record("a file that is gone was no problem")
            return
        }
        #expect(refusal.problems.contains(path) && refusal.problems.contains("cannot be read"))
        source.reload()
        guard case .refused = await iterator.next() else {
            Issue.record("who asks is told")
            return
        }
        source.stop()
    }
}
