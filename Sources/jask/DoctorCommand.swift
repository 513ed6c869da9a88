import AgentRuntime
import ArgumentParser
import Claude
import Coach
import Foundation
import Inference
import LiveKit
import Perception
import PerceptionModels
import RTCNetwork
import SansIO
import Settings

/// `jask doctor`: what is missing, and how to get it.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Checks models, settings, the LiveKit server and Claude; says what to do.")

    @OptionGroup var server: ServerOptions

    func run() async throws {
        var report = Report()
        var configuration: Configuration?
        do {
            configuration = try server.load()
            report.good("configuration", "can be read")
        } catch {
            report.bad("configuration", "\(error)")
        }
        checkModel(configuration, &report)
        checkVision(configuration ?? Configuration(), &report)
        checkAddresses(configuration?.interfaces ?? InterfacePolicy(), &report)
        if let configuration {
            checkState(configuration, &report)
            await checkServer(configuration, &report)
            await checkClaude(configuration, &report)
        }
        if report.problems > 0 {
            throw CommandFailure("\(report.problems) thing\(report.problems == 1 ? "" : "s") to do; see above")
        }
    }

    private func checkModel(_ configuration: Configuration?, _ report: inout Report) {
        let usual = SileroModel.defaultPath(environment: ProcessInfo.processInfo.environment)
        let chosen = configuration?.modelsDirectory ?? ""
        guard let path = chosen.isEmpty ? usual : chosen + "/" + SileroModel.fileName else {
            return report.bad("voice model", "no folder for models is known: set HOME or JASK_MODELS")
        }
        do {
            _ = try SileroModel.load(path: path)
            report.good("voice model", "\(path) answers as it should")
        } catch {
            report.bad("voice model", "\(error)")
        }
    }

    /// Without these only gestures are off, which they may be by setting.
    private func checkVision(_ configuration: Configuration, _ report: inout Report) {
        guard configuration[Schema.gesture.enabled] else {
            return report.note("vision models", "are not needed: gesture.enabled is false")
        }
        guard let folder = configuration.modelsFolder(environment: ProcessInfo.processInfo.environment) else {
            return report.bad("vision models", "no folder for models is known: set HOME or JASK_MODELS")
        }
        do {
            _ = try LiteRTVision(folder: folder)
            report.good("vision models", "\(folder): engine and models answer as they should")
        } catch {
            report.bad("vision models", "\(error); without it gestures are off")
        }
    }

    private func checkAddresses(_ interfaces: InterfacePolicy, _ report: inout Report) {
        do {
            let addresses = try interfaces.addresses()
            let list = addresses.map(\.description).joined(separator: ", ")
            if addresses.allSatisfy(\.isLoopback) {
                report.note("network", "only loopback (\(list)): a LiveKit server elsewhere cannot be reached")
            } else {
                report.good("network", list)
            }
        } catch {
            report.bad("network", "interfaces cannot be listed: \(error)")
        }
    }

    private func checkState(_ configuration: Configuration, _ report: inout Report) {
        let directory = configuration.stateDirectory
        do {
            try StateFolder.check(directory)
            report.good("state folder", "\(StateFolder.absolute(directory)) can be written")
        } catch {
            report.bad("state folder", "\(error)")
        }
    }

    private func checkServer(_ configuration: Configuration, _ report: inout Report) async {
        var settings: WorkerConfiguration?
        do {
            let worker = try configuration.worker()
            settings = worker
            let api = ServerAPI(
                server: try ServerURL(worker.url), key: try configuration.key())
            let rooms = try await api.listRooms()
            report.good("LiveKit server", "\(worker.url) answers; \(rooms.count) room(s)")
        } catch {
            report.bad("LiveKit server", settings?.explanation(of: error) ?? "\(error)")
        }
    }

    private func checkClaude(_ configuration: Configuration, _ report: inout Report) async {
        guard let claude = configuration.claude else {
            return report.note("Claude", "no ANTHROPIC_API_KEY: hints come from the rehearsed coach")
        }
        do {
            let client = ClaudeClient(configuration: claude, random: .system)
            if let entry = try await client.learn(), entry.lifecycle != "retired" {
                let alias = entry.id == claude.model ? "" : ", which is \(entry.id)"
                let retires = entry.retiresAt.map { "; it retires \($0)" } ?? ""
                let text = "\(claude.baseURL) has the model \(claude.model)\(alias)\(retires)"
                if entry.lifecycle == "deprecated" {
                    report.note("Claude", text + ": choose another for claude.model")
                } else {
                    report.good("Claude", text)
                }
                return await checkRequest(client, &report)
            }
            // A gateway may have a list alone.
            let models = try await client.listModels()
            if models.contains(claude.model) {
                report.good("Claude", "\(claude.baseURL) has the model \(claude.model)")
                return await checkRequest(client, &report)
            }
            let near = Self.nearest(to: claude.model, among: models).prefix(8).joined(separator: ", ")
            report.bad("Claude", "there is no model '\(claude.model)'; set claude.model to one of: \(near)")
        } catch {
            report.bad("Claude", "\(claude.baseURL): \(error)")
        }
    }

    /// Has a request counted as it would be sent: free, and refused where the request would be.
    private func checkRequest(_ client: ClaudeClient, _ report: inout Report) async {
        var random = RandomSource.system
        let prompt = Composer().compose(ClaudeCoach.example, random: &random)
        do throws(ClaudeError) {
            let tokens = try await client.countTokens(prompt)
            report.good("Claude's request", "is taken as it is sent (\(client.mode)); \(tokens) tokens without code")
        } catch {
            switch error.kind {
            case .notFound:
                report.note("Claude's request", "cannot be tried: \(client.configuration.baseURL) counts no tokens")
            case .invalidRequest:
                report.bad(
                    "Claude's request",
                    "is refused as it is sent (\(client.mode)): \(error); see claude.output_mode, claude.thinking, claude.effort"
                )
            default: report.bad("Claude's request", "\(error)")
            }
        }
    }

    /// Those that begin most alike first, else in the order of the list.
    private static func nearest(to name: String, among models: [String]) -> [String] {
        models.enumerated().map { (shared: name.commonPrefix(with: $1).count, index: $0, id: $1) }
            .sorted { ($1.shared, $0.index) < ($0.shared, $1.index) }.map(\.id)
    }

    private struct Report {
        var problems = 0

        func good(_ what: String, _ text: String) { line("ok", what, text) }
        func note(_ what: String, _ text: String) { line("--", what, text) }

        mutating func bad(_ what: String, _ text: String) {
            problems += 1
            line("!!", what, text)
        }

        private func line(_ mark: String, _ what: String, _ text: String) {
            print(mark, "", what.padding(toLength: 16, withPad: " ", startingAt: 0), KnownSecrets.clear(text))
        }
    }
}
