import Foundation

/// What a media file has to be heard and seen.
struct MediaContent: Hashable, Sendable {
    struct Sound: Hashable, Sendable {
        var index: Int
        var codec: String
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
    /// How long it says that it is, in seconds.
    var duration: Double?
    var notes: [String] = []

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
        let last = complaints.last ?? "no reason given"
        return last.replacingOccurrences(of: "file:\(file): ", with: "")
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
        sound = sounds.first.map { Sound(index: $0.index, codec: $0.codec_name ?? "") }
        pictures = videos.first.flatMap { $0.pictures(isStill: answer.isStill) }
        duration = answer.format?.duration.flatMap(Double.init)
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
    }

    struct Stream: Decodable {
        struct Disposition: Decodable { var attached_pic: Int? }
        struct SideData: Decodable { var rotation: Double? }

        var index: Int
        var codec_type: String?
        var codec_name: String?
        var width: Int?
        var height: Int?
        var sample_aspect_ratio: String?
        var disposition: Disposition?
        var side_data_list: [SideData]?

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
