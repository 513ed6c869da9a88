import NIOCore
import Pictures
import RTCMedia
import RTCVideoCodecs
import Testing

/// A recording and what is in it.
struct RecordedVideo: CustomTestStringConvertible, Sendable {
    var file: String
    var codec: VideoCodec
    var source: UInt32
    /// How many pictures of which size follow each other.
    var sizes: [Run]

    struct Run: Hashable, CustomStringConvertible, Sendable {
        var width: Int
        var height: Int
        var count: Int
        var description: String { "\(count) of \(width)×\(height)" }
    }

    var testDescription: String { "\(file) \(codec.rawValue) \(source)" }

    static let all = [
        RecordedVideo(file: "v0-vp8.jsonl", codec: .vp8, source: 1_274_201_679, [(640, 360, 225), (8, 8, 1)]),
        RecordedVideo(file: "v1-single-pc.jsonl", codec: .vp8, source: 4_239_934_571, [(640, 360, 94)]),
        RecordedVideo(
            file: "muted.jsonl", codec: .vp8, source: 1_349_562_784,
            [
                (1_280, 720, 25), (320, 180, 1), (640, 360, 141), (320, 180, 38), (640, 360, 14), (1_280, 720, 22),
                (640, 360, 1), (320, 180, 19), (640, 360, 11), (1_280, 720, 1), (640, 360, 27), (8, 8, 6),
            ]),
        RecordedVideo(file: "v0-vp9.jsonl", codec: .vp9, source: 1_410_042_706, [(640, 360, 89)]),
        RecordedVideo(file: "v0-h264.jsonl", codec: .h264, source: 37_211_418, [(640, 360, 91), (2, 2, 1)]),
    ]

    private init(file: String, codec: VideoCodec, source: UInt32, _ sizes: [(Int, Int, Int)]) {
        self.file = file
        self.codec = codec
        self.source = source
        self.sizes = sizes.map { Run(width: $0.0, height: $0.1, count: $0.2) }
    }

    func frames() throws -> [EncodedVideoFrame] { try VideoCapture.frames(file, codec, source: source) }
}

@Suite(.enabled(if: VideoCapture.hasFolder, "needs ../shared/captures")) struct RecordedVideoTests {
    @Test("Recordings of a real server decode to pictures of the sizes that are in them", arguments: RecordedVideo.all)
    func sizes(_ recording: RecordedVideo) throws {
        let decoder = VideoDecoder(recording.codec)
        var runs: [RecordedVideo.Run] = []
        for frame in try recording.frames() {
            guard let picture = try decoder.decode(frame) else { continue }
            if let last = runs.last, last.width == picture.width, last.height == picture.height {
                runs[runs.count - 1].count += 1
            } else {
                runs.append(.init(width: picture.width, height: picture.height, count: 1))
            }
            #expect(picture.range == .limited)
        }
        #expect(runs == recording.sizes)
    }

    @Test(
        "Every sample is what ffmpeg makes of the same stream",
        .enabled(if: Program.isThere("ffmpeg"), "needs ffmpeg"), arguments: RecordedVideo.all)
    func exact(_ recording: RecordedVideo) throws {
        let frames = try recording.frames()
        let decoder = VideoDecoder(recording.codec)
        let ours = try frames.flatMap { try decoder.decode($0)?.samples ?? [] }
        let theirs = try FFmpeg.decode(frames)
        // Of VP9 it also shows the lower layer of the first picture, whose higher one refers to it.
        let lower = recording.codec == .vp9 ? 320 * 180 * 3 / 2 : 0
        #expect(theirs.count == lower + ours.count)
        #expect(Array(theirs.dropFirst(lower)) == ours)
    }
}
