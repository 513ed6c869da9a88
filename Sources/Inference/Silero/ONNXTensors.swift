/// The named weight tensors (initialisers) of an ONNX file, found by a bounded walk of its protobuf fields.
///
/// Only what holds weights is looked at: `ModelProto.graph` (7), `GraphProto.initializer` (5), and of each `TensorProto`
/// its dims (1), data type (2), name (8) and raw data (9). The graph's nodes are passed over: the network's form is known.
struct ONNXTensors {
    struct Tensor: Hashable {
        var dimensions: [Int] = []
        var isFloat32 = false
        /// Where the raw little-endian numbers lie in the file.
        var data: Range<Int> = 0..<0
    }

    private let bytes: [UInt8]
    private(set) var tensors: [String: Tensor] = [:]

    /// The most initialisers that are looked at; the released model has 15.
    static let limit = 1_000

    /// - Throws: `truncated` or `malformed` with the offset of the field.
    init(parsing bytes: [UInt8]) throws(SileroModelError) {
        self.bytes = bytes
        var model = ProtobufFields(bytes, in: 0..<bytes.count)
        while let field = try model.next() {
            guard field.number == 7, case .bytes(let graphRange) = field.value else { continue }
            var graph = ProtobufFields(bytes, in: graphRange)
            while let field = try graph.next() {
                guard field.number == 5, case .bytes(let range) = field.value else { continue }
                guard tensors.count < Self.limit else { throw SileroModelError(.malformed(offset: range.lowerBound)) }
                let (name, tensor) = try Self.tensor(bytes, in: range)
                tensors[name] = tensor
            }
        }
    }

    private static func tensor(_ bytes: [UInt8], in range: Range<Int>) throws(SileroModelError) -> (String, Tensor) {
        var name = ""
        var tensor = Tensor()
        var fields = ProtobufFields(bytes, in: range)
        while let field = try fields.next() {
            switch (field.number, field.value) {
            case (1, .varint(let size)):
                guard let size = Int32(exactly: size), size >= 0, tensor.dimensions.count < 8 else {
                    throw SileroModelError(.malformed(offset: field.offset))
                }
                tensor.dimensions.append(Int(size))
            case (1, .bytes(let packed)):
                var sizes = ProtobufFields(bytes, in: packed)
                while let size = try sizes.nextVarint() {
                    guard let size = Int32(exactly: size), size >= 0, tensor.dimensions.count < 8 else {
                        throw SileroModelError(.malformed(offset: field.offset))
                    }
                    tensor.dimensions.append(Int(size))
                }
            case (2, .varint(let type)): tensor.isFloat32 = type == 1
            case (8, .bytes(let text)): name = String(decoding: bytes[text], as: UTF8.self)
            case (9, .bytes(let data)): tensor.data = data
            default: continue
            }
        }
        return (name, tensor)
    }

    /// The numbers of one tensor, copied: their offsets in the file need not be aligned.
    /// - Throws: `missingTensor`, `wrongShape`, `wrongData`, `notFinite`.
    func floats(_ name: String, shape: [Int]) throws(SileroModelError) -> [Float] {
        guard let tensor = tensors[name] else { throw SileroModelError(.missingTensor(name: name)) }
        guard tensor.dimensions == shape else {
            throw SileroModelError(.wrongShape(name: name, expected: shape, found: tensor.dimensions))
        }
        let count = shape.reduce(1, *)
        let found = tensor.isFloat32 ? tensor.data.count : 0
        guard found == count * 4 else {
            throw SileroModelError(.wrongData(name: name, expectedBytes: count * 4, foundBytes: found))
        }
        let numbers = bytes.withUnsafeBytes { raw in
            (0..<count).map { index in
                let pattern = raw.loadUnaligned(fromByteOffset: tensor.data.lowerBound + index * 4, as: UInt32.self)
                return Float(bitPattern: UInt32(littleEndian: pattern))
            }
        }
        guard numbers.allSatisfy(\.isFinite) else { throw SileroModelError(.notFinite(name: name)) }
        return numbers
    }
}

/// A cursor over the fields of one protobuf message; never reads outside its range.
struct ProtobufFields {
    enum Value: Hashable {
        case varint(UInt64)
        case fixed
        case bytes(Range<Int>)
    }

    struct Field: Hashable {
        var number: UInt64
        var value: Value
        var offset: Int
    }

    private let bytes: [UInt8]
    private var position: Int
    private let end: Int

    /// - Parameter range: lies within `bytes`.
    init(_ bytes: [UInt8], in range: Range<Int>) {
        self.bytes = bytes
        let inside = range.clamped(to: 0..<bytes.count)
        position = inside.lowerBound
        end = inside.upperBound
    }

    /// The next field, or nil at the end of the message.
    mutating func next() throws(SileroModelError) -> Field? {
        let offset = position
        guard let key = try nextVarint() else { return nil }
        guard key >> 3 != 0 else { throw SileroModelError(.malformed(offset: offset)) }
        switch key & 7 {
        case 0:
            guard let value = try nextVarint() else { throw SileroModelError(.truncated(offset: offset)) }
            return Field(number: key >> 3, value: .varint(value), offset: offset)
        case 1, 5:
            let size = key & 7 == 1 ? 8 : 4
            guard end - position >= size else { throw SileroModelError(.truncated(offset: offset)) }
            position += size
            return Field(number: key >> 3, value: .fixed, offset: offset)
        case 2:
            guard let length = try nextVarint(), length <= UInt64(end - position) else {
                throw SileroModelError(.truncated(offset: offset))
            }
            let range = position..<(position + Int(length))
            position = range.upperBound
            return Field(number: key >> 3, value: .bytes(range), offset: offset)
        default:
            throw SileroModelError(.malformed(offset: offset))
        }
    }

    /// The next variable-length number, or nil at the end of the message.
    mutating func nextVarint() throws(SileroModelError) -> UInt64? {
        guard position < end else { return nil }
        let offset = position
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard position < end else { throw SileroModelError(.truncated(offset: offset)) }
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        throw SileroModelError(.malformed(offset: offset))
    }
}
