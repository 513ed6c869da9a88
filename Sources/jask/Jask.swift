import ArgumentParser

/// The command line.
@main
struct Jask: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jask",
        abstract: "A hidden helper for coding interviews in LiveKit rooms.",
        discussion: """
            'jask start' registers with a LiveKit server and is dispatched into its rooms; 'jask demo' shows the main \
            job on this machine; 'jask doctor' says what is missing and how to get it.
            """,
        version: "0.1.0",
        subcommands: [
            StartCommand.self, DevCommand.self, DemoCommand.self, TokenCommand.self, DoctorCommand.self,
            ConfigCommand.self, PerceiveCommand.self, FilmCommand.self,
        ])
}
