import SansIO
import Wire

extension SessionCore {
    /// Takes up what holds beyond the room in which it was said.
    mutating func take(_ predecessor: RoomPredecessor, at now: Instant) {
        let history = SessionHistory(predecessor.entries)
        // Once this room's own journal has begun, its opt-outs are in it, with what was chosen since.
        if !restoredStart.hasBegun { takeOptOuts(of: history, at: now) }
        guard history.isPaused || history.isEnded, !history.isClosed, !restoredStart.isSteered else { return }
        // A clock that was put back makes nothing last longer.
        let until = min(instant(predecessor.aliveAt), now) + configuration.consent.carryOver
        guard now < until else { return }
        carryOver = CarryOver(
            isPaused: history.isPaused, isEnded: history.isEnded, witnesses: Set(history.noticed.keys), until: until)
        carryOut(hints.policy.setPaused(true, at: now), at: now)
    }

    private mutating func takeOptOuts(of history: SessionHistory, at now: Instant) {
        for (identity, sources) in history.optedOut.sorted(by: { $0.key < $1.key }) {
            guard consent.optedOut[identity] == nil, let chosenAt = history.optedOutAt[identity],
                now - min(instant(chosenAt), now) < configuration.consent.optOutLifetime
            else { continue }
            consent.restore(optOut: sources, of: identity)
            // With its own time, so that no room makes it last longer.
            let event = JournalEntry.Event.optedOut(identity: identity, sources: sources.sorted())
            emit(.record(JournalEntry(at: chosenAt, event: event)))
        }
    }

    /// Somebody of the earlier room is here: it is the same session, and what was said holds.
    mutating func settleCarryOver(by facts: ParticipantFacts, at now: Instant) {
        guard let carried = carryOver, now < carried.until, facts.isActive, carried.witnesses.contains(facts.identity),
            consent.isAddressed(facts)
        else { return }
        carryOver = nil
        if carried.isPaused {
            isPaused = true
            record(.paused(by: ""), at: now)
        }
        if carried.isEnded {
            isEnded = true
            record(.ended(by: ""), at: now)
        }
        setOff(at: now)
        tellEveryone(isEnded ? .off : .paused, at: now)
    }

    mutating func expireCarryOver(at now: Instant) {
        guard let carried = carryOver, now >= carried.until else { return }
        forgetCarryOver(at: now)
    }

    /// This is another session than that of the earlier room.
    mutating func forgetCarryOver(at now: Instant) {
        carryOver = nil
        carryOut(hints.policy.setPaused(!isOn, at: now), at: now)
        updateListening(at: now)
    }
}
