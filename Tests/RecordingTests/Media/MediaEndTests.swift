import Foundation
import SansIO
import Testing

@testable import Recording

/// Where files end, against where they say that they do.
@Suite(.enabled(if: TestMedia.isPossible, TestMedia.absence))
struct MediaEndTests {
    private static let picture = ["-f", "lavfi", "-i", "testsrc=size=320x180:rate=10:duration=20"]
    private static let sound = ["-f", "lavfi", "-i", "sine=frequency=300:duration=20"]

    private func faults(_ file: String, wantsPictures: Bool = true) throws -> [RecordingFault] {
        let reader = try MediaReader(file: file, width: 320, rate: 5, wantsPictures: wantsPictures)
        while try reader.next() != nil {}
        return reader.faults
    }

    /// So much of a file's beginning, as another file.
    private func cut(_ file: String, to share: Double) throws -> String {
        let url = URL(fileURLWithPath: file)
        let bytes = try Data(contentsOf: url)
        let short = url.deletingLastPathComponent().appendingPathComponent("cut-" + url.lastPathComponent)
        try bytes.prefix(Int(Double(bytes.count) * share)).write(to: short)
        return short.path
    }

    @Test(
        "a file that was cut off says where it ends and where it should; whole it says nothing",
        arguments: [
            ("film.webm", ["-c:v", "libvpx", "-b:v", "300k", "-c:a", "libopus"]),
            ("film.mkv", ["-c:v", "libx264", "-c:a", "aac"]),
            ("film.mp4", ["-c:v", "libx264", "-c:a", "aac", "-movflags", "+faststart"]),
            // Frames end with it, so that ffmpeg complains of nothing.
            ("sound.mp3", ["-vn"]), ("sound.flac", ["-vn"]),
        ])
    func cutOff(name: String, arguments: [String]) throws {
        let media = try TestMedia()
        let file = try media.make(name, Self.picture + Self.sound + arguments)
        #expect(try faults(file) == [])
        let found = try faults(try cut(file, to: 0.6))
        guard case .endedEarly(.file, let at, let expected)? = found.last else {
            return #expect(Bool(false), "\(found)")
        }
        #expect(abs((at - .zero).inSeconds - 12) < 1.5 && abs((expected - .zero).inSeconds - 20) < 0.2, "\(found)")
    }

    @Test("sound that cannot be decoded to its end, while pictures go on, is told of alone")
    func brokenSound() throws {
        let media = try TestMedia()
        let file = try media.make("film.mp4", Self.picture + Self.sound + ["-c:v", "libx264", "-c:a", "aac"])
        let (output, _, _) = try MediaProcess.run(
            "ffprobe",
            [
                "-v", "error", "-select_streams", "a", "-show_entries", "packet=pts_time,size,pos", "-of", "csv=p=0",
                file,
            ])
        var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        for line in String(decoding: output, as: UTF8.self).split(separator: "\n") {
            let fields = line.split(separator: ",").compactMap { Double($0) }
            guard fields.count == 3, fields[0] > 12 else { continue }
            for place in Int(fields[2])..<Int(fields[2] + fields[1]) { bytes[place] = 0x55 }
        }
        try bytes.write(to: URL(fileURLWithPath: file))
        let found = try faults(file)
        guard case .damaged(let complaints, _)? = found.first,
            case .endedEarly(.sound, let at, let expected)? = found.last
        else { return #expect(Bool(false), "\(found)") }
        #expect(
            complaints > 100 && abs((at - .zero).inSeconds - 12) < 0.5 && abs((expected - .zero).inSeconds - 20) < 0.2)
    }

    @Test("a picture that stands to the end, or a track that nobody looks at, leaves nothing out")
    func standing() throws {
        let media = try TestMedia()
        // One picture a tenth of a second for 4 s, and one that stands for 8 more.
        let standing = try media.make(
            "standing.mp4",
            [
                "-i", try media.make("moving.mp4", Self.picture + ["-t", "4", "-c:v", "libx264", "-bf", "0"]), "-c",
                "copy", "-bsf:v", "setts=duration='if(eq(N,39),8/TB,DURATION)'",
            ])
        #expect(try MediaContent(file: standing).end.map { $0 > 11 } == true)
        #expect(try faults(standing) == [])
        try Data("1\n00:00:01,000 --> 00:00:40,000\nwords\n".utf8).write(to: URL(fileURLWithPath: media.path("w.srt")))
        let words = try media.make(
            "words.mkv", Self.picture + ["-i", media.path("w.srt"), "-c:v", "libx264", "-c:s", "srt"])
        #expect(try MediaContent(file: words).end.map { $0 > 39 } == true)
        #expect(try faults(words) == [])
        let short = try media.make(
            "short.mkv", Self.picture + ["-t", "3.5", "-i", TestMedia.speech, "-c:v", "libvpx", "-c:a", "pcm_s16le"])
        #expect(try faults(short) == [] && faults(short, wantsPictures: false) == [])
    }

    @Test("a length that ffmpeg only reckons from a bitrate is no promise")
    func reckoned() throws {
        let media = try TestMedia()
        // Loud, then silent: the beginning's bitrate is not the whole's.
        let file = try media.make(
            "reckoned.mp3",
            ["-f", "lavfi", "-i", "anoisesrc=duration=40", "-af", "volume='if(lt(t,30),0,1)':eval=frame"]
                + ["-q:a", "2", "-write_xing", "0"])
        let content = try MediaContent(file: file)
        try #require(abs((content.end ?? 0) - 40) > 2, "\(content)")
        #expect(try faults(file) == [])
    }
}
