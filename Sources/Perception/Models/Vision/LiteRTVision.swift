import Inference

/// The engine and the vision models of a process, read and checked once; every ``LiteRTVisionModels`` is made of these and
/// shares their weights. May be used by any thread.
public final class LiteRTVision: Sendable {
    private let graphs: [VisionModelFile: LiteRTGraph]

    /// Reads everything from the folder into which `scripts/fetch-models` puts it, each by its hash, and lets every model
    /// answer a known picture.
    ///
    /// Blocks for some tenths of a second: once at start, not on an event loop.
    /// - Throws: which file is wrong, how, and what to do.
    public init(folder: String) throws(LiteRTError) {
        let engine = try LiteRTEngine(library: folder + "/" + LiteRTEngine.fileName)
        var graphs: [VisionModelFile: LiteRTGraph] = [:]
        for file in VisionModelFile.allCases {
            let graph = try LiteRTGraph(engine: engine, path: folder + "/" + file.fileName, sha256: file.sha256)
            try file.check(graph)
            graphs[file] = graph
        }
        self.graphs = graphs
        // Of the models that answered nothing is left.
        LiteRTEngine.trim()
    }

    /// Models for one owner. Each is made when it is first asked for, or all at once (``LiteRTVisionModels/prepare()``).
    public func makeModels() -> LiteRTVisionModels { LiteRTVisionModels(self) }

    func makeModel(_ file: VisionModelFile) throws -> LiteRTModel {
        guard let graph = graphs[file] else { throw LiteRTError(.missingFunction(name: file.rawValue)) }
        return try graph.makeModel()
    }
}
