import LiveKit
import SansIO

extension ServerAPI {
    /// Asks an assistant whether it lives; it answers by its attribute `jask.alive`.
    func probe(_ identity: String, room: String, question: String) async throws(ServerAPIError) {
        try await sendData(
            .with {
                $0.room = room
                $0.topic = AgentInstance.probeTopic
                $0.data = .init(question.utf8)
                $0.kind = .reliable
                $0.destinationIdentities = [identity]
            })
    }

    /// Whether an assistant answers a question; any new answer counts, also one to another worker.
    func answers(_ assistant: RoomView.Assistant, room: String, within patience: Duration) async -> Bool {
        let end = Instant.onEventLoop + patience
        do {
            try await probe(
                assistant.identity, room: room, question: String(UInt64.random(in: 0 ... .max), radix: 36))
            while Instant.onEventLoop < end {
                try await Task.sleep(for: .milliseconds(200))
                let info = try await participant(Identity(assistant.identity), room: RoomName(room))
                guard info.sid == assistant.sid else { return false }
                if info.attributes[AgentInstance.aliveAttribute] != assistant.answered { return true }
            }
        } catch {
            // Not there any more, or the server does not say: whoever comes is better than nobody.
        }
        return false
    }
}
