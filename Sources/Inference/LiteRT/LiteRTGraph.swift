import CLiteRT

/// A model as it was read: what each ``LiteRTModel`` made of it shares, its packed weights included.
///
/// May be used by any thread.
public final class LiteRTGraph: @unchecked Sendable {
    private let engine: LiteRTEngine
    private let pointer: OpaquePointer
    private let bytes: UnsafeMutableRawBufferPointer
    /// The file that it came from.
    public let path: String

    /// Reads a model whose hash is right.
    public init(engine: LiteRTEngine, path: String, sha256: String) throws(LiteRTError) {
        let contents: [UInt8]
        do throws(ModelFile.Failure) {
            contents = try ModelFile.contents(of: path, limit: LiteRTEngine.largestFile, sha256: sha256)
        } catch {
            throw LiteRTError(.file(error), path: path)
        }
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: contents.count, alignment: 64)
        bytes.copyBytes(from: contents)
        do throws(LiteRTError) {
            pointer = try engine.exclusively { environment throws(LiteRTError) in
                var failure = jask_litert_failure()
                let made = jask_litert_graph_new(environment, bytes.baseAddress, bytes.count, &failure)
                guard let made else { throw LiteRTError(failure).at(path) }
                return LiteRTEngine.Handle(pointer: made)
            }.pointer
        } catch {
            bytes.deallocate()
            throw error
        }
        (self.engine, self.bytes, self.path) = (engine, bytes, path)
    }

    deinit {
        let pointer = LiteRTEngine.Handle(pointer: pointer)
        try? engine.exclusively { _ in jask_litert_graph_free(pointer.pointer) }
        bytes.deallocate()
    }

    /// Makes a model ready to run: some milliseconds, fewer for all but the first.
    public func makeModel() throws(LiteRTError) -> LiteRTModel {
        let made = try engine.exclusively { _ throws(LiteRTError) in
            var failure = jask_litert_failure()
            let made = jask_litert_model_new(pointer, &failure)
            guard let made else { throw LiteRTError(failure).at(path) }
            return LiteRTEngine.Handle(pointer: made)
        }
        return LiteRTModel(pointer: made.pointer, graph: self)
    }

    func free(_ model: OpaquePointer) {
        let model = LiteRTEngine.Handle(pointer: model)
        try? engine.exclusively { _ in jask_litert_model_free(model.pointer) }
    }
}
