import CLiteRT

/// A model that is ready to run, with its tensors. One owner: not for two threads at once.
public final class LiteRTModel {
    private let pointer: OpaquePointer
    private let graph: LiteRTGraph

    init(pointer: OpaquePointer, graph: LiteRTGraph) {
        (self.pointer, self.graph) = (pointer, graph)
    }

    deinit { graph.free(pointer) }

    /// The tensors that it takes. They keep what is written until it is overwritten, and end with the model.
    public var inputs: [UnsafeMutableBufferPointer<Float>] {
        (0..<jask_litert_input_count(pointer)).map { index in
            var count = 0
            let start = jask_litert_input(pointer, index, &count)
            return UnsafeMutableBufferPointer(start: start, count: count)
        }
    }

    /// The tensors that it gives: of the last run, ending with the model.
    public var outputs: [UnsafeBufferPointer<Float>] {
        (0..<jask_litert_output_count(pointer)).map { index in
            var count = 0
            let start = jask_litert_output(pointer, index, &count)
            return UnsafeBufferPointer(start: start, count: count)
        }
    }

    /// Writes zeros over inputs and outputs.
    public func wipe() {
        for input in inputs { input.update(repeating: 0) }
        for output in outputs { UnsafeMutableBufferPointer(mutating: output).update(repeating: 0) }
    }

    /// Computes the outputs of the inputs.
    public func run() throws(LiteRTError) {
        let status = jask_litert_run(pointer)
        guard status == 0 else {
            throw LiteRTError(.refused(call: "RunCompiledModel", status: Int(status)), path: graph.path)
        }
    }
}
