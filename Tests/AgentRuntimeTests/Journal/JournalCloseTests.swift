import Dispatch
import Foundation
import Session
import Testing

@testable import AgentRuntime

@Suite struct JournalCloseTests {
    @Test func oneThatIsClosedDoesNotWaitForAnothersDiskWhenItsLastReferenceGoes() {
        let folder = FileManager.default.temporaryDirectory.path + "/jask-close-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (began, gate, done) = (
            DispatchSemaphore(value: 0), DispatchSemaphore(value: 0), DispatchSemaphore(value: 0)
        )
        let closed = JournalWriter(path: folder + "/RM_1.jsonl")
        closed.append(JournalEntry(at: 1, event: .spoke(identity: "a")))
        closed.close()
        let slow = JournalDisk(write: JournalDisk.system.write) { _ in
            began.signal()
            gate.wait()
            gate.signal()
        }
        let other = JournalWriter(path: folder + "/RM_2.jsonl", configuration: .init(sync: .important), disk: slow)
        DispatchQueue.global().async { other.append(JournalEntry(at: 1, event: .spoke(identity: "a"))) }
        began.wait()
        // What `deinit` does.
        DispatchQueue.global().async {
            closed.close()
            done.signal()
        }
        let waited = done.wait(timeout: .now() + .seconds(20))
        gate.signal()
        #expect(waited == .success)
        other.close()
    }

    @Test func whoWritesDoesNotWaitForTheDiskToSayThatItHasAnEntry() {
        let folder = FileManager.default.temporaryDirectory.path + "/jask-close-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (gate, done) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let slow = JournalDisk(write: JournalDisk.system.write) { _ in
            gate.wait()
            gate.signal()
        }
        let writer = JournalWriter(path: folder + "/RM_1.jsonl", configuration: .init(sync: .important), disk: slow)
        DispatchQueue.global().async {
            for number in 0..<100 { writer.append(JournalEntry(at: Int64(number), event: .paused(by: "ivo"))) }
            done.signal()
        }
        let waited = done.wait(timeout: .now() + .seconds(20))
        gate.signal()
        #expect(waited == .success)
        writer.close()
    }
}
