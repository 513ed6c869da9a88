import NIOCore

/// The parameter sets that a stream has sent or described, by their ids. What is kept is bounded.
struct H264ParameterSets: Sendable {
    /// Bytes of one set that are kept; those of real streams have some ten.
    static let largestSet = 1024
    /// Picture parameter sets that are kept, of 256 that may be. Of sequence parameter sets all 32 are.
    static let mostPictureParameters = 64

    struct Sequence: Sendable {
        var id: UInt32
        var size: VideoSize
        var unit: ByteBuffer
    }

    struct Picture: Sendable {
        var id: UInt32
        var sequence: UInt32
        var unit: ByteBuffer
    }

    private var sequences: [Sequence] = []
    private var pictures: [Picture] = []

    /// - Parameter text: `sprop-parameter-sets` (RFC 6184 §8.1): units in base64, with commas between.
    init(described text: String) {
        for part in text.utf8.prefix(64 * 1024).split(separator: UInt8(ascii: ",")) {
            if let unit = Base64.decode(part) { _ = remember(unit) }
        }
    }

    /// The sets that a slice refers to.
    func find(pictureParameters id: UInt32) -> (Sequence, Picture)? {
        guard let picture = pictures.first(where: { $0.id == id }),
            let sequence = sequences.first(where: { $0.id == picture.sequence })
        else { return nil }
        return (sequence, picture)
    }

    /// Keeps a set in the place of the one with its id.
    /// - Parameter unit: with its header.
    /// - Returns: its id; `nil` for what is no set.
    mutating func remember(_ unit: ByteBuffer) -> UInt32? {
        guard unit.readableBytes <= Self.largestSet,
            let header = unit.getInteger(at: unit.readerIndex, as: UInt8.self)
        else { return nil }
        switch header & 0x1F {
        case H264UnitType.sequenceParameters: return rememberSequence(unit)
        case H264UnitType.pictureParameters: return rememberPicture(unit)
        default: return nil
        }
    }

    private mutating func rememberSequence(_ unit: ByteBuffer) -> UInt32? {
        // Nearly always it is the one that is known.
        if let known = sequences.first(where: { $0.unit == unit }) { return known.id }
        guard let header = try? H264SequenceHeader(parsing: H264SequenceHeader.payload(of: unit.readableBytesView))
        else { return nil }
        let set = Sequence(id: UInt32(header.id), size: header.size, unit: ByteBuffer(buffer: unit))
        if let place = sequences.firstIndex(where: { $0.id == set.id }) {
            sequences[place] = set
        } else {
            sequences.append(set)
        }
        return set.id
    }

    private mutating func rememberPicture(_ unit: ByteBuffer) -> UInt32? {
        if let known = pictures.first(where: { $0.unit == unit }) { return known.id }
        guard let (id, sequence) = Self.pictureIDs(H264SequenceHeader.payload(of: unit.readableBytesView)) else {
            return nil
        }
        let set = Picture(id: id, sequence: sequence, unit: ByteBuffer(buffer: unit))
        if let place = pictures.firstIndex(where: { $0.id == id }) {
            pictures[place] = set
        } else if pictures.count < Self.mostPictureParameters {
            pictures.append(set)
        } else {
            return nil
        }
        return id
    }

    /// The ids of a picture parameter set and of its sequence parameter set (H.264 §7.3.2.2).
    private static func pictureIDs(_ payload: [UInt8]) -> (UInt32, UInt32)? {
        payload.withUnsafeBytes { bytes in
            var reader = HeaderBits(bytes)
            guard let id = try? reader.golomb(), id < 256, let sequence = try? reader.golomb(), sequence < 32 else {
                return nil
            }
            return (UInt32(id), UInt32(sequence))
        }
    }
}

/// What is read of a slice's header (H.264 §7.3.3).
struct H264SliceHeader {
    var pictureParameters: UInt32

    /// - Parameter place: where its unit begins, in all of the buffer.
    init?(parsing data: ByteBuffer, at place: Int) {
        // Its first numbers are never so great that two bytes of them are zero: there is nothing to be kept out.
        guard let unit = data.getSlice(at: place + 1, length: min(16, data.writerIndex - place - 1)),
            let id = unit.withUnsafeReadableBytes({ Self.pictureParameters($0) }), id < 256
        else { return nil }
        pictureParameters = UInt32(id)
    }

    private static func pictureParameters(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var reader = HeaderBits(bytes)
        // The first macroblock, and the kind.
        guard (try? reader.golomb()) != nil, (try? reader.golomb()) != nil else { return nil }
        return try? reader.golomb()
    }
}
