import Foundation
import LiveKit

/// What a virtual candidate does in the room.
public struct CandidateScript: Sendable {
    /// What is said, at the start.
    public var speech: WaveFile
    /// Times the speech is said, one after the other.
    public var repetitions = 1
    /// The silence between repetitions and before the first.
    public var gap = Duration.milliseconds(300)
    /// Whether the candidate speaks only once told what is observed (`jask.notice`): what is said before is not heard.
    public var awaitsNotice = false
    /// What the camera shows; `nil`: there is none.
    public var camera: CandidateCamera?
    /// What is sent as JPEG pictures by data (`jask.frame`), at its rate or at the one that the assistant asks for if that
    /// is lower, in the size of its largest layer; `nil`: none are.
    public var pictures: CandidateCamera?
    /// The code that is sent as a text stream; `nil` sends none.
    public var code: Code?
    /// When the code is sent, from the moment the room was joined.
    public var codeAfter = Duration.seconds(2)
    /// Whether hints are acknowledged.
    public var acknowledges = true
    /// The candidate leaves after so many hints.
    public var untilHints = 1
    /// The candidate leaves after this, hints or not.
    public var limit = Duration.seconds(60)

    public struct Code: Sendable {
        public var text: String
        public var language: String
        public var path: String
        public var revision: Int

        public init(text: String, language: String, path: String, revision: Int = 1) {
            self.text = text
            self.language = language
            self.path = path
            self.revision = revision
        }
    }

    public init(speech: WaveFile, code: Code? = nil) {
        self.speech = speech
        self.code = code
    }

    /// The script of the demo: a sentence, a faulty function, then silence. Both are part of this module.
    public static func demo() throws -> CandidateScript {
        let speech = try WaveFile(parsing: Array(try resource("speech", "wav")))
        let code = String(decoding: try resource("solution", "py"), as: UTF8.self)
        return CandidateScript(speech: speech, code: Code(text: code, language: "python", path: "solution.py"))
    }

    private static func resource(_ name: String, _ type: String) throws -> Data {
        guard let url = Bundle.module.url(forResource: name, withExtension: type, subdirectory: "Resources") else {
            throw CandidateError.missingResource("\(name).\(type)")
        }
        return try Data(contentsOf: url)
    }
}

/// Why a candidate could not play its part.
public enum CandidateError: Error, CustomStringConvertible, Sendable {
    case missingResource(String)
    case disconnected(SignalDisconnect)

    public var description: String {
        switch self {
        case .missingResource(let name):
            "\(name) is missing beside the executable: build with 'swift build', which copies it there"
        case .disconnected(let reason): "the room was lost: \(reason)"
        }
    }
}
