import Foundation
import LiveKit
import RenderedCandidate
import SansIO
import Synchronization
import VirtualCandidate

/// Candidates in a process of their own, so that what they cost is not counted, or waited for, with anything else.
final class CandidatesProcess {
    /// The first argument of such a process.
    static let argument = "--candidates"

    /// What they show.
    enum Show: String {
        case voices, cameras, hands

        var script: CameraScript? {
            switch self {
            case .voices: nil
            case .cameras: Film.script
            case .hands: Film.handAlone
            }
        }
    }

    /// What they tell of a room.
    enum News: String {
        case microphone, camera, notice, raisedHand
    }

    private let process = Process()
    private let output: ProcessOutput

    /// - Parameters:
    ///   - prefix: of the rooms' names.
    ///   - onNews: called on a thread of the system's.
    init(
        _ count: Int, on server: MediaServer, prefix: String, showing show: Show, lasting: Duration,
        onNews: @escaping @Sendable (News, String) -> Void
    ) throws {
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [
            Self.argument, server.url, server.secret, prefix, "\(count)", show.rawValue,
            "\(lasting.wholeMilliseconds / 1000)",
        ]
        output = ProcessOutput(of: process, ready: "") { line in
            let words = line.split(separator: " ")
            guard words.count == 2, let news = News(rawValue: String(words[0])) else { return }
            onNews(news, String(words[1]))
        }
        try process.run()
    }

    var lastWords: String { output.end }

    func stop() {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    /// The other process.
    static func main(_ arguments: [String]) async throws {
        guard arguments.count == 6, let count = Int(arguments[3]), let show = Show(rawValue: arguments[4]),
            let seconds = Int(arguments[5])
        else { throw Failed(reason: "\(argument) URL SECRET PREFIX COUNT voices|cameras|hands SECONDS") }
        let stage = try await Stage.start(on: try .running(at: arguments[0], secret: arguments[1]))
        let film = try show.script.map { try SharedFilm($0, width: 640, height: 360) }
        let candidates = try (0..<count).map { number in
            let room = "\(arguments[2])-\(number)"
            return try stage.watched(room: room, film: film, limit: .seconds(seconds)) { event in
                switch event {
                case .microphonePublished: say("\(News.microphone.rawValue) \(room)")
                case .cameraPublished: say("\(News.camera.rawValue) \(room)")
                case .packet("jask.notice", _, _): say("\(News.notice.rawValue) \(room)")
                case .packet("jask.hint", _, let text) where text.contains("raised_hand"):
                    say("\(News.raisedHand.rawValue) \(room)")
                case .left(let reason): say("left \(room): \(reason)")
                default: break
                }
            }
        }
        await withTaskGroup(of: Void.self) { group in
            for candidate in candidates {
                group.addTask {
                    do { _ = try await candidate.run() } catch { say("a candidate was lost: \(error)") }
                }
            }
        }
    }
}
