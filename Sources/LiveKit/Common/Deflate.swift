import CZlib
import NIOCore

/// Why compressed bytes could not be expanded.
public enum InflateError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The bytes are not a deflate stream (RFC 1951), or not a gzip file (RFC 1952).
    case corrupt
    /// The stream ends before its last block does.
    case truncated
    /// Bytes follow the end of the stream.
    case trailingBytes(Int)
    /// The expanded size is above the limit, in bytes.
    case tooLarge(limit: Int)
    /// There was no memory for the decompressor.
    case noMemory

    public var description: String {
        switch self {
        case .corrupt: "the compressed bytes are corrupt"
        case .truncated: "the compressed bytes end too early"
        case .trailingBytes(let count): "\(count) bytes follow the end of the compressed bytes"
        case .tooLarge(let limit): "the bytes expand to more than \(limit) bytes"
        case .noMemory: "no memory to decompress"
        }
    }
}

/// Compression and bounded decompression of whole messages.
package enum Deflate {
    package enum Format: Sendable {
        /// RFC 1951, as data streams use it.
        case raw
        /// RFC 1952, as join requests use it.
        case gzip

        fileprivate var code: jask_zlib_format { self == .raw ? JASK_DEFLATE_RAW : JASK_GZIP }
    }

    /// Bytes that one compressed byte stands for at most: a code of two bits for 258 bytes.
    static let largestRatio = 1032

    /// Expands `bytes`, never holding more than `limit` bytes of output.
    package static func inflate(_ bytes: ByteBuffer, format: Format, limit: Int) throws(InflateError) -> ByteBuffer {
        guard let inflater = jask_inflater_new(format.code) else { throw .noMemory }
        defer { jask_inflater_free(inflater) }
        var input = bytes
        // Output grows with what is really produced, so that a declared size never allocates by itself.
        var output = ByteBuffer()
        while true {
            let room = min(64 * 1024, limit - output.readableBytes + 1)
            var status = JASK_ZLIB_CORRUPT
            var consumed = 0
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
                var produced = 0
                input.withUnsafeReadableBytes { source in
                    status = jask_inflater_run(
                        inflater, source.bindMemory(to: UInt8.self).baseAddress, source.count, &consumed,
                        target.bindMemory(to: UInt8.self).baseAddress, min(room, target.count), &produced)
                }
                return produced
            }
            input.moveReaderIndex(forwardBy: consumed)
            if output.readableBytes > limit { throw .tooLarge(limit: limit) }
            switch status {
            case JASK_ZLIB_DONE:
                guard input.readableBytes == 0 else { throw .trailingBytes(input.readableBytes) }
                return output
            case JASK_ZLIB_OUTPUT_FULL: continue
            case JASK_ZLIB_INPUT_ENDED: throw .truncated
            case JASK_ZLIB_NO_MEMORY: throw .noMemory
            default: throw .corrupt
            }
        }
    }

    /// Compresses `bytes`; `nil` when there is no memory or the input is 4 GiB or more.
    package static func deflate(_ bytes: ByteBuffer, format: Format) -> ByteBuffer? {
        let bound = jask_deflate_bound(format.code, bytes.readableBytes)
        var output = ByteBuffer()
        var status = JASK_ZLIB_CORRUPT
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) { target in
            var produced = 0
            bytes.withUnsafeReadableBytes { source in
                status = jask_deflate(
                    format.code, source.bindMemory(to: UInt8.self).baseAddress, source.count,
                    target.bindMemory(to: UInt8.self).baseAddress, min(bound, target.count), &produced)
            }
            return produced
        }
        return status == JASK_ZLIB_DONE ? output : nil
    }
}
