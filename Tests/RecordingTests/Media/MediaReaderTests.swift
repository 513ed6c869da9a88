import Foundation
import SansIO
import Testing

@testable import AgentRuntime
@testable import Recording

@Suite(.enabled(if: TestMedia.isPossible, TestMedia.absence))
struct MediaReaderTests {
    private struct Content {
        var soundStart: Double?
        var soundEnd = 0.0
        var pictures: [Double] = []
        var sizes: Set<[Int]> = []
        var faults: [RecordingFault] = []
    }

    private func read(_ file: String, width: Int = 320, rate: Double = 5) throws -> Content {
        let reader = try MediaReader(file: file, width: width, rate: rate, wantsPictures: true)
        var content = Content()
        while let piece = try reader.next() {
            switch piece {
            case .sound(let samples, let at):
                content.soundStart = content.soundStart ?? (at - .zero).inSeconds
                content.soundEnd = (at - .zero).inSeconds + Double(samples.count) / 16_000
            case .picture(let picture, let at):
                content.pictures.append((at - .zero).inSeconds)
                content.sizes.insert([picture.width, picture.height])
            }
        }
        content.faults = reader.faults
        return content
    }

    /// 30 pictures a second without those that the seed leaves out: as a camera on a bad path.
    private func unsteady(_ media: TestMedia) throws -> String {
        try media.make(
            "unsteady.mkv",
            [
                "-f", "lavfi", "-i", "testsrc=size=640x360:rate=30:duration=8", "-vf",
                "select='gt(random(7),0.55)*not(between(t,3,4.2))'", "-fps_mode", "vfr", "-c:v", "libvpx", "-b:v", "1M",
            ])
    }

    @Test("of unsteady pictures the same are taken as in a room, at their own times", arguments: [5.0, 4.0])
    func sameAsInARoom(rate: Double) throws {
        let media = try TestMedia()
        let file = try unsteady(media)
        let (output, _, _) = try MediaProcess.run(
            "ffprobe", ["-v", "error", "-show_entries", "packet=pts_time", "-of", "csv=p=0", file])
        let all = String(decoding: output, as: UTF8.self).split(whereSeparator: { "\n,".contains($0) })
            .compactMap { Double($0) }
        try #require(all.count > 60)
        var pace = PicturePace(rate: rate)
        // A file begins with its first picture.
        let wanted = all.map { $0 - all[0] }.filter { time in
            let at = Instant.zero + .nanoseconds(Int64((time * 1e9).rounded()))
            guard pace.isDue(at: at) else { return false }
            pace.looked(at: at)
            return true
        }
        let found = try read(file, rate: rate)
        #expect(found.pictures.count == wanted.count)
        #expect(zip(found.pictures, wanted).allSatisfy { abs($0 - $1) <= 0.001 }, "\(found.pictures) \(wanted)")
        #expect(found.sizes == [[320, 180]])
    }

    @Test("sound or pictures that begin late keep their times", arguments: [true, false])
    func lateBeginning(isSoundLate: Bool) throws {
        let media = try TestMedia()
        let picture = ["-f", "lavfi", "-i", "testsrc=size=320x180:rate=10:duration=6"]
        let sound = ["-f", "lavfi", "-i", "sine=frequency=300:duration=6"]
        let late = ["-itsoffset", "2.5"]
        let file = try media.make(
            "late.mkv",
            (isSoundLate ? picture + late + sound : sound + late + picture) + [
                "-c:v", "libvpx", "-c:a", "libopus",
            ])
        let content = try read(file)
        let start = try #require(content.soundStart)
        let first = try #require(content.pictures.first)
        #expect(abs(start - (isSoundLate ? 2.5 : 0)) < 0.02)
        #expect(abs(first - (isSoundLate ? 0 : 2.5)) < 0.02)
        #expect(abs(content.soundEnd - (isSoundLate ? 8.5 : 6)) < 0.05)
    }

    @Test("a phone's video that is to be turned is looked at upright")
    func turned() throws {
        let media = try TestMedia()
        let upright = try media.make(
            "upright.mp4", ["-f", "lavfi", "-i", "testsrc=size=640x360:rate=10:duration=1", "-c:v", "libx264"])
        let file = try media.make("turned.mp4", ["-i", upright, "-c", "copy", "-metadata:s:v", "rotate=90"])
        let description = try MediaContent(file: file)
        try #require(description.pictures?.width == 360, "ffmpeg writes no turned video any more")
        #expect(try read(file).sizes == [[320, 568]])
    }

    @Test("pixels that are not square are made square")
    func wideningPixels() throws {
        let media = try TestMedia()
        let file = try media.make(
            "wide.mkv",
            [
                "-f", "lavfi", "-i", "testsrc=size=320x360:rate=10:duration=1", "-vf", "setsar=2", "-c:v", "libx264",
            ])
        #expect(try MediaContent(file: file).pictures?.width == 640)
        #expect(try read(file).sizes == [[320, 180]])
    }

    @Test("a recording that changes its size goes on in one")
    func changedSize() throws {
        let media = try TestMedia()
        for (name, size) in [("a", "640x360"), ("b", "160x90"), ("c", "240x320")] {
            _ = try media.make(
                "\(name).webm", ["-f", "lavfi", "-i", "testsrc=size=\(size):rate=10:duration=2", "-c:v", "libvpx"])
        }
        try Data("file a.webm\nfile b.webm\nfile c.webm\n".utf8).write(to: URL(fileURLWithPath: media.path("list")))
        let file = try media.make("all.webm", ["-f", "concat", "-i", media.path("list"), "-c", "copy"])
        let content = try read(file)
        #expect(content.sizes == [[320, 180]])
        #expect(content.pictures.count >= 28, "\(content.pictures)")
    }

    @Test("sound alone, pictures alone, a cover beside the sound and a single picture are what they are")
    func kinds() throws {
        let media = try TestMedia()
        let picture = ["-f", "lavfi", "-i", "testsrc=size=320x180:rate=10:duration=1"]
        let still = try media.make("still.png", picture + ["-frames:v", "1"])
        let sound = try media.make("sound.mp3", ["-i", TestMedia.speech])
        let covered = try media.make(
            "covered.mp3",
            ["-i", sound, "-i", still, "-map", "0", "-map", "1", "-c", "copy", "-disposition:v", "attached_pic"])
        #expect(try read(sound).pictures.isEmpty)
        #expect(try MediaContent(file: covered).pictures == nil)
        #expect(try read(covered).soundEnd > 13)
        let content = try read(still)
        #expect(content.pictures == [0] && content.soundStart == nil)
        #expect(try MediaContent(file: still).pictures?.isStill == true)
    }

    // MARK: What cannot be read

    private func error(_ file: String) -> MediaError? {
        do throws(MediaError) {
            _ = try MediaReader(file: file, width: 320, rate: 5, wantsPictures: true)
            return nil
        } catch {
            return error
        }
    }

    @Test("what cannot be read is told apart, with what to do")
    func unreadable() throws {
        let media = try TestMedia()
        #expect(error(media.path("none.mp4")) == .notThere)
        #expect(error(media.folder.path) == .isFolder)
        let text = media.path("text.mp4")
        try Data("no video".utf8).write(to: URL(fileURLWithPath: text))
        guard case .notMedia(let reason) = error(text) else { return #expect(Bool(false), "\(text)") }
        #expect(reason.contains("Invalid data") && !reason.contains(text), "\(reason)")
        let subtitles = media.path("words.srt")
        try Data("1\n00:00:00,000 --> 00:00:02,000\nwords\n".utf8).write(to: URL(fileURLWithPath: subtitles))
        #expect(error(subtitles) == .noStreams(found: ["subtitle"]))
    }

    @Test("a file that is damaged in its middle is read as far as it can be, and that is said")
    func damaged() throws {
        let media = try TestMedia()
        let file = try unsteady(media)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        var random = SplitMix64(seed: 3)
        for _ in 0..<400 {
            bytes[Int.random(in: bytes.count / 3..<bytes.count * 2 / 3, using: &random)] ^= 0x5A
        }
        try bytes.write(to: URL(fileURLWithPath: file))
        let content = try read(file)
        #expect(content.pictures.count > 10)
        guard case .damaged(let complaints, let first)? = content.faults.first else {
            return #expect(Bool(false), "\(content.faults)")
        }
        #expect(complaints > 0 && !first.contains("0x"), "\(content.faults)")
    }
}
