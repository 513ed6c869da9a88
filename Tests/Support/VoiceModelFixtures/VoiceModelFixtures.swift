import Foundation
import Inference
import SansIO

/// The released model, where `scripts/fetch-models` has put it.
public enum ReleasedModel {
    public static let path = SileroModel.defaultPath(environment: ProcessInfo.processInfo.environment)
    public static let isThere = path.map { FileManager.default.fileExists(atPath: $0) } ?? false
    public static let absence = "the voice model is not at \(path ?? "any known place"): run scripts/fetch-models"

    public static let loaded = Result { () throws(SileroModelError) in try SileroModel.load(path: path ?? "") }
    public static var model: SileroModel { get throws { try loaded.get() } }
}

public enum Fixtures {
    public static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures")

    public struct Reference: Decodable {
        public var utterances: [[Double]]
        public var speech: [Float]
        public var buzz: [Float]
    }

    public static func reference() throws -> Reference {
        let data = try Data(contentsOf: folder.appendingPathComponent("speech.probabilities.json"))
        return try JSONDecoder().decode(Reference.self, from: data)
    }

    /// The samples of speech.wav: 16 kHz, mono, after a header of 44 bytes.
    public static func speech() throws -> [Int16] {
        let data = try Data(contentsOf: folder.appendingPathComponent("speech.wav"))
        return data.withUnsafeBytes { bytes in
            stride(from: 44, to: bytes.count - 1, by: 2).map {
                Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: Int16.self))
            }
        }
    }
}

/// A network of the released one's form with random weights, as numbers and as an ONNX file.
public struct RandomModel {
    public var tensors: [(name: String, shape: [Int], numbers: [Float])] = []

    public init(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        tensors.append(("model.stft.forward_basis_buffer", [258, 1, 256], Self.basis()))
        for (layer, shape) in [[128, 129, 3], [64, 128, 3], [64, 64, 3], [128, 64, 3]].enumerated() {
            let name = "model.encoder.\(layer).reparam_conv"
            add(name + ".weight", shape, scale: 2 / Float(shape[1] * 3).squareRoot(), &random)
            add(name + ".bias", [shape[0]], scale: 0.1, &random)
        }
        for suffix in ["ih", "hh"] {
            add("model.decoder.rnn.weight_" + suffix, [512, 128], scale: 0.2, &random)
            add("model.decoder.rnn.bias_" + suffix, [512], scale: 0.1, &random)
        }
        add("model.decoder.decoder.2.weight", [1, 128, 1], scale: 0.5, &random)
        add("model.decoder.decoder.2.bias", [1], scale: 0.1, &random)
    }

    private mutating func add(_ name: String, _ shape: [Int], scale: Float, _ random: inout SplitMix64) {
        tensors.append(
            (name, shape, (0..<shape.reduce(1, *)).map { _ in Float.random(in: -scale...scale, using: &random) }))
    }

    private static func basis() -> [Float] {
        var basis: [Float] = []
        for row in 0..<258 {
            for n in 0..<256 {
                let turn = 2 * Double.pi / 256
                let window = 0.5 - 0.5 * cos(Double(n) * turn)
                let phase = Double(row % 129) * Double(n) * turn
                basis.append(Float(window * (row < 129 ? cos(phase) : -sin(phase))))
            }
        }
        return basis
    }

    public subscript(_ name: String) -> [Float] {
        get { tensors.first { $0.name == name }?.numbers ?? [] }
        set {
            for index in tensors.indices where tensors[index].name == name { tensors[index].numbers = newValue }
        }
    }

    public var onnx: [UInt8] { ONNXWriter.file(tensors) }
}

/// Writes the few ONNX fields that hold weights.
public enum ONNXWriter {
    public static func file(_ tensors: [(name: String, shape: [Int], numbers: [Float])]) -> [UInt8] {
        var graph = field(2, Array("graph".utf8))
        for tensor in tensors {
            var message: [UInt8] = []
            for size in tensor.shape { message += varint(1 << 3) + varint(UInt64(size)) }
            message += varint(2 << 3) + varint(1) + field(8, Array(tensor.name.utf8))
            let data = tensor.numbers.flatMap { number in
                withUnsafeBytes(of: number.bitPattern.littleEndian) { Array($0) }
            }
            graph += field(5, message + field(9, data))
        }
        return varint(1 << 3) + varint(8) + field(7, graph)
    }

    public static func field(_ number: UInt64, _ bytes: [UInt8]) -> [UInt8] {
        varint(number << 3 | 2) + varint(UInt64(bytes.count)) + bytes
    }

    public static func varint(_ value: UInt64) -> [UInt8] {
        var value = value
        var bytes: [UInt8] = []
        while value >= 0x80 {
            bytes.append(UInt8(value & 0x7F) | 0x80)
            value >>= 7
        }
        return bytes + [UInt8(value)]
    }
}
