import LiveKit
import SansIO

extension ServerCore {
    /// A client's signalling connection is gone, whichever side closed it.
    func signalClosed(_ signal: SignalID, at now: Instant) {
        guard let binding = signals.removeValue(forKey: signal) else { return }
        let participant = binding.participant
        guard participant.signal == signal else { return }
        participant.signal = nil
        // Once its transport is up, a participant lives by that; before, nothing else would notice.
        if !participant.wasConnected { remove(participant, from: binding.room, reason: .signalClose, at: now) }
    }

    /// Takes a participant out of its room.
    ///
    /// - Parameter isReplaced: whether another session of the same identity has taken its place.
    func remove(
        _ participant: Participant, from room: HostedRoom, reason: Livekit_DisconnectReason,
        action: Livekit_LeaveRequest.Action = .disconnect, isReplaced: Bool = false, at now: Instant
    ) {
        guard participant.state != .disconnected else { return }
        room.remove(participant)
        if let signal = participant.signal {
            sendLeave(reason, action, level: participant.join.protocolLevel, to: signal)
            emit(.closeSignal(signal))
            signals[signal] = nil
            participant.signal = nil
        }
        emit(.media(.close, of: participant.sid))
        var info = participant.info
        for track in participant.published { unsubscribeAll(from: track.info.sid, in: room) }
        participant.published = []
        participant.state = .disconnected
        participant.version &+= 1
        info.state = .disconnected
        info.version = participant.version
        info.tracks = []
        info.disconnectReason = reason
        if !isReplaced { announce(participant, in: room, as: info, at: now) }
        endJobs(of: participant.identity, in: room)
        if !participant.isDependent, room.standardParticipants == 0 { room.closing = now + room.departureTimeout }
        roomChanged(room, at: now)
    }

    /// The transport of a participant broke: it may resume for a while, if its signalling is there to be told.
    func transportFailed(_ participant: Participant, in room: HostedRoom, at now: Instant) {
        guard let signal = participant.signal else {
            // Its other connection fails too, within the time it has to resume.
            guard participant.removal == nil else { return }
            return remove(participant, from: room, reason: .connectionTimeout, at: now)
        }
        sendLeave(.connectionTimeout, .resume, level: participant.join.protocolLevel, to: signal)
        emit(.closeSignal(signal))
        signals[signal] = nil
        participant.signal = nil
        participant.removal = (now + rules.resumeWindow, .connectionTimeout)
    }

    func timeout(_ participant: Participant, in room: HostedRoom, at now: Instant) {
        if let removal = participant.removal, removal.at <= now {
            return remove(participant, from: room, reason: removal.reason, at: now)
        }
        if participant.offers.isOverdue(at: now) {
            if participant.wasConnected, participant.signal != nil {
                return remove(participant, from: room, reason: .stateMismatch, action: .reconnect, at: now)
            }
            participant.offers.abandon()
        }
        perform(participant.offers.timeout(at: now), of: participant)
        if let due = participant.tokenRefresh, due <= now { refreshToken(of: participant, at: now) }
    }
}
