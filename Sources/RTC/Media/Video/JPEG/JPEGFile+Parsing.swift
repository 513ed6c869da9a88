import NIOCore

extension JPEGFile {
    /// Reads the headers of a file, and looks where its first scan ends.
    public init(parsing file: ByteBuffer) throws(JPEGFileError) {
        var parser = JPEGParser(file)
        self = try parser.parse()
    }
}

/// Walks over a file's segments.
private struct JPEGParser {
    private var rest: ByteBuffer
    private let length: Int
    private var found = JPEGFile(
        coding: .baseline, precision: 0, size: VideoSize(width: 0, height: 0), components: [], scan: 0..<0)
    private var hasFrame: Bool { !found.components.isEmpty }

    init(_ file: ByteBuffer) {
        rest = file.slice()
        length = rest.readableBytes
    }

    mutating func parse() throws(JPEGFileError) -> JPEGFile {
        guard rest.readInteger(as: UInt16.self) == 0xFF00 | UInt16(JPEGMarker.start) else { throw .notJPEG }
        while true {
            let marker = try nextMarker()
            if JPEGMarker.standsAlone(marker) {
                guard marker != JPEGMarker.end, marker != JPEGMarker.start else { throw .wrongOrder(marker: marker) }
                continue
            }
            var segment = try nextSegment(marker)
            if marker == JPEGMarker.scan {
                try readScan(&segment)
                return found
            }
            try read(marker, &segment)
        }
    }

    private mutating func nextMarker() throws(JPEGFileError) -> UInt8 {
        guard let first = rest.readInteger(as: UInt8.self) else { throw .truncated }
        guard first == 0xFF else { throw .noMarker }
        while let byte = rest.readInteger(as: UInt8.self) {
            if byte == 0 { throw .noMarker }
            // Any number of 0xFF may stand before a marker.
            if byte != 0xFF { return byte }
        }
        throw .truncated
    }

    private mutating func nextSegment(_ marker: UInt8) throws(JPEGFileError) -> ByteBuffer {
        guard let length = rest.readInteger(as: UInt16.self) else { throw .truncated }
        guard length >= 2 else { throw .wrongLength(marker: marker) }
        guard let segment = rest.readSlice(length: Int(length) - 2) else { throw .truncated }
        return segment
    }

    private mutating func read(_ marker: UInt8, _ segment: inout ByteBuffer) throws(JPEGFileError) {
        switch marker {
        case JPEGMarker.quantisationTables: try readQuantisation(&segment)
        case JPEGMarker.huffmanTables: try readCodes(&segment)
        case JPEGMarker.restartInterval:
            guard let interval = segment.readInteger(as: UInt16.self), segment.readableBytes == 0 else {
                throw .wrongLength(marker: marker)
            }
            found.restartInterval = Int(interval)
        case JPEGMarker.adobe: readAdobe(&segment)
        default: if JPEGMarker.isFrame(marker) { try readFrame(marker, &segment) }
        }
    }

    private mutating func readQuantisation(_ segment: inout ByteBuffer) throws(JPEGFileError) {
        let marker = JPEGMarker.quantisationTables
        while let head = segment.readInteger(as: UInt8.self) {
            let (isWide, number) = (head >> 4, Int(head & 0xF))
            guard isWide <= 1, number <= 3 else { throw .valueOutOfRange(marker: marker) }
            guard let table = segment.readQuantisationTable(isWide: isWide == 1) else {
                throw .wrongLength(marker: marker)
            }
            found.quantisation[number] = table
        }
    }

    private mutating func readCodes(_ segment: inout ByteBuffer) throws(JPEGFileError) {
        let marker = JPEGMarker.huffmanTables
        while let head = segment.readInteger(as: UInt8.self) {
            let (kind, number) = (head >> 4, Int(head & 0xF))
            guard kind <= 1, number <= 3 else { throw .valueOutOfRange(marker: marker) }
            guard let counts = segment.readBytes(length: 16) else { throw .wrongLength(marker: marker) }
            let count = counts.reduce(0) { $0 + Int($1) }
            guard count <= 256 else { throw .valueOutOfRange(marker: marker) }
            guard let values = segment.readBytes(length: count) else { throw .wrongLength(marker: marker) }
            let table = JPEGHuffmanTable(counts: counts, values: values)
            if kind == 0 { found.directCodes[number] = table } else { found.alternatingCodes[number] = table }
        }
    }

    private mutating func readAdobe(_ segment: inout ByteBuffer) {
        guard segment.readString(length: 5) == "Adobe" else { return }
        // Version and two flags come before it.
        segment.moveReaderIndex(forwardBy: min(6, segment.readableBytes))
        found.adobeTransform = segment.readInteger() ?? found.adobeTransform
    }

    private mutating func readFrame(_ marker: UInt8, _ segment: inout ByteBuffer) throws(JPEGFileError) {
        guard !hasFrame else { throw .wrongOrder(marker: marker) }
        guard
            let (precision, height, width, count) = segment.readMultipleIntegers(
                as: (UInt8, UInt16, UInt16, UInt8).self), segment.readableBytes == Int(count) * 3
        else { throw .wrongLength(marker: marker) }
        guard width > 0, height > 0 else { throw .emptyPicture }
        guard count >= 1 else { throw .valueOutOfRange(marker: marker) }
        switch marker {
        case JPEGMarker.baseline: found.coding = .baseline
        case JPEGMarker.extended: found.coding = .extended
        case JPEGMarker.progressive: found.coding = .progressive
        default: found.coding = .other(marker)
        }
        found.precision = Int(precision)
        found.size = VideoSize(width: Int(width), height: Int(height))
        while let (id, sampling, table) = segment.readMultipleIntegers(as: (UInt8, UInt8, UInt8).self) {
            let component = JPEGFile.Component(
                id: id, horizontal: Int(sampling >> 4), vertical: Int(sampling & 0xF), quantisation: Int(table))
            guard (1...4).contains(component.horizontal), (1...4).contains(component.vertical), table <= 3 else {
                throw .valueOutOfRange(marker: marker)
            }
            found.components.append(component)
        }
    }

    private mutating func readScan(_ segment: inout ByteBuffer) throws(JPEGFileError) {
        let marker = JPEGMarker.scan
        guard hasFrame else { throw .wrongOrder(marker: marker) }
        guard let count = segment.readInteger(as: UInt8.self), segment.readableBytes == Int(count) * 2 + 3 else {
            throw .wrongLength(marker: marker)
        }
        guard count >= 1, count <= 4 else { throw .valueOutOfRange(marker: marker) }
        found.scanComponents = Int(count)
        for _ in 0..<count {
            guard let (id, codes) = segment.readMultipleIntegers(as: (UInt8, UInt8).self) else { break }
            guard let index = found.components.firstIndex(where: { $0.id == id }), codes >> 4 <= 3, codes & 0xF <= 3
            else { throw .valueOutOfRange(marker: marker) }
            found.components[index].directCodes = Int(codes >> 4)
            found.components[index].alternatingCodes = Int(codes & 0xF)
        }
        findScan()
    }

    /// A scan ends at the first marker that is neither a restart nor a coded 0xFF.
    private mutating func findScan() {
        let start = length - rest.readableBytes
        let (end, marker) = rest.withUnsafeReadableBytes { bytes -> (Int, UInt8?) in
            var at = 0
            while at + 1 < bytes.count {
                let next = bytes[at + 1]
                if bytes[at] == 0xFF, next != 0, next != 0xFF,
                    next < JPEGMarker.firstRestart || next > JPEGMarker.lastRestart
                {
                    return (at, next)
                }
                at += 1
            }
            return (bytes.count, nil)
        }
        found.scan = start..<start + end
        found.markerBehindScan = marker
    }
}

extension ByteBuffer {
    /// 64 values of one or two bytes each; nil where there are not as many.
    mutating func readQuantisationTable(isWide: Bool) -> JPEGQuantisationTable? {
        guard var bytes = readSlice(length: isWide ? 128 : 64) else { return nil }
        var values: [UInt16] = []
        values.reserveCapacity(64)
        for _ in 0..<64 {
            guard let value = isWide ? bytes.readInteger() : bytes.readInteger(as: UInt8.self).map(UInt16.init) else {
                return nil
            }
            values.append(value)
        }
        return JPEGQuantisationTable(values: values, isWide: isWide)
    }
}
