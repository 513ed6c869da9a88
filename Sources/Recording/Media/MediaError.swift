/// Why a media file cannot be perceived, and what to do.
public enum MediaError: Error, Hashable, Sendable, CustomStringConvertible {
    case noTool(name: String)
    case notThere
    case notReadable
    case isFolder
    /// `reason` is ffmpeg's.
    case notMedia(reason: String)
    case noStreams(found: [String])
    /// Reading ended before the file did; `reason` is ffmpeg's.
    case brokenOff(reason: String)
    /// What ffmpeg gave cannot be understood.
    case badStream(String)
    case notStarted(tool: String, reason: String)

    public var description: String {
        switch self {
        case .noTool(let name):
            "\(name) is not on the path, and it is what reads media files: install it (Debian: apt-get install ffmpeg)"
        case .notThere: "there is no such file"
        case .notReadable: "it may not be read: check the permissions"
        case .isFolder: "it is a folder: name the files in it"
        case .notMedia(let reason): "ffmpeg cannot read it: \(reason); check that it is a whole sound or video file"
        case .noStreams(let found):
            "it has neither sound nor pictures"
                + (found.isEmpty ? "" : ", only \(found.joined(separator: ", "))")
                + "; name a file with a microphone's sound or a camera's pictures"
        case .brokenOff(let reason):
            "ffmpeg gave up before the end: \(reason); what is told is of the part before"
        case .badStream(let what): "ffmpeg's output cannot be understood: \(what); is it ffmpeg 5.1 or later?"
        case .notStarted(let tool, let reason): "\(tool) cannot be started: \(reason)"
        }
    }
}
