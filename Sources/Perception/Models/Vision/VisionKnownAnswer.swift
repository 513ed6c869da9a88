import Inference

extension VisionModelFile {
    /// Lets a model answer a known picture.
    /// - Throws: `wrongShape`, or `wrongAnswer` with the first number that differs.
    func check(_ graph: LiteRTGraph) throws(LiteRTError) {
        let model = try graph.makeModel()
        let (inputs, outputs) = (model.inputs, model.outputs)
        let found = inputs.map(\.count) + outputs.map(\.count)
        guard found == sizes else { throw LiteRTError(.wrongShape(expected: sizes, found: found), path: graph.path) }
        for index in inputs[0].indices { inputs[0][index] = Self.known(index, side: crop.side) }
        try model.run()
        for (output, expected) in knownAnswers.enumerated() {
            let numbers = outputs[output]
            let tolerance = Self.tolerance * max(1, expected.map(abs).max() ?? 0)
            for (index, expected) in expected.enumerated() {
                let found = numbers[numbers.count * index / Self.parts]
                guard abs(found - expected) <= tolerance else {
                    throw LiteRTError(
                        .wrongAnswer(output: output, index: index, expected: expected, found: found), path: graph.path)
                }
            }
        }
    }

    /// Numbers of each output, by Python's ai_edge_litert 2.3.0: at the start and after each quarter; all of short ones.
    private var knownAnswers: [[Float]] {
        switch self {
        case .faceNear:
            [[0.298269, 1.43686, 0.164471, -1.2056], [-5.36184, -5.72102, -5.48067, -2.70585]]
        case .faceFar:
            [[-4.38637, -7.27871, -7.02444, -6.78882], [-7.68633, -13.9076, -14.7373, -13.1729]]
        case .facePresence:
            [[111.087, 58.7262, 37.7006, 117.473], [-11.813]]
        case .palm:
            [[3.35061, -0.426218, -4.78533, 1.98621], [-8.75986, -5.89901, -5.34809, -9.14732]]
        case .hand:
            [
                [110.314, 118.73, 81.3244, -3.3911], [0.00260239], [0.344052],
                [-0.00405882, -0.00133309, -0.0138876, 0.00410204],
            ]
        case .handFull:
            [
                [127.527, 116.195, 78.3231, -4.17012], [0.000339511], [0.866914],
                [0.0176617, -0.00437067, -0.0586262, 0.0141109],
            ]
        }
    }

    /// How far a number may be from the reference, as a share of the largest of its output: processors add in different
    /// orders.
    private static let tolerance: Float = 2e-3

    private static let parts = 4

    /// Number `index` of the known picture: waves of three colours, by whole numbers alone.
    private static func known(_ index: Int, side: Int) -> Float {
        let (pixel, colour) = (index / 3, index % 3)
        let (x, y) = (pixel % side, pixel / side)
        let wave = (x * (colour + 1) * 512 / side + y * 256 / side) % 512
        return Float(min(wave, 511 - wave)) / 255
    }
}
