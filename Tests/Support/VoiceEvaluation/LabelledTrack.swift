import Foundation

/// A sound file of the labelled corpus, with what its JSON file says about it. Times are in seconds.
public struct LabelledTrack: Decodable, Sendable, CustomStringConvertible {
    public typealias Span = ClosedRange<Double>

    public var file: String
    public var duration: Double
    public var background: String
    /// Where the participant speaks.
    public var speech: [Span]
    /// Where the participant's voice is absent for 3 s or more, the leading gap left out.
    public var pauses: [Span]
    /// Where another participant speaks, faintly heard in this track.
    public var bleed: [Span]
    /// The other participant's own track, as long as this one; nil where there is none.
    public var other: String?
    /// The end of what is labelled.
    public var labelledUntil: Double

    public var description: String { file }

    private enum Key: String, CodingKey {
        case file, duration, background, speech, pauses, bleed, other
        case labelledUntil = "labelled_until"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        func spans(_ key: Key) throws -> [Span] {
            try (container.decodeIfPresent([[Double]].self, forKey: key) ?? []).map { pair in
                guard pair.count == 2, pair[0] <= pair[1] else {
                    throw DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: "\(pair)")
                }
                return pair[0]...pair[1]
            }
        }
        file = try container.decode(String.self, forKey: .file)
        duration = try container.decode(Double.self, forKey: .duration)
        background = try container.decode(String.self, forKey: .background)
        speech = try spans(.speech)
        pauses = try spans(.pauses)
        bleed = try spans(.bleed)
        other = try container.decodeIfPresent(String.self, forKey: .other)
        labelledUntil = try container.decodeIfPresent(Double.self, forKey: .labelledUntil) ?? duration
    }
}

/// The folder of labelled sound that lies beside the repository on some machines.
public struct LabelledCorpus: Sendable {
    public var folder: URL

    /// Looks for `../shared/corpus/audio` beside the package that holds `file`; nil where it is not there.
    public init?(besidePackageOf file: String = #filePath) {
        var root = URL(fileURLWithPath: file).deletingLastPathComponent()
        while !FileManager.default.fileExists(atPath: root.appendingPathComponent("Package.swift").path) {
            guard root.path != "/" else { return nil }
            root.deleteLastPathComponent()
        }
        folder = root.deletingLastPathComponent().appendingPathComponent("shared/corpus/audio")
        guard FileManager.default.fileExists(atPath: folder.path) else { return nil }
    }

    /// The tracks, by name.
    public func tracks() throws -> [LabelledTrack] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }.sorted()
            .map {
                try JSONDecoder().decode(LabelledTrack.self, from: Data(contentsOf: folder.appendingPathComponent($0)))
            }
    }

    /// The track's sound as 16 kHz mono, decoded by ffmpeg.
    public func samples(of track: LabelledTrack) throws -> [Int16] { try samples(ofFile: track.file) }

    /// The other participant's, on their own track; empty where there is none.
    public func otherSamples(of track: LabelledTrack) throws -> [Int16] {
        try track.other.map { try samples(ofFile: $0) } ?? []
    }

    private func samples(ofFile file: String) throws -> [Int16] {
        guard let ffmpeg = Self.ffmpeg else { throw CocoaError(.fileNoSuchFile) }
        let process = Process()
        let output = Pipe()
        process.executableURL = ffmpeg
        process.arguments =
            ["-v", "error", "-i", folder.appendingPathComponent(file).path]
            + ["-f", "s16le", "-ac", "1", "-ar", "16000", "-"]
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.fileReadCorruptFile) }
        return data.withUnsafeBytes { bytes in
            (0..<(bytes.count / 2)).map {
                Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 2, as: Int16.self))
            }
        }
    }

    /// What is missing of what the corpus needs, and how to get it; `nil` where all is there.
    public static func absence(modelIsThere: Bool) -> String? {
        if LabelledCorpus() == nil { return "no ../shared/corpus/audio beside the repository" }
        if ffmpeg == nil { return "ffmpeg is missing: scripts/setup corpus installs it" }
        return modelIsThere ? nil : "the voice model is missing: scripts/fetch-models"
    }

    /// The ffmpeg on the search path.
    public static let ffmpeg: URL? = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { URL(fileURLWithPath: String($0)).appendingPathComponent("ffmpeg") }
        .first { FileManager.default.isExecutableFile(atPath: $0.path) }
}
