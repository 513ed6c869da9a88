import Foundation
import Testing

@testable import AgentRuntime

@Suite struct StateFolderTests {
    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
    }

    @Test func theFolderAndItsLocksAreTheUsersAlone() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/jask-state-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        try StateFolder.prepare(folder)
        #expect(try mode(folder) == 0o700)
        let instance = AgentInstance(id: "00000000000000aa")
        let registry = try InstanceRegistry(folder: folder + "/instances", own: instance)
        #expect(try mode(folder + "/instances") == 0o700)
        #expect(try mode(folder + "/instances/\(instance.id).lock") == 0o600)
        #expect(registry.isAlive(instance.id) == true)
    }

    @Test func checkingLeavesNoFolderBehindAndTakesNoneAway() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/jask-state-\(UUID().uuidString)"
        try StateFolder.check(folder)
        #expect(!FileManager.default.fileExists(atPath: folder))
        try StateFolder.prepare(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try StateFolder.check(folder)
        #expect(FileManager.default.fileExists(atPath: folder))
    }

    @Test func aFolderThatCannotBeWrittenIsAnErrorThatSaysWhatToDo() {
        for path in ["/dev/null/state", "/proc/jask-state"] {
            let error = #expect(throws: StateFolderError.self) { try StateFolder.prepare(path) }
            #expect(error?.description.contains(path) == true)
            #expect(throws: StateFolderError.self) { try StateFolder.check(path) }
            #expect(error?.description.contains("state.directory") == true)
        }
    }
}
