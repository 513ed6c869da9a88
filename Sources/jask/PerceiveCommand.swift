import AgentRuntime
import ArgumentParser
import Foundation
import Recording
import SansIO
import Settings

/// `jask perceive`: what would be heard and seen of recordings, under the settings that count.
struct PerceiveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "perceive",
        abstract: "Shows what is heard and seen in sound and video files, under your settings.",
        discussion: """
            The same models, rules and settings as in a room, on the file's own time; nobody else speaks, and there is no \
            code. ffmpeg reads the files. Nothing is sent and nothing is written but the plot that --plot names. Exits \
            with 1 where a file could not be perceived, or not to its end; the others are. 'jask film' makes a film to \
            try it on.
            """)

    @Argument(help: "Sound, video or picture files.") var files: [String]
    @Flag(help: "One JSON object a line instead of text; t is in seconds of the file.") var json = false
    @Flag(help: "With --json also the scores of every chunk of sound and every look.") var scores = false
    @Option(help: "Draws one file's scores and events: NAME.svg or NAME.png.") var plot: String?
    @Flag(help: "With --plot also small pictures of the file where gestures begin; nothing else shows any.")
    var frames = false
    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "A setting for this run, above all others; again for more: --set pause.minimum=2s", valueName: "key=value"))
    var settings: [String] = []
    @Option(help: "The configuration file, YAML (environment: JASK_CONFIG).") var config: String?

    func validate() throws {
        guard !files.isEmpty else { throw ValidationError("name the files to perceive") }
        if scores, !json { throw ValidationError("--scores goes with --json") }
        if frames, plot == nil { throw ValidationError("--frames goes with --plot") }
        if let plot {
            guard files.count == 1 else { throw ValidationError("--plot draws one file: name one") }
            try checkPlot(plot)
        }
        _ = try layer()
    }

    /// Before the work, which may take long.
    private func checkPlot(_ plot: String) throws {
        guard PlotKind(file: plot) != nil else { throw ValidationError("--plot \(plot): name an .svg or a .png") }
        if let problem = OutputFile(plot).problem { throw ValidationError("--plot \(plot): \(problem)") }
    }

    func run() throws {
        let configuration = try load()
        CoreDumps.forbid(unless: configuration[Schema.worker.coreDumps]) { Terminal.complain($1) }
        if let plot, PlotKind(file: plot) == .png { try checkPNG(plot) }
        guard let folder = configuration.modelsFolder(environment: ProcessInfo.processInfo.environment) else {
            throw CommandFailure("no folder for models is known: set HOME or JASK_MODELS")
        }
        let perception = RecordingPerception(
            configuration: RecordingConfiguration(configuration), models: RecordingModels(folder: folder))
        perception.keepsFrames = frames
        var failed = 0
        for (index, file) in files.enumerated() {
            if index > 0, !json { print() }
            if try !perceive(file, by: perception) { failed += 1 }
        }
        if failed > 0 { throw ExitCode.failure }
    }

    /// - Returns: whether all of the file could be perceived.
    private func perceive(_ file: String, by perception: RecordingPerception) throws -> Bool {
        let bar = ProgressBar(name: file)
        let report: RecordingReport
        do {
            report = try perception.perceive(file) { bar?.show($0.at, of: $0.of, after: $0.took) }
        } catch {
            bar?.clear()
            Terminal.complain("\(file): \(error)")
            return false
        }
        bar?.clear()
        show(report, of: file, perception.configuration)
        if let plot { try draw(report, of: file, perception.configuration, to: plot) }
        // The text says it too, and who reads that on a terminal need not read it twice.
        if json || isatty(STDOUT_FILENO) == 0 {
            for fault in report.faults where !fault.reachesEnd { Terminal.complain("\(file): \(fault)") }
        }
        return report.isWhole
    }

    private func show(_ report: RecordingReport, of file: String, _ configuration: RecordingConfiguration) {
        if json {
            let lines = RecordingLines(
                file: files.count > 1 ? file : nil, hasScores: scores, gesture: configuration.perception.gesture)
            for line in lines.lines(of: report) { print(line) }
            for note in report.notes { Terminal.complain("\(file): \(note)") }
        } else {
            print(RecordingPage(isColoured: Terminal.showsColours).text(of: report, file: file))
        }
        fflush(nil)
    }

    /// Whether there is what draws pixels, before the work.
    private func checkPNG(_ plot: String) throws {
        let dot = #"<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>"#
        do { _ = try PlotImage.png(svg: dot) } catch { throw CommandFailure("\(plot): \(error)") }
    }

    private func draw(
        _ report: RecordingReport, of file: String, _ configuration: RecordingConfiguration, to plot: String
    ) throws {
        let drawing = RecordingPlot(configuration: configuration.perception).svg(of: report, file: file)
        do {
            let data = PlotKind(file: plot) == .png ? try PlotImage.png(svg: drawing) : Data(drawing.utf8)
            try data.write(to: URL(fileURLWithPath: plot))
        } catch let error as CocoaError {
            throw CommandFailure("\(plot) cannot be written: \(error.localizedDescription)")
        } catch {
            throw CommandFailure("\(plot): \(error)")
        }
    }

    /// Defaults, file, environment and `--set`, in that order.
    private func load() throws -> Configuration {
        let environment = ProcessInfo.processInfo.environment
        let file = config ?? environment["JASK_CONFIG"]
        KnownSecrets.add([environment["LIVEKIT_API_SECRET"], environment["ANTHROPIC_API_KEY"]])
        let configuration = try readable { try Configuration.load(file: file, environment: environment) }
            .adding(try layer())
        KnownSecrets.add(configuration.secrets)
        do {
            try configuration.validatedForProcess()
        } catch {
            let text = KnownSecrets.clear("\(error)")
            // What goes against another setting was given wrongly too.
            let isGiven = error.errors.contains { $0.origin == Self.origin }
            guard isGiven else { throw CommandFailure(text) }
            Terminal.complain(text)
            throw ExitCode.validationFailure
        }
        return configuration
    }

    private static let origin = Configuration.Origin.commandLine(option: "--set")

    /// What `--set` says.
    private func layer() throws -> Configuration.Layer {
        var layer = Configuration.Layer()
        for text in settings {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw ValidationError("--set \(text): key=value is what it takes, such as pause.minimum=2s")
            }
            do throws(ConfigurationError) {
                try layer.set(parts[0], to: parts[1], origin: Self.origin)
            } catch {
                throw ValidationError(KnownSecrets.clear("\(error)"))
            }
        }
        return layer
    }
}

/// As what a plot is written.
private enum PlotKind: String {
    case svg, png

    /// By the name's end; nil for another.
    init?(file: String) { self.init(rawValue: URL(fileURLWithPath: file).pathExtension.lowercased()) }
}
