import Dispatch
import RTCNetwork
import SansIO
import Settings
import Synchronization

/// Where a process's configuration can be read again while it runs.
public struct ConfigurationReader: Sendable {
    /// The file to look at; nil where there is none: then it is read again only when that is asked for.
    public var file: String?
    /// Reads file, environment and command line anew. Its error's text is logged: it must not hold a secret.
    public var read: @Sendable () throws -> Configuration

    public init(file: String?, read: @escaping @Sendable () throws -> Configuration) {
        self.file = file
        self.read = read
    }
}

/// Looks after a process's configuration: on a queue of its own, since files are read there.
final class ConfigurationSource: Sendable {
    private let reader: ConfigurationReader
    private let onOutput: @Sendable (ConfigurationSourceCore.Output) -> Void
    private let queue = DispatchQueue(label: "jask.configuration", qos: .utility)
    private let state: Mutex<State>

    /// Touched on the queue; the lock is what tells the compiler so, and what `stop` needs.
    private struct State {
        var core: ConfigurationSourceCore
        var isStopped = false
    }

    /// - Parameters:
    ///   - started: what the process was started with.
    ///   - onOutput: called on the queue, in order, for what is not the source's own doing.
    init(
        _ reader: ConfigurationReader, started: Configuration,
        interval: Duration = ConfigurationSourceCore.usualInterval,
        onOutput: @escaping @Sendable (ConfigurationSourceCore.Output) -> Void
    ) {
        self.reader = reader
        self.onOutput = onOutput
        state = Mutex(
            State(
                core: ConfigurationSourceCore(
                    started: started, followsFile: reader.file != nil, interval: interval, at: .onEventLoop)))
    }

    func start() { queue.async { self.turn() } }

    /// Reads everything now.
    func reload() {
        queue.async {
            self.state.withLock { $0.core.receive(.asked, at: .onEventLoop) }
            self.turn(isTimed: false)
        }
    }

    /// Nothing is told afterwards but what is being told just now.
    func stop() { state.withLock { $0.isStopped = true } }

    /// Carries out what the core wants; a timed turn begins with its timeout and arranges the next.
    private func turn(isTimed: Bool = true) {
        if isTimed { state.withLock { $0.core.timeout(at: .onEventLoop) } }
        while let output = state.withLock({ $0.isStopped ? nil : $0.core.pollOutput() }) { perform(output) }
        guard isTimed, let deadline = state.withLock({ $0.isStopped ? nil : $0.core.deadline }) else { return }
        let wait = max(.zero, deadline - .onEventLoop).wholeNanoseconds
        queue.asyncAfter(deadline: .now() + .nanoseconds(Int(wait))) { [weak self] in self?.turn() }
    }

    private func perform(_ output: ConfigurationSourceCore.Output) {
        switch output {
        case .look: receive(.looked(reader.file.flatMap { FileStamp(path: $0) }))
        case .read:
            let before = reader.file.flatMap { FileStamp(path: $0) }
            let result = Result { try reader.read() }.mapError { ConfigurationSourceCore.Refusal(error: $0) }
            receive(.read(result, before: before, after: reader.file.flatMap { FileStamp(path: $0) }))
        default: onOutput(output)
        }
    }

    private func receive(_ input: ConfigurationSourceCore.Input) {
        state.withLock { $0.core.receive(input, at: .onEventLoop) }
    }
}

extension ConfigurationSourceCore.Refusal {
    init(error: any Error) {
        let text = (error as? ConfigurationErrors)?.errors.map(\.description).joined(separator: "; ") ?? "\(error)"
        problems = text.split(whereSeparator: \.isNewline).joined(separator: "; ")
    }
}
