import NIOCore

/// RTP payloads of H.264 in packetization modes 0 and 1 (RFC 6184): single NAL units, STAP-A and FU-A, put together to
/// access units in Annex B form. A key frame gets the parameter sets that it needs where it comes without them.
public struct H264Depacketiser: VideoDepacketiser {
    private var sets: H264ParameterSets

    /// Start codes, and parameter sets that come from elsewhere.
    public static var overhead: Int { 256 }

    /// - Parameter parameterSets: the value of `sprop-parameter-sets` in the description, if it has one: what in it is
    ///   no parameter set is passed over.
    public init(parameterSets: String = "") {
        sets = H264ParameterSets(described: parameterSets)
    }

    public func inspect(_ payload: ByteBuffer, marker: Bool) throws(VideoPayloadError) -> VideoFragment {
        var summary = Summary()
        switch try H264Payload(parsing: payload) {
        case .single: summary.note(payload)
        case .aggregated:
            var units = H264Aggregation(payload)
            while let unit = try units.next() { summary.note(unit) }
            guard summary.start != nil else { throw .truncated(.aggregation) }
        case .fragment(let header, let isFirst, _): summary.note(header: header, isWhole: isFirst)
        }
        return VideoFragment(
            start: summary.start ?? .no, isEnd: marker, isKeyFrame: summary.isKeyFrame,
            isDiscardable: summary.isDiscardable)
    }

    /// Remembers the parameter sets in a payload of a frame that is given up: they may come only once.
    /// - Parameter left: how many units are still looked at.
    mutating func learn(from payload: ByteBuffer, left: inout Int) {
        guard left > 0, let kind = try? H264Payload(parsing: payload) else { return }
        switch kind {
        case .single:
            left -= 1
            _ = sets.remember(payload)
        case .aggregated:
            var units = H264Aggregation(payload)
            while left > 0, let unit = (try? units.next()) ?? nil {
                left -= 1
                _ = sets.remember(unit)
            }
        // One that comes in fragments is no set of a usual size.
        case .fragment: break
        }
    }

    /// What the units of a payload say together.
    private struct Summary {
        var start: VideoFragment.Start?
        var isKeyFrame = false
        private var hasSlice = false
        private var isReferredTo = false

        /// A picture's slices agree on it (H.264 §7.4.1).
        var isDiscardable: Bool { hasSlice && !isReferredTo }

        mutating func note(_ unit: ByteBuffer) {
            note(header: unit.getInteger(at: unit.readerIndex, as: UInt8.self) ?? 0, isWhole: true)
        }

        mutating func note(header: UInt8, isWhole: Bool) {
            let type = header & 0x1F
            if start == nil {
                // Nothing of an access unit stands before these two (H.264 §7.4.1.2.3).
                let begins = type == H264UnitType.delimiter || type == H264UnitType.sequenceParameters
                start = !isWhole ? .no : begins ? .certain : .possible
            }
            if type == H264UnitType.keySlice { isKeyFrame = true }
            guard H264UnitType.isSlice(type) else { return }
            hasSlice = true
            if header & 0x60 != 0 { isReferredTo = true }
        }
    }

    public mutating func assemble(
        _ payloads: some Sequence<ByteBuffer>, isKeyFrame: Bool, into data: inout ByteBuffer
    ) throws(VideoPayloadError) -> VideoFrameProperties {
        var unit = H264UnitWriter()
        for payload in payloads { try unit.append(payload, to: &data, sets: &sets) }
        guard !unit.isInFragment else { throw .truncated(.fragment) }
        guard let slice = unit.firstSlice else {
            guard isKeyFrame else { return VideoFrameProperties() }
            throw .missing(.parameterSet)
        }
        guard let header = H264SliceHeader(parsing: data, at: slice),
            let (sequence, picture) = sets.find(pictureParameters: header.pictureParameters)
        else { throw .missing(.parameterSet) }
        guard isKeyFrame else { return VideoFrameProperties() }
        if !unit.hasParameterSets(beforeSlice: header.pictureParameters) {
            var whole = ByteBuffer()
            whole.reserveCapacity(data.readableBytes + sequence.unit.readableBytes + picture.unit.readableBytes + 8)
            for set in [sequence.unit, picture.unit] {
                whole.writeInteger(H264UnitWriter.startCode)
                whole.writeImmutableBuffer(set)
            }
            whole.writeBuffer(&data)
            data = whole
        }
        return VideoFrameProperties(size: sequence.size)
    }
}

/// An access unit while it is written.
struct H264UnitWriter {
    static let startCode: UInt32 = 1

    /// The header of the unit of which a fragment was written, but not the last one.
    private var openHeader: UInt8?
    /// Where the unit being written begins, its header included.
    private var start = 0
    /// Where the first slice begins, its header included.
    private(set) var firstSlice: Int?
    /// Parameter sets that came before the first slice.
    private var hasSequenceParameters = false
    private var pictureParameters: UInt64 = 0
    /// Parameter sets of this access unit that were looked at.
    private var setsSeen = 0

    /// More than there are ids that are kept. Each costs a look at those that are known.
    static let mostSets = 96

    var isInFragment: Bool { openHeader != nil }

    /// Whether the access unit brings what its first slice needs.
    func hasParameterSets(beforeSlice id: UInt32) -> Bool {
        hasSequenceParameters && id < 64 && pictureParameters >> UInt64(id) & 1 == 1
    }

    mutating func append(
        _ payload: ByteBuffer, to data: inout ByteBuffer, sets: inout H264ParameterSets
    ) throws(VideoPayloadError) {
        switch try H264Payload(parsing: payload) {
        case .single: try append(unit: payload, to: &data, sets: &sets)
        case .aggregated:
            var units = H264Aggregation(payload)
            while let unit = try units.next() { try append(unit: unit, to: &data, sets: &sets) }
        case .fragment(let header, let isFirst, let isLast):
            guard isFirst == (openHeader == nil), isFirst || openHeader == header else { throw .malformed(.fragment) }
            if isFirst { begin(header: header, in: &data) }
            openHeader = isLast ? nil : header
            var body = payload
            body.moveReaderIndex(forwardBy: 2)
            data.writeBuffer(&body)
            if isLast { finish(in: &data, sets: &sets) }
        }
    }

    private mutating func append(
        unit: ByteBuffer, to data: inout ByteBuffer, sets: inout H264ParameterSets
    ) throws(VideoPayloadError) {
        guard openHeader == nil else { throw .malformed(.fragment) }
        var unit = unit
        guard let header = unit.readInteger(as: UInt8.self) else { throw .truncated(.unitHeader) }
        guard !H264UnitType.isNeedless(header & 0x1F) else { return }
        begin(header: header, in: &data)
        data.writeBuffer(&unit)
        finish(in: &data, sets: &sets)
    }

    private mutating func begin(header: UInt8, in data: inout ByteBuffer) {
        data.writeInteger(Self.startCode)
        start = data.writerIndex
        data.writeInteger(header)
        if H264UnitType.isSlice(header & 0x1F), firstSlice == nil { firstSlice = start }
    }

    /// A unit is whole: its parameter sets are remembered.
    private mutating func finish(in data: inout ByteBuffer, sets: inout H264ParameterSets) {
        guard let header = data.getInteger(at: start, as: UInt8.self) else { return }
        let type = header & 0x1F
        guard type == H264UnitType.sequenceParameters || type == H264UnitType.pictureParameters,
            setsSeen < Self.mostSets, let unit = data.getSlice(at: start, length: data.writerIndex - start)
        else { return }
        setsSeen += 1
        guard let id = sets.remember(unit) else { return }
        guard firstSlice == nil else { return }
        if type == H264UnitType.sequenceParameters {
            hasSequenceParameters = true
        } else if id < 64 {
            pictureParameters |= 1 << UInt64(id)
        }
    }
}
