import LiveKit

/// Why a session is over.
public enum SessionEnd: Sendable, Hashable, CustomStringConvertible {
    /// The server closed the room, or it was deleted.
    case roomClosed
    /// Another assistant took its identity over: the one that joined last stays.
    case displaced
    /// Somebody took the assistant out of the room.
    case removed
    /// An interviewer ended the assistant.
    case ended(by: String)
    /// The server ended the job.
    case terminated
    /// The worker is being stopped.
    case drained
    /// The server was restarted and made the room anew, which is another room.
    case roomReplaced
    case failed(String)

    init(_ reason: SignalDisconnect) {
        switch reason {
        case .leftLocally: self = .drained
        case .refused, .gaveUp, .noMedia: self = .failed(reason.description)
        case .serverLeft(let cause):
            switch cause {
            case .roomClosed, .roomDeleted: self = .roomClosed
            case .duplicateIdentity: self = .displaced
            case .participantRemoved: self = .removed
            default: self = .failed(reason.description)
            }
        }
    }

    /// What the server is told about the job.
    var result: JobResult {
        if case .failed(let reason) = self { return .failure(reason) }
        return .success
    }

    /// Whether the room may go on and still wants an assistant.
    var leavesRoomUncovered: Bool {
        switch self {
        case .failed, .roomReplaced: true
        case .roomClosed, .displaced, .removed, .ended, .terminated, .drained: false
        }
    }

    /// Whether a person does not want the assistant any more.
    var isDismissal: Bool {
        switch self {
        case .removed, .ended: true
        default: false
        }
    }

    /// A short name for metrics.
    public var label: String {
        switch self {
        case .roomClosed: "room_closed"
        case .displaced: "displaced"
        case .removed: "removed"
        case .ended: "ended"
        case .terminated: "terminated"
        case .drained: "drained"
        case .roomReplaced: "room_replaced"
        case .failed: "failed"
        }
    }

    public var description: String {
        switch self {
        case .roomClosed: "the room was closed"
        case .displaced: "another assistant took over"
        case .removed: "the assistant was removed"
        case .ended(let by): "\(by) ended the assistant"
        case .terminated: "the server ended the job"
        case .drained: "the worker stops"
        case .roomReplaced: "the server made the room anew"
        case .failed(let reason): reason
        }
    }
}
