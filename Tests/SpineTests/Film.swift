import Foundation
import Pictures
import RenderedCandidate
import SansIO
import VirtualCandidate

/// What a rendered camera shows, as a file that LiveKit's client can play (YUV4MPEG2).
enum Film {
    /// - Returns: the file, in a temporary folder of its own.
    static func write(_ script: CameraScript, width: Int = 320, height: Int = 180, rate: Int = 10) throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("jask-film-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appendingPathComponent("film.y4m")
        var camera = try RenderedCamera(script, width: width, height: height)
        var bytes = Data(RawFilm.header(width: width, height: height, rate: rate))
        for number in 0..<Int(script.duration.inSeconds * Double(rate)) {
            bytes += RawFilm.frame(try camera.picture(at: .seconds(number) / rate))
        }
        try bytes.write(to: file)
        return file
    }

    static func remove(_ file: URL) { try? FileManager.default.removeItem(at: file.deletingLastPathComponent()) }
}
