import Foundation
import Testing

@testable import Inference

/// The way from files to a running model, and what is said where it ends.
struct LiteRTEngineTests {
    private static let folder = ModelFile.defaultFolder(environment: ProcessInfo.processInfo.environment) ?? ""
    private static let library = folder + "/" + LiteRTEngine.fileName
    static let isThere = FileManager.default.fileExists(atPath: library)
    static let absence = Comment(rawValue: "\(library) is not there: scripts/fetch-models brings it")

    /// A file of these bytes for as long as `body` runs.
    private func withFile(_ bytes: [UInt8], _ body: (String, String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        try Data(bytes).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path, ModelFile.hash(of: bytes))
    }

    private func error(_ body: () throws -> Void) -> LiteRTError? {
        do {
            try body()
            return nil
        } catch {
            return error as? LiteRTError
        }
    }

    @Test func aMissingLibraryIsNamedWithTheWayToGetIt() {
        let found = error { _ = try LiteRTEngine(library: "/nowhere/libLiteRt.so") }
        #expect(
            found?.description
                == "/nowhere/libLiteRt.so cannot be read (No such file or directory); get it with scripts/fetch-models")
    }

    @Test func anotherLibraryIsNotOpened() throws {
        try withFile([1, 2, 3]) { path, hash in
            let found = error { _ = try LiteRTEngine(library: path) }
            #expect(
                found
                    == LiteRTError(
                        .file(.wrongHash(expected: LiteRTEngine.releasedSHA256, found: hash)), path: path))
        }
    }

    @Test func whatIsNoLibraryIsAnErrorInTheLoadersWords() throws {
        try withFile(Array("no library".utf8)) { path, hash in
            let found = error { _ = try LiteRTEngine(library: path, sha256: hash) }
            guard case .notLoaded(let reason) = found?.problem else { return #expect(Bool(false), "\(found as Any)") }
            #expect(reason.contains(path))
        }
    }

    @Test func aLibraryWithoutLiteRTsFunctionsIsRefusedByTheNameOfTheFirst() throws {
        let places = ["/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/lib64", "/lib"].map { $0 + "/libm.so.6" }
        let path = try #require(places.first { FileManager.default.fileExists(atPath: $0) })
        let hash = try ModelFile.hash(of: Array(Data(contentsOf: URL(filePath: path))))
        let found = error { _ = try LiteRTEngine(library: path, sha256: hash) }
        #expect(found == LiteRTError(.missingFunction(name: "LiteRtCreateEnvironment"), path: path))
    }

    @Test func whatIsOpenedIsWhatWasHashed() throws {
        let places = ["/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/lib64", "/lib"].map { $0 + "/libm.so.6" }
        let library = try #require(places.first { FileManager.default.fileExists(atPath: $0) })
        let bytes = try Array(Data(contentsOf: URL(filePath: library)))
        // The loader does not look in the working folder for a name without a slash; who opens a file does.
        let path = "jask-\(UUID().uuidString).so"
        try Data(bytes).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let hash = try ModelFile.hash(of: bytes)
        let found = error { _ = try LiteRTEngine(library: path, sha256: hash) }
        #expect(found == LiteRTError(.missingFunction(name: "LiteRtCreateEnvironment"), path: path))
    }

    @Test func whatOpenSSLCannotHashOrMemoryCannotHoldSaysWhatToDo() {
        let problems: [LiteRTError.Problem] = [
            .file(.hashUnavailable), .outOfMemory, .wrongAnswer(output: 0, index: 1, expected: 2, found: 3),
            .notLoaded(reason: "no libstdc++"), .wrongShape(expected: [1], found: [2]),
        ]
        for problem in problems {
            let parts = LiteRTError(problem).description.split(separator: ";")
            #expect(parts.count >= 2 && parts.allSatisfy { $0.count > 10 }, "\(parts)")
        }
    }
}

/// What needs the released library.
@Suite(.enabled(if: LiteRTEngineTests.isThere, LiteRTEngineTests.absence))
struct ReleasedLiteRTTests {
    private static let folder = ModelFile.defaultFolder(environment: ProcessInfo.processInfo.environment) ?? ""
    private static let engine = Result { () throws(LiteRTError) in
        try LiteRTEngine(library: folder + "/" + LiteRTEngine.fileName)
    }
    private static let name = "palm_detection_lite.tflite"
    private static let hash = "e9a4aaddf90dda56a87235303cf00e4c2d3fb28725f68fd88772997dac905c18"

    private func graph() throws -> LiteRTGraph {
        try LiteRTGraph(engine: Self.engine.get(), path: Self.folder + "/" + Self.name, sha256: Self.hash)
    }

    /// Scores of a picture in which every number is a little different from run to run.
    private func scores(_ model: LiteRTModel, seed: Int) throws -> [Float] {
        let input = model.inputs[0]
        for index in input.indices { input[index] = Float((index &* (7_919 + seed)) % 256) / 255 }
        try model.run()
        return Array(model.outputs[1])
    }

    @Test func theLibraryCanBeOpenedTwice() throws {
        _ = try LiteRTEngine(library: Self.folder + "/" + LiteRTEngine.fileName)
        #expect(try scores(graph().makeModel(), seed: 0).count == 2_016)
    }

    @Test func tensorsAreWhereTheEngineWantsThem() throws {
        let model = try graph().makeModel()
        #expect(model.inputs.map(\.count) == [192 * 192 * 3])
        #expect(model.outputs.map(\.count) == [2_016 * 18, 2_016])
        for start in model.inputs.map({ UInt(bitPattern: $0.baseAddress) }) { #expect(start % 64 == 0) }
    }

    @Test func aModelOfAnotherHashIsNotParsed() throws {
        let found = #expect(throws: LiteRTError.self) {
            _ = try LiteRTGraph(
                engine: Self.engine.get(), path: Self.folder + "/" + Self.name,
                sha256: String(repeating: "0", count: 64))
        }
        #expect(found?.path == Self.folder + "/" + Self.name)
        #expect(found?.description.contains(Self.hash) == true)
    }

    @Test(arguments: [0, 7, 4_096])
    func whatIsNoModelIsRefusedByName(length: Int) throws {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        try Data(bytes).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let found = #expect(throws: LiteRTError.self) {
            _ = try LiteRTGraph(engine: Self.engine.get(), path: path, sha256: ModelFile.hash(of: bytes)).makeModel()
        }
        guard case .refused = found?.problem else { return #expect(Bool(false), "\(found as Any)") }
        #expect(found?.path == path)
    }

    @Test func modelsOfOneGraphAnswerTheSameOneAfterTheOtherAndAtOnce() async throws {
        let graph = try graph()
        let alone = try (0..<6).map { try scores(graph.makeModel(), seed: $0) }
        let together = try await withThrowingTaskGroup(of: (Int, [Float]).self) { group in
            for seed in 0..<6 {
                group.addTask {
                    let model = try graph.makeModel()
                    var found: [Float] = []
                    for _ in 0..<4 { found = try scores(model, seed: seed) }
                    return (seed, found)
                }
            }
            return try await group.reduce(into: [Int: [Float]]()) { $0[$1.0] = $1.1 }
        }
        for (seed, expected) in alone.enumerated() { #expect(together[seed] == expected) }
        #expect(Set(alone).count == 6)
    }

    @Test func aModelOutlivesWhatHoldsItsGraphAndEngine() throws {
        let model: LiteRTModel = try {
            let engine = try LiteRTEngine(library: Self.folder + "/" + LiteRTEngine.fileName)
            return try LiteRTGraph(engine: engine, path: Self.folder + "/" + Self.name, sha256: Self.hash).makeModel()
        }()
        #expect(try scores(model, seed: 1).count == 2_016)
    }

    /// Kilobytes of memory of this process that no other has.
    private func memory() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/smaps_rollup", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("Pss:") })
        return try #require(line.split(separator: " ").compactMap { Int($0) }.first)
    }

    /// Sanitizers keep what is freed for a while.
    private static let isInstrumented = (["__asan_init", "__tsan_init"] as [String]).contains { dlsym(nil, $0) != nil }

    @Test(.disabled(if: isInstrumented, "a sanitizer keeps what is freed"))
    func memoryStaysFlatOverThirtyGraphsAndModels() throws {
        for _ in 0..<5 { _ = try scores(graph().makeModel(), seed: 0) }
        let before = try memory()
        for _ in 0..<30 { _ = try scores(graph().makeModel(), seed: 0) }
        let grown = try memory() - before
        // One model that stays costs 2 MB for its file alone, and as much again for what is made of it.
        #expect(grown < 20_000, "grown by \(grown) kB")
        print("30 palm models made and freed: memory grew by \(grown) kB")
    }
}
