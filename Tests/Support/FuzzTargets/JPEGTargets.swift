import NIOCore
import Pictures
import RTCMedia
import RTCVideoCodecs

extension FuzzTarget {
    /// RTP payloads of JPEG pictures of one source: put together, and what becomes a file made to payloads again.
    static let jpegPayload = FuzzTarget(
        name: "jpeg-payload",
        recordings: { _ in
            JPEGSamples.files.compactMap { file in
                (try? JPEGPacketiser.payloads(of: file, mostBytes: 200)).map { payloads in
                    MessageSequence.join(payloads.map { [UInt8](buffer: $0) })
                }
            } + [JPEGSamples.cachedTables]
        },
        run: { input in
            var depacketiser = JPEGDepacketiser()
            var payloads: [ByteBuffer] = []
            for message in MessageSequence.split(input) {
                // What begins a picture ends the one before.
                if message.count > 4, message.dropFirst().prefix(3).allSatisfy({ $0 == 0 }) {
                    try JPEGSamples.check(payloads, with: &depacketiser)
                    payloads = []
                }
                payloads.append(ByteBuffer(bytes: message))
            }
            try JPEGSamples.check(payloads, with: &depacketiser)
        })

    /// JPEG files: their headers read, and what RTP can carry carried there and back.
    static let jpegFile = FuzzTarget(
        name: "jpeg-file",
        recordings: { _ in JPEGSamples.files.map { [UInt8](buffer: $0) } },
        run: { input in
            let file = ByteBuffer(bytes: input)
            guard let payloads = try? JPEGPacketiser.payloads(of: file, mostBytes: 300) else { return }
            var depacketiser = JPEGDepacketiser()
            var again = ByteBuffer()
            let size = try depacketiser.assemble(payloads, into: &again)
            let (before, after) = (try JPEGFile(parsing: file), try JPEGFile(parsing: again))
            guard after.size == size, (size.width + 7) / 8 == (before.size.width + 7) / 8,
                (size.height + 7) / 8 == (before.size.height + 7) / 8
            else { throw FuzzFailure("a picture of \(before.size) became one of \(size)") }
            try JPEGSamples.checkSame(before, file, after, again)
        })
}

/// Files and payloads to start from.
private enum JPEGSamples {
    static let files: [ByteBuffer] = {
        let pool = PicturePool()
        let encodings = [JPEGEncoding.Sampling.yuv420, .yuv422, .yuv444].flatMap { sampling in
            [0, 2].flatMap { interval in [40, 100].map { (sampling, interval, $0) } }
        }
        return encodings.compactMap { sampling, interval, quality in
            var encoding = JPEGEncoding()
            (encoding.sampling, encoding.restartInterval, encoding.quality) = (sampling, interval, quality)
            let picture = try? pool.makePicture(width: 40, height: 24, range: .full) { planes in
                for at in 0..<40 * 24 { planes.y[at] = UInt8(truncatingIfNeeded: at &* 37 >> 2) }
                for at in 0..<20 * 12 { (planes.u[at], planes.v[at]) = (UInt8(at & 255), UInt8(~at & 255)) }
            }
            guard let picture, let encoder = try? VideoEncoder(.jpeg(encoding)) else { return nil }
            return try? encoder.encode(picture, timestamp: 0)?.data
        }
    }()

    /// Two pictures of 8×8: the tables of the second came with the first.
    static let cachedTables: [UInt8] = {
        let head: [UInt8] = [0, 0, 0, 0, 1, 200, 1, 1]
        let tables = [UInt8](repeating: 9, count: 128)
        return MessageSequence.join([head + [0, 0, 0, 128] + tables + [1, 2], head + [0, 0, 0, 0, 3, 4]])
    }()

    /// What is put together is a file with the payloads' own headers, and survives another way through RTP.
    static func check(_ payloads: [ByteBuffer], with depacketiser: inout JPEGDepacketiser) throws {
        var file = ByteBuffer()
        guard let size = try? depacketiser.assemble(payloads, into: &file) else { return }
        let header: JPEGFile
        do { header = try JPEGFile(parsing: file) } catch { throw FuzzFailure("not a file: \(error)") }
        guard header.size == size else { throw FuzzFailure("\(header.size) instead of \(size)") }
        guard let payloads = try? JPEGPacketiser.payloads(of: file, mostBytes: 500) else { return }
        var other = JPEGDepacketiser()
        var again = ByteBuffer()
        guard try other.assemble(payloads, into: &again) == size else { throw FuzzFailure("the size changes") }
        try checkSame(header, file, try JPEGFile(parsing: again), again)
    }

    static func checkSame(_ one: JPEGFile, _ bytes: ByteBuffer, _ other: JPEGFile, _ otherBytes: ByteBuffer) throws {
        guard bytes.scan(of: one) == otherBytes.scan(of: other) else { throw FuzzFailure("the scan changes") }
        guard one.restartInterval == other.restartInterval else { throw FuzzFailure("the interval changes") }
        let tables = [one, other].map { file in file.components.map { file.quantisation[$0.quantisation]?.values } }
        guard tables[0] == tables[1] else { throw FuzzFailure("the tables change") }
    }
}

extension ByteBuffer {
    fileprivate func scan(of file: JPEGFile) -> ByteBufferView? {
        viewBytes(at: readerIndex + file.scan.lowerBound, length: file.scan.count)
    }
}
