import AgentRuntime
import Foundation
import SansIO
import Session
import Synchronization

/// How far each room came on its way to a hint, so that it can be said why hints are missing.
final class HintTally: Sendable {
    private enum Stage: Int, CaseIterable {
        case uncovered, listening, voice, longPause, dropped, asked, answered, sent

        /// Where a room stands that came no further.
        var words: String {
            switch self {
            case .uncovered: "without an assistant"
            case .listening: "whose voice was never heard"
            case .voice: "in which no long pause was found"
            case .longPause: "whose moment still waits"
            case .dropped: "whose moment was dropped"
            case .asked: "whose coach has not answered"
            case .answered: "whose hint was not sent"
            case .sent: "with a hint"
            }
        }
    }

    private struct State {
        var stages: [String: Stage] = [:]
        var reasons: [String: Int] = [:]
        var shares: [Double] = []

        mutating func reach(_ stage: Stage, in room: RoomFacts) {
            guard stages[room.name.text].map({ $0.rawValue < stage.rawValue }) ?? true else { return }
            stages[room.name.text] = stage
        }
    }

    private let state = Mutex(State())

    /// Our own part of the time to each hint, in milliseconds, ascending.
    var shares: [Double] { state.withLock { $0.shares.sorted() } }

    func take(_ event: TimelineEvent, in room: RoomFacts) {
        state.withLock { state in
            switch event.kind {
            case .listening(_, true): state.reach(.listening, in: room)
            case .heard(.longPause): state.reach(.longPause, in: room)
            case .heard: state.reach(.voice, in: room)
            case .waiting(_, let reason): state.reasons["waits: \(reason)", default: 0] += 1
            case .dropped(_, let reason):
                state.reach(.dropped, in: room)
                state.reasons["dropped: \(reason)", default: 0] += 1
            case .asked: state.reach(.asked, in: room)
            case .answered: state.reach(.answered, in: room)
            case .withdrawn(_, let reason), .hintHeld(_, let reason), .hintDropped(_, let reason):
                state.reasons[reason, default: 0] += 1
            case .hintSent(let sent):
                state.reach(.sent, in: room)
                state.shares.append(sent.ownShare / .milliseconds(1))
            default: break
            }
        }
    }

    /// Where the rooms without a hint stand, the reasons that were given, and how busy the machine is.
    func explanation(rooms: Int) -> String {
        let (stages, reasons) = state.withLock { ($0.stages, $0.reasons) }
        var counts: [Stage: Int] = [.uncovered: rooms - stages.count]
        for stage in stages.values { counts[stage, default: 0] += 1 }
        let stands = Stage.allCases.filter { $0 != .sent && counts[$0, default: 0] > 0 }
            .map { "\(counts[$0, default: 0]) \($0.words)" }
        let why = reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(5).map { "\($0.key) × \($0.value)" }
        return "rooms: \(stands.joined(separator: ", "))"
            + (why.isEmpty ? "" : "; reasons: \(why.joined(separator: ", "))")
            + "; load \(number(machineLoad)) on \(ProcessInfo.processInfo.activeProcessorCount) cores"
    }
}
