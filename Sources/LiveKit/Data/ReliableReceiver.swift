import SansIO

/// Drops reliable packets that arrive twice: the server replays the last two seconds to those who join or resume.
package struct ReliableReceiver: Sendable {
    private struct Source {
        var last: UInt32
        var at: Instant
    }

    private var sources: [String: Source] = [:]
    /// How long a silent sender is remembered.
    package let memory: Duration
    /// The most senders remembered.
    package let mostSources: Int

    package init(memory: Duration = .seconds(30), mostSources: Int = 1024) {
        self.memory = memory
        self.mostSources = mostSources
    }

    /// Whether a packet is new. Packets without sid or number always are.
    package mutating func accept(sid: String, sequence: UInt32, at now: Instant) -> Bool {
        guard sequence > 0, !sid.isEmpty else { return true }
        if let known = sources[sid], now - known.at < memory {
            guard sequence > known.last else { return false }
        } else if sources.count >= mostSources, sources[sid] == nil {
            makeRoom(at: now)
        }
        sources[sid] = Source(last: sequence, at: now)
        return true
    }

    /// Forgets a sender that left.
    package mutating func forget(sid: String) {
        sources[sid] = nil
    }

    /// What was received, for `SyncState.datachannel_receive_states`.
    package var receiveStates: [Livekit_DataChannelReceiveState] {
        sources.sorted { $0.key < $1.key }.map { sid, source in
            .with {
                $0.publisherSid = sid
                $0.lastSeq = source.last
            }
        }
    }

    private mutating func makeRoom(at now: Instant) {
        sources = sources.filter { now - $0.value.at < memory }
        if sources.count >= mostSources, let oldest = sources.min(by: { $0.value.at < $1.value.at }) {
            sources[oldest.key] = nil
        }
    }
}
