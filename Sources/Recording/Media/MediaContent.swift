import Foundation

/// What a media file has to be heard and seen.
struct MediaContent: Hashable, Sendable {
    struct Sound: Hashable, Sendable {
        var index: Int
        var codec: String
        /// Where it ends, in seconds of the file; nil where that is not told of it alone.
        var end: Double?
    }

    struct Pictures: Hashable, Sendable {
        var index: Int
        var codec: String
        /// As they are shown: turned, with square pixels.
        var width: Int
        var height: Int
        /// Whether its pixels are.
        var isSquare: Bool
        /// One picture, not a video.
        var isStill: Bool
    }

    var sound: Sound?
    var pictures: Pictures?
    /// Its pictures are nobody's business.
    var leavesPictures = false
    /// How long it says that it is, in seconds.
    var duration: Double?
    /// The time that its own clock shows at its beginning.
    var start = 0.0
    var notes: [String] = []

    /// Where it says that it ends; nil where it does not, or says what cannot be.
    var end: Double? { duration.flatMap { (0...1e9).contains($0) ? $0 : nil } }

    /// For people.
    var text: String {
        let pictures = pictures.map {
            "\($0.codec) \($0.isStill ? "picture" : "pictures") of \($0.width) × \($0.height)"
        }
        return [sound.map { "\($0.codec) sound" }, pictures].compactMap(\.self).joined(separator: ", ")
    }
}

extension MediaContent {
    /// Asks ffprobe.
    init(file: String) throws(MediaError) {
        try Self.check(file)
        let answer = try MediaProcess.run(
            "ffprobe",
            MediaReader.fileOptions + [
                "-v", "error", "-print_format", "json", "-show_format", "-show_streams", "file:" + file,
            ])
        guard answer.status == 0 else {
            throw .notMedia(reason: Self.reason(answer.complaints, about: file))
        }
        guard let found = try? JSONDecoder().decode(Answer.self, from: answer.output) else {
            throw .badStream("ffprobe's description")
        }
        try self.init(found)
    }

    /// ffmpeg's reason without the file's name, which stands beside it anyway.
    static func reason(_ complaints: [String], about file: String) -> String {
        plain(complaints.last ?? "no reason given").replacingOccurrences(of: "file:\(file): ", with: "")
    }

    /// `[matroska,webm @ 0x55d0f2a4e880] File ended prematurely` without the address, which is another each time.
    static func plain(_ complaint: String) -> String {
        complaint.replacing(#/^\[([^\]]*?) @ 0x[0-9a-f]+\] /#) { "\($0.1): " }
    }

    private static func check(_ file: String) throws(MediaError) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: file, isDirectory: &isFolder) else { throw .notThere }
        guard !isFolder.boolValue else { throw .isFolder }
        guard FileManager.default.isReadableFile(atPath: file) else { throw .notReadable }
    }

    private init(_ answer: Answer) throws(MediaError) {
        let sounds = answer.streams.filter { $0.codec_type == "audio" && $0.codec_name != nil }
        let videos = answer.streams.filter {
            $0.codec_type == "video" && $0.codec_name != nil && $0.disposition?.attached_pic != 1
        }
        start = answer.format?.start_time.flatMap(Double.init) ?? 0
        let whole = answer.format?.duration.flatMap(Double.init)
        sound = sounds.first.map {
            Sound(index: $0.index, codec: $0.codec_name ?? "", end: $0.end(fileStart: start, whole: whole))
        }
        pictures = videos.first.flatMap { $0.pictures(isStill: answer.isStill) }
        duration = whole
        if sound == nil, pictures == nil {
            throw .noStreams(found: answer.streams.map { $0.codec_type ?? "unknown" })
        }
        if sounds.count > 1 { notes.append("it has \(sounds.count) tracks of sound: the first is heard") }
        if videos.count > 1 { notes.append("it has \(videos.count) tracks of pictures: the first is looked at") }
    }
}

/// What ffprobe says.
private struct Answer: Decodable {
    var streams: [Stream]
    var format: Format?

    /// Formats of single pictures.
    var isStill: Bool {
        guard let name = format?.format_name else { return false }
        return name.hasSuffix("_pipe") || name.hasPrefix("image2")
    }

    struct Format: Decodable {
        var format_name: String?
        var duration: String?
        var start_time: String?
    }

    struct Stream: Decodable {
        struct Disposition: Decodable { var attached_pic: Int? }
        struct SideData: Decodable { var rotation: Double? }
        struct Tags: Decodable { var DURATION: String? }

        var index: Int
        var codec_type: String?
        var codec_name: String?
        var width: Int?
        var height: Int?
        var sample_aspect_ratio: String?
        var disposition: Disposition?
        var side_data_list: [SideData]?
        var start_time: String?
        var duration: String?
        var tags: Tags?

        /// Where it ends, in seconds of the file. Matroska tells the end on the file's clock, others how long it is; whoever
        /// copied tags of a longer file did not make this one longer.
        func end(fileStart: Double, whole: Double?) -> Double? {
            let told = duration.flatMap(Double.init).map { $0 + (start_time.flatMap(Double.init) ?? fileStart) }
            let tag = tags?.DURATION.map { $0.split(separator: ":").compactMap { Double($0) } } ?? []
            let end = told ?? (tag.count == 3 ? tag[0] * 3_600 + tag[1] * 60 + tag[2] : nil)
            guard let end, let whole else { return nil }
            return min(end - fileStart, whole)
        }

        func pictures(isStill: Bool) -> MediaContent.Pictures? {
            guard let width, let height, (1...65_535).contains(width), (1...65_535).contains(height) else { return nil }
            let shown = (Double(width) * pixelShape).rounded()
            let isTurned = side_data_list?.contains { data in
                data.rotation.map { abs($0.truncatingRemainder(dividingBy: 180)) == 90 } ?? false
            }
            let sides = (Int(min(max(shown, 1), 65_535)), height)
            return MediaContent.Pictures(
                index: index, codec: codec_name ?? "", width: isTurned == true ? sides.1 : sides.0,
                height: isTurned == true ? sides.0 : sides.1, isSquare: pixelShape == 1,
                isStill: isStill)
        }

        /// How much wider than high a pixel is.
        private var pixelShape: Double {
            let parts = sample_aspect_ratio?.split(separator: ":").compactMap { Double($0) } ?? []
            guard parts.count == 2, parts[0] > 0, parts[1] > 0 else { return 1 }
            return parts[0] / parts[1]
        }
    }
}
