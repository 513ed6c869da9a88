import Foundation
import SansIO

/// Where a file's sound and pictures end, against where it says that they do.
struct MediaEnd {
    /// Seconds of the file.
    var sound: Double?
    /// The last picture stands until the next one would have been due.
    var pictures: Double?

    /// How far an end may be off: encoders pad, containers round, and tracks of one file seldom end together.
    static let tolerance = 1.0

    /// - Parameter complained: whether ffmpeg did: then what is there up to the end may not be decodable.
    /// - Returns: nil where nothing is missing.
    func fault(of content: MediaContent, file: String, complained: Bool) throws(MediaError) -> RecordingFault? {
        let end = max(sound ?? 0, pictures ?? 0)
        if !content.leavesPictures, let expected = content.end,
            try isEarly(end, expected, content, file, stream: nil, complained)
        {
            return .endedEarly(.file, at: .seconds(end), expected: .seconds(expected))
        }
        if let sound, let track = content.sound, let expected = track.end,
            try isEarly(sound, expected, content, file, stream: track.index, complained)
        {
            return .endedEarly(.sound, at: .seconds(sound), expected: .seconds(expected))
        }
        return nil
    }

    private func isEarly(
        _ end: Double, _ expected: Double, _ content: MediaContent, _ file: String, stream: Int?, _ complained: Bool
    ) throws(MediaError) -> Bool {
        guard expected - end > Self.tolerance else { return false }
        let found = try Self.packets(of: file, from: end + content.start, stream: stream)
        // What ffmpeg reckons from a bitrate is not what the file says.
        guard !found.isDurationReckoned else { return false }
        // A picture that stands for long, or a track that nobody looks at, may well go on to the end.
        return complained || expected - max(end, found.end - content.start) > Self.tolerance
    }

    /// Where the file's packets end, as far as there are any, without decoding them.
    private static func packets(
        of file: String, from start: Double, stream: Int?
    ) throws(MediaError) -> (end: Double, isDurationReckoned: Bool) {
        let answer = try MediaProcess.run(
            "ffprobe",
            MediaReader.fileOptions + ["-v", "warning", "-read_intervals", "\(max(start, 0))%"]
                + (stream.map { ["-select_streams", "\($0)"] } ?? [])
                + ["-show_entries", "packet=pts_time,dts_time,duration_time", "-of", "csv=p=0", "file:" + file])
        var end = 0.0
        for line in String(decoding: answer.output, as: UTF8.self).split(separator: "\n") {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
            guard fields.count >= 3, let time = fields[0] ?? fields[1] else { continue }
            end = max(end, time + (fields[2] ?? 0))
        }
        return (end, answer.complaints.contains { $0.contains("Estimating duration from bitrate") })
    }
}

extension Instant {
    /// Of a file; what nobody can play is as far off as can be told.
    fileprivate static func seconds(_ seconds: Double) -> Instant {
        .zero + .nanoseconds(Int64(min(max(seconds, 0), 1e9) * 1e9))
    }
}
