import AgentRuntime
import ArgumentParser
import Settings

/// `jask config`: what is set, and from where.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Shows settings, their bounds and where their values come from.",
        usage: """
            jask config [PREFIX] [OPTIONS]
            jask config docs
            """,
        discussion: "PREFIX, such as 'policy', shows the settings that begin with it; all without one.",
        subcommands: [Explain.self, Documentation.self], defaultSubcommand: Explain.self)

    struct Explain: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The settings that begin with PREFIX, or all.")

        @OptionGroup var server: ServerOptions
        @Argument(help: "Such as 'policy' or 'claude.model'.") var prefix = ""

        func run() throws {
            let text = try server.load().explanation(prefix)
            guard !text.isEmpty else { throw CommandFailure("no setting begins with '\(prefix)'") }
            print(text)
        }
    }

    struct Documentation: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "docs", abstract: "The table of all settings, as in docs/configuration.md.")

        func run() { print(Schema.documentation, terminator: "") }
    }
}
