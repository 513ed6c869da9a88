import Foundation
import LiveKit
import RenderedCandidate

/// What a virtual candidate does in the room.
public struct CandidateScript: Sendable {
    /// What is said, at the start.
    public var speech: WaveFile
    /// Times the speech is said, one after the other.
    public var repetitions = 1
    /// The silence between repetitions and before the first.
    public var gap = Duration.milliseconds(300)
    /// When the microphone is published, from the moment the room was joined.
    public var microphoneAfter = Duration.zero
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
    /// What the candidate does after each hint, the first after the first one.
    public var reactions: [Reaction] = []
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

    /// What follows a hint.
    public struct Reaction: Sendable, Hashable {
        /// When the speech is said once more, from the hint on; `nil`: nothing is said.
        public var speaksAfter: Duration?
        /// What the camera shows next, with times from the hint on; what is in place when the hint comes leaves it.
        public var steps: [CameraScript.Step]

        public init(speaksAfter: Duration?, steps: [CameraScript.Step] = []) {
            self.speaksAfter = speaksAfter
            self.steps = steps
        }
    }

    public init(speech: WaveFile, code: Code? = nil) {
        self.speech = speech
        self.code = code
    }

    /// A sentence, a faulty function, then silence. Both are part of this module.
    public static func demo() throws -> CandidateScript {
        let speech = try WaveFile(parsing: Array(try Data(contentsOf: speechFile())))
        let code = String(decoding: try Data(contentsOf: resource("solution", "py")), as: UTF8.self)
        return CandidateScript(speech: speech, code: Code(text: code, language: "python", path: "solution.py"))
    }

    /// The script of the demo: after the pause and its hint the candidate goes on, raises a hand until there is a hint,
    /// goes on, and puts a palm to the forehead until there is one. In between they lean the chin on a hand and drink,
    /// which means nothing.
    public static func demoWithCamera() throws -> CandidateScript {
        var script = try demo()
        script.camera = CandidateCamera(script: CameraScript([], duration: .seconds(60)))
        // Up for as long as one who waits for an answer has patience.
        let patience = Duration.seconds(15)
        script.reactions = [
            Reaction(
                speaksAfter: .seconds(1),
                steps: [
                    .init(.chin, at: .milliseconds(1500), hold: .milliseconds(2500)),
                    .init(.raiseHand, at: .milliseconds(6500), hold: patience),
                ]),
            Reaction(
                speaksAfter: .seconds(2),
                steps: [
                    .init(.drink, at: .milliseconds(2500), hold: .seconds(2)),
                    .init(.palmToForehead, at: .seconds(7), hold: patience),
                ]),
        ]
        script.untilHints = script.reactions.count + 1
        return script
    }

    /// What the demo's candidate says.
    public static func speechFile() throws -> URL { try resource("speech", "wav") }

    private static func resource(_ name: String, _ type: String) throws -> URL {
        guard let url = Bundle.module.url(forResource: name, withExtension: type, subdirectory: "Resources") else {
            throw CandidateError.missingResource("\(name).\(type)")
        }
        return url
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
