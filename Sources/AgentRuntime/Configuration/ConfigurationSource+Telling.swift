import Settings

extension ConfigurationSourceCore.Output {
    /// How a process tells of it: nothing for what the source does itself.
    var told: (level: LogLevel, text: String)? {
        switch self {
        case .look, .read: nil
        case .apply(_, let changes):
            (.notice, "configuration: running rooms take up \(changes.joined(separator: ", "))")
        case .needsRestart(let keys):
            (.warning, "configuration: \(keys.joined(separator: ", ")) changed, which takes effect after a restart")
        case .refused(let refusal):
            (.error, "configuration: not taken up, what was there before still counts: \(refusal.problems)")
        case .recovered: (.notice, "configuration: it can be used again")
        case .unchanged: (.info, "configuration: read again, nothing changed for running rooms")
        }
    }
}

extension JaskMetrics {
    /// Counts what became of a changed configuration.
    func observe(_ output: ConfigurationSourceCore.Output) {
        switch output {
        case .apply: configurationChanges.add(1, "applied")
        case .refused:
            configurationChanges.add(1, "refused")
            configurationIsRefused.set(1)
        case .recovered: configurationIsRefused.set(0)
        case .look, .read, .needsRestart, .unchanged: break
        }
    }
}
