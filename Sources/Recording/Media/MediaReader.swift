import Pictures
import SansIO

/// Reads a media file by ffmpeg, a piece at a time: sound as 16 kHz mono, and of its pictures as many, and as large, as
/// will be looked at. Times are since the file's beginning, as the file says, whatever its frame rate.
final class MediaReader {
    enum Piece {
        case sound([Int16], at: Instant)
        case picture(I420Picture, at: Instant)
    }

    /// No playlist may name what is elsewhere: nothing but files is opened.
    static let fileOptions = ["-protocol_whitelist", "file"]

    let description: MediaContent
    private let file: String
    private let process: MediaProcess
    private var blocks: MatroskaReader
    private let pool = PicturePool(mostPixels: 4_096 * 4_096, mostKept: 2)
    /// What was left aside.
    let notes: [String]
    /// What is missing or could not be decoded, once the end was reached.
    private(set) var faults: [RecordingFault] = []
    private var end = MediaEnd()
    /// How long a picture stands for, in seconds.
    private let interval: Double

    /// - Parameters:
    ///   - width: pictures are made as narrow.
    ///   - rate: pictures a second.
    ///   - wantsPictures: whether there is anybody who looks at them.
    init(file: String, width: Int, rate: Double, wantsPictures: Bool) throws(MediaError) {
        var description = try MediaContent(file: file)
        if !wantsPictures {
            if description.sound == nil { throw .noStreams(found: ["pictures, which gesture.enabled leaves out"]) }
            description.leavesPictures = description.pictures != nil
            description.pictures = nil
        }
        self.description = description
        self.file = file
        interval = 1 / max(rate, 0.01)
        notes = description.notes
        let process = try MediaProcess(
            "ffmpeg", Self.arguments(file: file, description, width: width, rate: rate))
        self.process = process
        blocks = MatroskaReader { process.read(atMost: $0) }
    }

    deinit { process.stop() }

    /// The next piece; nil at the end.
    func next() throws(MediaError) -> Piece? {
        guard let block = try blocks.next() else {
            try finish()
            return nil
        }
        let time = Instant.zero + .milliseconds(max(block.time, 0))
        let seconds = (time - .zero).inSeconds
        guard block.track.isSound else {
            end.pictures = max(end.pictures ?? 0, seconds + interval)
            return .picture(try picture(block), at: time)
        }
        end.sound = max(end.sound ?? 0, seconds + Double(block.bytes.count / 2) / Double(SoundFormat.rate))
        let samples = stride(from: 0, to: block.bytes.count - 1, by: 2).map { index in
            Int16(bitPattern: UInt16(block.bytes[index]) | UInt16(block.bytes[index + 1]) << 8)
        }
        return .sound(samples, at: time)
    }

    private func finish() throws(MediaError) {
        let (status, complaints, count) = process.finish()
        guard status == 0 else {
            throw .brokenOff(reason: MediaContent.reason(complaints, about: file))
        }
        if let first = complaints.first {
            let plain = MediaContent.reason([first], about: file)
            faults.append(.damaged(complaints: max(count, complaints.count), first: plain))
        }
        if description.pictures?.isStill != true,
            let early = try end.fault(of: description, file: file, complained: !complaints.isEmpty)
        {
            faults.append(early)
        }
    }

    private func picture(_ block: MatroskaReader.Block) throws(MediaError) -> I420Picture {
        let (width, height) = (block.track.width, block.track.height)
        do {
            return try pool.makePicture(width: width, height: height, range: .limited) { planes throws(MediaError) in
                let (luma, chroma) = (planes.stride * planes.height, planes.chromaStride * planes.chromaHeight)
                guard block.bytes.count == luma + 2 * chroma else {
                    throw .badStream("a picture of \(block.bytes.count) bytes for \(width) × \(height)")
                }
                block.bytes.withUnsafeBufferPointer { bytes in
                    guard let start = bytes.baseAddress else { return }
                    planes.y.update(from: start, count: luma)
                    planes.u.update(from: start + luma, count: chroma)
                    planes.v.update(from: start + luma + chroma, count: chroma)
                }
            }
        } catch {
            throw error as? MediaError ?? .badStream("\(error)")
        }
    }

    // MARK: What ffmpeg is told

    private static func arguments(
        file: String, _ description: MediaContent, width: Int, rate: Double
    ) -> [String] {
        var arguments = ["-nostdin", "-hide_banner", "-v", "error"] + fileOptions + ["-i", "file:" + file]
        if let sound = description.sound {
            arguments += ["-map", "0:\(sound.index)", "-c:a", "pcm_s16le", "-ar", "\(SoundFormat.rate)", "-ac", "1"]
        }
        if let pictures = description.pictures {
            // Times to the millisecond, not to the nearest picture of a fixed rate.
            arguments += [
                "-map", "0:\(pictures.index)", "-vf", filter(pictures, width: width, rate: rate), "-c:v", "rawvideo",
                "-fps_mode", "passthrough", "-enc_time_base:v", "1:1000",
            ]
        }
        return arguments + ["-map_metadata", "-1", "-map_chapters", "-1", "-f", "matroska", "-"]
    }

    /// Sizes are even, and stay the same where a recording changes its own: what is of another shape gets borders.
    private static func filter(_ pictures: MediaContent.Pictures, width: Int, rate: Double) -> String {
        let wide = max(min(width, pictures.width) / 2 * 2, 2)
        let high = min(max((pictures.height * wide / pictures.width + 1) / 2 * 2, 2), highest)
        let squared = pictures.isSquare ? [] : ["scale=w='max(2,iw*if(sar,sar,1))':h=ih:flags=area", "setsar=1"]
        return
            (["select='\(pace(rate))'"] + squared + [
                "scale=\(wide):\(high):force_original_aspect_ratio=decrease:flags=area"
                    + ":out_color_matrix=bt601:out_range=tv",
                "pad=\(wide):\(high):-1:-1", "format=yuv420p",
            ]).joined(separator: ",")
    }

    /// Pictures of a shape that no camera has are made smaller still.
    private static let highest = 4_096

    /// The rule of `PicturePace` in a room, in ffmpeg's terms: what will not be looked at is not even made small. Memory 0
    /// is when the next picture is due, 1 whether there was one.
    static func pace(_ rate: Double) -> String {
        let interval = 1 / max(rate, 0.01)
        // Files have times in milliseconds, and what is due then exactly must not be lost to a rounding.
        let isDue = "gte(t+0.000001,ld(0)-\(interval / 4))"
        let next = "if(ld(1),max(ld(0)+\(interval),t+\(interval * 0.75)),t+\(interval))"
        return "if(not(ld(1))+\(isDue),1+0*st(0,\(next))+0*st(1,1),0)"
    }
}

/// How sound is decoded.
enum SoundFormat {
    static let rate = 16_000
}
