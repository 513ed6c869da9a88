import Foundation
import SansIO
import Simulation
import Testing

@testable import AgentRuntime

@Suite struct InstanceRegistryTests {
    private let folder = FileManager.default.temporaryDirectory.path + "/jask-instances-\(UUID().uuidString)"

    private func instance(_ seed: UInt64) -> AgentInstance {
        var random = RandomSource.seeded(seed)
        return AgentInstance(random: &random)
    }

    @Test func theLivingAreToldFromTheDeadAndFromStrangers() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let own = try InstanceRegistry(folder: folder, own: instance(1))
        var other: InstanceRegistry? = try InstanceRegistry(folder: folder, own: instance(2))
        #expect(own.isAlive(instance(2).id) == true)
        #expect(own.isAlive(instance(3).id) == nil)
        // What a process that was killed leaves: a file that nobody locks.
        #expect(FileManager.default.createFile(atPath: folder + "/\(instance(4).id).lock", contents: nil))
        #expect(own.isAlive(instance(4).id) == false)
        #expect(own.isAlive(instance(4).id) == false, "asking does not revive it")
        _ = other
        other = nil
        #expect(own.isAlive(instance(2).id) != true)
    }

    @Test("ids of others do not lead out of the folder", arguments: ["../../etc/passwd", "", "0123456789abcde/", "é"])
    func evilIDs(id: String) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let own = try InstanceRegistry(folder: folder, own: instance(1))
        #expect(own.isAlive(id) == nil)
    }

    @Test func oneInstanceRegistersOnce() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let first = try InstanceRegistry(folder: folder, own: instance(1))
        #expect(throws: (any Error).self) { try InstanceRegistry(folder: folder, own: instance(1)) }
        withExtendedLifetime(first) {}
    }
}
