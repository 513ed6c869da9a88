import ArgumentParser
import Foundation
import Pictures
import RenderedCandidate
import SansIO
import VirtualCandidate

/// `jask film`: a film of a person who does not exist, to try `jask perceive` on.
struct FilmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "film",
        abstract: "Writes a short film of a drawn person who makes gestures, to try 'jask perceive' on.",
        discussion: """
            The person speaks, does what --do says, one after the other with pauses between, and speaks again. Nobody real \
            is shown. ffmpeg writes the file, in what its name says: film.webm, film.mp4, film.mkv. That takes about as long \
            as the film lasts, with a width of 640. A file of that name is replaced once the film is whole; until then it \
            lies beside it as unfinished-NAME.
            """)

    @Argument(help: "The file: NAME.webm, NAME.mp4 or NAME.mkv.") var file: String
    @Option(
        name: .customLong("do"),
        help: ArgumentHelp(
            "What the person does, with commas between: \(FilmScript.names.joined(separator: ", ")).",
            valueName: "actions"))
    var actions = "raised_hand,cup,palm_to_forehead"
    @Option(help: "How many seconds of each, 0.3 to 60.") var hold = 3.0
    @Option(help: "How bright it is: 1 in a lit room, 0.25 in a dark one.") var light: Float = 1
    @Option(help: "Another number is another person in another room; 0 is the usual one.") var seed: UInt64 = 0
    @Option(help: "How wide it is, 160 to 1920 pixels, 16 to 9.") var width = 640
    @Option(help: "Pictures a second, 1 to 60.") var rate = 15

    private static let endings = ["webm", "mp4", "mkv"]

    func validate() throws {
        _ = try script()
        guard (0.3...60).contains(hold) else { throw ValidationError("--hold \(hold): from 0.3 to 60 is allowed") }
        guard (0.05...2).contains(light) else { throw ValidationError("--light \(light): from 0.05 to 2 is allowed") }
        guard (160...1920).contains(width) else {
            throw ValidationError("--width \(width): from 160 to 1920 is allowed")
        }
        guard (1...60).contains(rate) else { throw ValidationError("--rate \(rate): from 1 to 60 is allowed") }
        guard Self.endings.contains(where: { file.lowercased().hasSuffix(".\($0)") }) else {
            throw ValidationError(
                "\(file): its name must end in \(Self.endings.map { ".\($0)" }.joined(separator: ", "))")
        }
        if let problem = OutputFile(file).problem { throw ValidationError("\(file): \(problem)") }
    }

    func run() throws {
        let script = try script()
        var appearance = seed == 0 ? Appearance() : Appearance(seed: seed)
        appearance.light *= light
        // Chroma has half the samples each way.
        let (width, height) = (width / 2 * 2, width * 9 / 16 / 2 * 2)
        var camera = try readable {
            try RenderedCamera(script.camera, appearance: appearance, seed: max(seed, 1), width: width, height: height)
        }
        let writer = try FilmWriter(file: file, script: script, width: width, height: height, rate: rate)
        let (bar, began) = (ProgressBar(name: file), ContinuousClock.now)
        defer { bar?.clear() }
        for number in 0..<Int((script.camera.duration.inSeconds * Double(rate)).rounded(.up)) {
            let time = Duration.seconds(number) / rate
            guard try writer.write(try readable { try camera.picture(at: time) }) else { break }
            bar?.show(time, of: script.camera.duration, after: ContinuousClock.now - began)
        }
        try writer.finish()
        bar?.clear()
        for line in script.lines { print(line) }
    }

    private func script() throws -> FilmScript {
        let names = actions.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        let found = try names.map { name in
            guard let action = CameraScript.Action(rawValue: name) else {
                throw ValidationError("--do \(name): \(FilmScript.names.joined(separator: ", ")) are what there is")
            }
            return action
        }
        guard (1...50).contains(found.count) else { throw ValidationError("--do: from one action to 50 are allowed") }
        return FilmScript(found, hold: .seconds(hold))
    }
}

/// What happens in a film, and when.
struct FilmScript {
    static let names = CameraScript.Action.allCases.map(\.rawValue)

    let camera: CameraScript
    /// When the person speaks: always the same four seconds.
    let speech: [Duration]

    private static let between = Duration.seconds(4)
    private static let speechLength = Duration.milliseconds(4_300)

    init(_ actions: [CameraScript.Action], hold: Duration) {
        var time = Duration.seconds(7)
        let steps = actions.map { action in
            let step = CameraScript.Step(action, at: time, hold: hold)
            time = step.over + Self.between
            return step
        }
        speech = [.milliseconds(600), time]
        camera = CameraScript(steps, duration: time + Self.speechLength + .seconds(2))
    }

    /// What is to be found in it, for people.
    var lines: [String] {
        camera.steps.map { step in
            let times = [step.begin, step.end].map { String(format: "%5.1f", $0.inSeconds) }
            return "\(times[0]) s to \(times[1]) s  \(step.action.rawValue)"
        }
    }
}

/// Gives pictures to an ffmpeg that writes them, with what is said, to a file.
private final class FilmWriter {
    private let process = Process()
    private let input = Pipe()
    private let file: String
    /// What is written until the film is whole: beside it, with the same ending.
    private let unfinished: String

    init(file: String, script: FilmScript, width: Int, height: Int, rate: Int) throws {
        self.file = file
        let url = URL(fileURLWithPath: file)
        unfinished = url.deletingLastPathComponent().appendingPathComponent("unfinished-" + url.lastPathComponent).path
        let speech = try readable { try CandidateScript.speechFile() }
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["ffmpeg", "-hide_banner", "-v", "error", "-y", "-f", "yuv4mpegpipe", "-i", "pipe:0", "-i", speech.path]
            + ["-filter_complex", Self.sound(at: script.speech), "-map", "0:v", "-map", "[sound]"]
            // What cameras send, and in reasonable time.
            + (file.lowercased().hasSuffix(".webm")
                ? ["-c:v", "libvpx", "-b:v", "1500k", "-deadline", "realtime", "-cpu-used", "8"] : [])
            + ["-t", "\(script.camera.duration.inSeconds)", "file:" + unfinished]
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        // An ffmpeg that gives up is no reason to end without a word.
        signal(SIGPIPE, SIG_IGN)
        do { try process.run() } catch {
            throw CommandFailure("ffmpeg cannot be started: \(error.localizedDescription)")
        }
        _ = try write(bytes: RawFilm.header(width: width, height: height, rate: rate))
    }

    /// The same words several times, and silence else.
    private static func sound(at times: [Duration]) -> String {
        let count = times.count
        let copies = (0..<count).map { "[c\($0)]" }.joined()
        let delays = times.enumerated().map { "[c\($0)]adelay=\($1.wholeMilliseconds):all=1[d\($0)]" }
        let delayed = (0..<count).map { "[d\($0)]" }.joined()
        return (["[1:a]asplit=\(count)\(copies)"] + delays + ["\(delayed)amix=inputs=\(count):normalize=0,apad[sound]"])
            .joined(separator: ";")
    }

    /// - Returns: false where ffmpeg takes no more; `finish` says why.
    func write(_ picture: I420Picture) throws -> Bool { try write(bytes: RawFilm.frame(picture)) }

    private func write(bytes: [UInt8]) throws -> Bool {
        do {
            try input.fileHandleForWriting.write(contentsOf: bytes)
            return true
        } catch {
            return false
        }
    }

    func finish() throws {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
        switch process.terminationStatus {
        case 0:
            // Under its name only when it is whole.
            guard rename(unfinished, file) == 0 else {
                throw CommandFailure(
                    "\(file): it lies in \(unfinished), and cannot be renamed: \(String(cString: strerror(errno)))")
            }
        case 127:
            throw CommandFailure("ffmpeg is not on the path, and it writes films: install it (apt-get install ffmpeg)")
        case let status:
            unlink(unfinished)
            throw CommandFailure("\(file): ffmpeg could not write it (status \(status)); its reason is above")
        }
    }
}
