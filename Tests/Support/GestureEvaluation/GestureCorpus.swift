import Foundation
import Perception
import Pictures
import VoiceEvaluation

/// A clip of the labelled corpus, with what its JSON file says about it. Times are in seconds.
public struct LabelledClip: Decodable, Sendable, CustomStringConvertible {
    public struct Event: Decodable, Sendable {
        public var start: Double
        public var end: Double
        public var event: String

        public var kind: Gesture.Kind? { Gesture.Kind(rawValue: event) }
    }

    /// Something that is no gesture, though it looks like one.
    public struct Distractor: Decodable, Sendable {
        public var start: Double
        public var end: Double
        public var kind: String
    }

    public var file: String
    public var duration: Double
    public var width: Int
    public var height: Int
    public var events: [Event]
    public var distractors: [Distractor]

    public var description: String { file }
}

/// A single picture of it.
public struct LabelledStill: Decodable, Sendable, CustomStringConvertible {
    public var file: String
    /// `raised_hand`, `palm_to_forehead`, `hand_at_face_other`, `none`, or `ambiguous`, which is left out.
    public var label: String
    /// `real`, `composite` or `avatar`.
    public var origin: String
    /// A hand that is only just raised, or not quite: not counted.
    public var borderline: Bool
    public var width: Int
    public var height: Int

    public var description: String { file }
}

/// The folder of labelled clips and pictures that lies beside the repository on some machines.
public struct GestureCorpus: Sendable {
    public var folder: URL

    /// Looks for `../shared/corpus/gesture` beside the package; nil where it is not there.
    public init?() {
        guard let sound = LabelledCorpus() else { return nil }
        folder = sound.folder.deletingLastPathComponent().appendingPathComponent("gesture")
        guard FileManager.default.fileExists(atPath: folder.path) else { return nil }
    }

    /// By name.
    public func clips() throws -> [LabelledClip] {
        let clips = folder.appendingPathComponent("clips")
        return try FileManager.default.contentsOfDirectory(atPath: clips.path).filter { $0.hasSuffix(".json") }
            .sorted().map {
                try JSONDecoder().decode(LabelledClip.self, from: Data(contentsOf: clips.appendingPathComponent($0)))
            }
    }

    public func stills() throws -> [LabelledStill] {
        try JSONDecoder().decode(
            [LabelledStill].self, from: Data(contentsOf: folder.appendingPathComponent("stills.json")))
    }

    /// Decodes a clip by ffmpeg, one picture after the other.
    /// - Parameters:
    ///   - width: of the pictures; the height follows.
    ///   - rate: pictures a second.
    ///   - phase: which of the first pictures is the first, in pictures of the clip.
    ///   - body: gets each picture with its time in seconds.
    public func pictures(
        of clip: LabelledClip, width: Int, rate: Double, phase: Int, _ body: (I420Picture, Double) throws -> Void
    ) throws {
        let height = (clip.height * width / clip.width + 1) / 2 * 2
        let file = folder.appendingPathComponent("clips").appendingPathComponent(clip.file)
        let pool = PicturePool()
        var (index, next) = (0, Double(phase))
        try Self.decode(file, width, height, ["-r", "\(Self.clipRate)"]) { bytes in
            defer { index += 1 }
            guard Double(index) >= next.rounded(.down) else { return }
            next += Double(Self.clipRate) / rate
            try body(try Self.picture(bytes, width, height, .limited, pool), Double(index) / Double(Self.clipRate))
        }
    }

    public func picture(of still: LabelledStill) throws -> I420Picture {
        let file = folder.appendingPathComponent("stills").appendingPathComponent(still.file)
        var picture: I420Picture?
        let pool = PicturePool()
        try Self.decode(file, still.width, still.height, ["-frames:v", "1"]) { bytes in
            picture = try Self.picture(bytes, still.width, still.height, .limited, pool)
        }
        guard let picture else { throw CocoaError(.fileReadCorruptFile) }
        return picture
    }

    /// What is missing of what the corpus needs, and how to get it; nil where all is there.
    public static func absence(modelsAbsence: String?) -> String? {
        if GestureCorpus() == nil { return "no ../shared/corpus/gesture beside the repository" }
        if LabelledCorpus.ffmpeg == nil { return "ffmpeg is missing: scripts/setup corpus installs it" }
        return modelsAbsence
    }

    private static let clipRate = 15

    private static func decode(
        _ file: URL, _ width: Int, _ height: Int, _ options: [String], _ body: ([UInt8]) throws -> Void
    ) throws {
        guard let ffmpeg = LabelledCorpus.ffmpeg else { throw CocoaError(.fileNoSuchFile) }
        let process = Process()
        let output = Pipe()
        process.executableURL = ffmpeg
        process.arguments =
            ["-v", "error", "-threads", "1", "-i", file.path] + options
            + ["-vf", "scale=\(width):\(height):out_range=tv", "-pix_fmt", "yuv420p", "-f", "rawvideo", "-"]
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let size = width * height + 2 * ((width + 1) / 2) * ((height + 1) / 2)
        defer {
            // Not SIGTERM, which threads of queues block, and what they start with it.
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
            process.waitUntilExit()
        }
        var held: [UInt8] = []
        while let data = try output.fileHandleForReading.read(upToCount: 1 << 20), !data.isEmpty {
            held.append(contentsOf: data)
            var start = 0
            while held.count - start >= size {
                try body(Array(held[start..<(start + size)]))
                start += size
            }
            held.removeFirst(start)
        }
    }

    private static func picture(
        _ bytes: [UInt8], _ width: Int, _ height: Int, _ range: SampleRange, _ pool: PicturePool
    ) throws -> I420Picture {
        try pool.makePicture(width: width, height: height, range: range) { planes in
            let luma = planes.stride * planes.height
            let chroma = planes.chromaStride * planes.chromaHeight
            bytes.withUnsafeBufferPointer { bytes in
                guard let start = bytes.baseAddress, bytes.count == luma + 2 * chroma else { return }
                planes.y.update(from: start, count: luma)
                planes.u.update(from: start + luma, count: chroma)
                planes.v.update(from: start + luma + chroma, count: chroma)
            }
        }
    }
}
