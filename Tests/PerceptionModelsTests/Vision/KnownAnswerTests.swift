import Foundation
import Testing
import VisionModelFixtures

@testable import Inference
@testable import PerceptionModels

struct VisionFilesTests {
    @Test func aFolderWithoutModelsIsNamedWithTheWayToGetThem() {
        let found = #expect(throws: LiteRTError.self) { try LiteRTVision(folder: "/nowhere") }
        #expect(found?.path == "/nowhere/libLiteRt.so")
        #expect(found?.description.hasSuffix("get it with scripts/fetch-models") == true)
    }
}

/// What a model must answer before it is used.
@Suite(.enabled(if: ReleasedVision.isThere, Comment(rawValue: ReleasedVision.absence)))
struct KnownAnswerTests {
    private let folder = ReleasedVision.folder ?? ""

    private func graph(_ file: VisionModelFile) throws -> LiteRTGraph {
        let engine = try LiteRTEngine(library: folder + "/" + LiteRTEngine.fileName)
        return try LiteRTGraph(engine: engine, path: folder + "/" + file.fileName, sha256: file.sha256)
    }

    @Test(arguments: VisionModelFile.allCases)
    func everyReleasedModelGivesItsKnownAnswer(file: VisionModelFile) throws {
        try file.check(graph(file))
    }

    @Test func anotherModelOfTheSameShapesFailsTheKnownAnswer() throws {
        let found = try #require(throws: LiteRTError.self) { try VisionModelFile.handFull.check(graph(.hand)) }
        guard case .wrongAnswer(output: 0, index: 0, _, _) = found.problem else {
            return #expect(Bool(false), "\(found)")
        }
        #expect(found.path?.hasSuffix("hand_landmark_lite.tflite") == true)
    }

    @Test func aModelOfOtherShapesIsRefusedBeforeItRuns() throws {
        let found = try #require(throws: LiteRTError.self) { try VisionModelFile.palm.check(graph(.hand)) }
        #expect(
            found.problem
                == .wrongShape(
                    expected: [110_592, 36_288, 2_016], found: [150_528, 63, 1, 1, 63]))
    }

    @Test func aFolderInWhichOneModelIsDamagedIsRefusedByThatModelsName() throws {
        let copy = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        for name in [LiteRTEngine.fileName] + VisionModelFile.allCases.map(\.fileName) {
            try FileManager.default.createSymbolicLink(
                atPath: copy + "/" + name, withDestinationPath: folder + "/" + name)
        }
        let damaged = copy + "/" + VisionModelFile.palm.fileName
        var bytes = try Data(contentsOf: URL(filePath: damaged))
        bytes[bytes.count / 2] ^= 1
        try FileManager.default.removeItem(atPath: damaged)
        try bytes.write(to: URL(filePath: damaged))
        let found = #expect(throws: LiteRTError.self) { try LiteRTVision(folder: copy) }
        #expect(found?.path == damaged)
        guard case .file(.wrongHash) = found?.problem else { return #expect(Bool(false), "\(found as Any)") }
    }
}
