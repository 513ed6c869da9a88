import SansIO
import Session

/// What happens in a room before its session can begin: until data can be sent and the journal was read, which a disk may
/// hold up for long.
///
/// Bounded a sender, so that a flood costs nobody else's opt-out; of a participant only the last state is kept.
struct WaitingInputs: Sendable {
    static let mostOfSender = 64
    static let mostBytesOfSender = 4 << 20
    /// Of all senders, what is larger than `small`.
    static let mostBytes = 32 << 20
    static let small = 4096

    private struct Sender: Sendable {
        var count = 0
        var bytes = 0
    }

    private(set) var inputs: [SessionInput] = []
    /// Data that were passed over.
    private(set) var dropped = 0
    private var senders: [Identity?: Sender] = [:]
    private var bytes = 0
    /// Where the last state of each participant stands who has not left since.
    private var states: [Identity: Int] = [:]

    mutating func append(_ input: SessionInput) {
        switch input {
        case .participant(let facts):
            if let index = states[facts.identity] {
                inputs[index] = input
                return
            }
            states[facts.identity] = inputs.count
        case .participantLeft(let identity): states[identity] = nil
        case .packet(_, let sender, let payload): guard hasRoom(for: payload.count, of: sender) else { return }
        case .text(_, let sender, let attributes, let text, _):
            let size = attributes.reduce(text.utf8.count) { $0 + $1.key.utf8Count + $1.value.utf8.count }
            guard hasRoom(for: size, of: sender) else { return }
        // Old by the time the session begins.
        case .picture:
            dropped += 1
            return
        case .streamFailed(_, let sender, _), .tooMuch(let sender): guard hasRoom(for: 0, of: sender) else { return }
        default: break
        }
        inputs.append(input)
    }

    private mutating func hasRoom(for size: Int, of sender: Identity?) -> Bool {
        var state = senders[sender] ?? Sender()
        guard state.count < Self.mostOfSender, state.bytes + size <= Self.mostBytesOfSender,
            size <= Self.small || bytes + size <= Self.mostBytes
        else {
            dropped += 1
            return false
        }
        state.count += 1
        state.bytes += size
        senders[sender] = state
        bytes += size
        return true
    }
}
