/// The samples of a 16-bit mono PCM WAV file.
public struct WaveFile: Sendable {
    /// Samples a second.
    public let sampleRate: Int
    public let samples: [Int16]

    /// Why a file was not read.
    public enum ParseError: Error, Hashable, Sendable, CustomStringConvertible {
        case notWave
        /// A chunk says it is longer than the file; its offset in bytes.
        case truncated(offset: Int)
        case missingChunk(String)
        /// Only 16-bit mono PCM is read; what the file has instead.
        case unsupported(format: Int, channels: Int, bits: Int)

        public var description: String {
            switch self {
            case .notWave: "this is no RIFF/WAVE file"
            case .truncated(let offset): "the chunk at byte \(offset) is longer than the file"
            case .missingChunk(let name): "the file has no '\(name)' chunk"
            case .unsupported(let format, let channels, let bits):
                "format \(format) with \(channels) channels of \(bits) bits: only 16-bit mono PCM is read"
            }
        }
    }

    /// - Parameter samples: one channel's, `sampleRate` of them a second.
    public init(sampleRate: Int, samples: [Int16]) {
        (self.sampleRate, self.samples) = (sampleRate, samples)
    }

    /// Parses a whole file.
    public init(parsing bytes: [UInt8]) throws(ParseError) {
        guard bytes.count >= 12, bytes[0..<4].elementsEqual("RIFF".utf8), bytes[8..<12].elementsEqual("WAVE".utf8)
        else { throw .notWave }
        var format: ArraySlice<UInt8>?
        var data: ArraySlice<UInt8>?
        var offset = 12
        while offset + 8 <= bytes.count {
            let size = Int(Self.integer(bytes[(offset + 4)..<(offset + 8)]))
            let start = offset + 8
            guard size <= bytes.count - start else { throw .truncated(offset: offset) }
            let body = bytes[start..<(start + size)]
            if bytes[offset..<(offset + 4)].elementsEqual("fmt ".utf8) { format = body }
            if bytes[offset..<(offset + 4)].elementsEqual("data".utf8) { data = body }
            offset = start + size + size % 2
        }
        guard let format, format.count >= 16 else { throw .missingChunk("fmt ") }
        guard let data else { throw .missingChunk("data") }
        let field = { (at: Int, count: Int) in
            Int(Self.integer(format[(format.startIndex + at)..<(format.startIndex + at + count)]))
        }
        guard field(0, 2) == 1, field(2, 2) == 1, field(14, 2) == 16 else {
            throw .unsupported(format: field(0, 2), channels: field(2, 2), bits: field(14, 2))
        }
        sampleRate = field(4, 4)
        samples = stride(from: data.startIndex, to: data.endIndex - 1, by: 2).map { index in
            Int16(bitPattern: UInt16(data[index]) | UInt16(data[index + 1]) << 8)
        }
    }

    private static func integer(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
}
