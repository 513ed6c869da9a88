/// Why a voice model cannot be used, with the file it came from and the way to a good one.
public struct SileroModelError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong with the model.
    public enum Problem: Hashable, Sendable {
        /// The file cannot be opened or read; the system's own words.
        case unreadable(reason: String)
        /// The file is larger than any voice model.
        case tooLarge(limit: Int)
        /// The SHA-256 of the file is not that of the release.
        case wrongHash(expected: String, found: String)
        /// OpenSSL computes no SHA-256 here, so the file cannot be told from another.
        case hashUnavailable
        /// A field begins at or reaches past the end of what holds it.
        case truncated(offset: Int)
        /// A field has a key, wire type or number that ONNX does not have there.
        case malformed(offset: Int)
        case missingTensor(name: String)
        case wrongShape(name: String, expected: [Int], found: [Int])
        /// The tensor's numbers are not stored as raw 32-bit floats of the right count.
        case wrongData(name: String, expectedBytes: Int, foundBytes: Int)
        /// A weight is infinite or not a number.
        case notFinite(name: String)
        /// The first layer is not a windowed Fourier transform, so it cannot be computed as one.
        case notFourierBasis(row: Int, column: Int)
        /// The model runs, and gives other probabilities than the release.
        case wrongAnswer(chunk: Int, expected: Float, found: Float)
    }

    public var problem: Problem
    /// The file, where there is one.
    public var path: String?

    public init(_ problem: Problem, path: String? = nil) {
        self.problem = problem
        self.path = path
    }

    public var description: String {
        let subject = path.map { "voice model \($0)" } ?? "voice model"
        return "\(subject) \(complaint); get it with scripts/fetch-models"
    }

    private var complaint: String {
        switch problem {
        case .unreadable(let reason):
            "cannot be read (\(reason))"
        case .tooLarge(let limit):
            "is larger than \(limit) bytes, so it is another file"
        case .wrongHash(let expected, let found):
            "has SHA-256 \(found), expected \(expected)"
        case .hashUnavailable:
            "cannot be checked: OpenSSL computes no SHA-256 on this machine"
        case .truncated(let offset):
            "ends in the middle of a field that begins at byte \(offset)"
        case .malformed(let offset):
            "is not an ONNX file (byte \(offset))"
        case .missingTensor(let name):
            "has no tensor \(name)"
        case .wrongShape(let name, let expected, let found):
            "has a tensor \(name) of shape \(found), expected \(expected)"
        case .wrongData(let name, let expectedBytes, let foundBytes):
            "has \(foundBytes) bytes of 32-bit floats in tensor \(name), expected \(expectedBytes)"
        case .notFinite(let name):
            "has a weight in tensor \(name) that is not finite"
        case .notFourierBasis(let row, let column):
            "has a first layer that is not a windowed Fourier transform (row \(row), column \(column))"
        case .wrongAnswer(let chunk, let expected, let found):
            "gives \(found) for chunk \(chunk) of the known sound, expected \(expected)"
        }
    }
}
