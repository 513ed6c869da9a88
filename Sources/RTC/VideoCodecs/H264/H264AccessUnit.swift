import RTCMedia

/// The NAL units of an access unit in Annex B form (H.264, annex B): where each lies, without start codes.
struct H264AccessUnit {
    enum Kind {
        static let slice: UInt8 = 1
        static let keySlice: UInt8 = 5
        static let sequenceParameters: UInt8 = 7
        static let pictureParameters: UInt8 = 8
        static let subsetSequenceParameters: UInt8 = 15
    }

    private let bytes: UnsafeRawBufferPointer

    /// - Parameter bytes: they must begin with a start code.
    init(_ bytes: UnsafeRawBufferPointer) throws(VideoHeaderError) {
        guard bytes.count > 3 else { throw .truncated }
        let isShort = bytes[0] == 0 && bytes[1] == 0 && bytes[2] == 1
        guard isShort || (bytes[0] == 0 && bytes[1] == 0 && bytes[2] == 0 && bytes[3] == 1) else { throw .wrongMarker }
        self.bytes = bytes
    }

    /// Calls `body` with each unit that is not empty: its kind, and where it lies, from the header byte on.
    func forEachUnit(
        _ body: (UInt8, Range<Int>) throws(VideoDecodingError) -> Void
    ) throws(VideoDecodingError) {
        var start = startCode(from: 0)
        while let begin = start {
            let next = startCode(from: begin)
            let end = next.map { $0 - 3 } ?? bytes.count
            if begin < end { try body(bytes[begin] & 0x1F, begin..<end) }
            start = next
        }
    }

    /// What stands behind the next start code (00 00 01).
    private func startCode(from position: Int) -> Int? {
        var at = position
        while at + 2 < bytes.count {
            if bytes[at + 2] > 1 {
                at += 3
            } else if bytes[at] == 0, bytes[at + 1] == 0, bytes[at + 2] == 1 {
                return at + 3
            } else {
                at += 1
            }
        }
        return nil
    }
}
