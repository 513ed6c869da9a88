import LiveKit
import SansIO

extension ServerCore {
    /// Makes a room, with the dispatches of its configuration, or the automatic one when that lists none.
    func createRoom(_ name: RoomName, configuration: Livekit_RoomConfiguration, at now: Instant) -> HostedRoom {
        let room = HostedRoom(
            sid: sids.make(.room), name: name, createdAt: milliseconds(at: now), turnPassword: sids.token(43),
            configuration: configuration, rules: rules, at: now)
        rooms[name] = room
        room.closing = now + room.emptyTimeout
        let agents = configuration.agents.isEmpty ? [Livekit_RoomAgentDispatch()] : configuration.agents
        for agent in agents {
            let dispatch = makeDispatch(
                agent: agent.agentName, metadata: agent.metadata, attributes: agent.attributes, at: now)
            room.dispatches.append(dispatch)
            launchRoomJob(of: dispatch, in: room, at: now)
        }
        return room
    }

    /// Sends everybody away and forgets the room.
    func close(_ room: HostedRoom, reason: Livekit_DisconnectReason, at now: Instant) {
        for participant in room.participants { remove(participant, from: room, reason: reason, at: now) }
        for (id, record) in jobs where record.room == room.name { jobs[id] = nil }
        rooms[room.name] = nil
    }

    /// Tells everyone at once that the server goes.
    func shutDown(at now: Instant) {
        for room in Array(rooms.values) { close(room, reason: .serverShutdown, at: now) }
        for worker in workers.keys { emit(.closeWorker(worker)) }
    }

    /// Tells the others of a participant's state: of publishers at once, of others with the next batch.
    ///
    /// A hidden participant's state is told to nobody, not even to itself.
    func announce(
        _ participant: Participant, in room: HostedRoom, isImmediate: Bool = false,
        as info: Livekit_ParticipantInfo? = nil, at now: Instant
    ) {
        guard !participant.isHidden else { return }
        let info = info ?? participant.info
        room.batch.removeAll { $0.sid == info.sid }
        if isImmediate || info.isPublisher || rules.updateBatch == .zero {
            broadcast([info], in: room)
        } else {
            room.batch.append(info)
            room.batchDeadline = room.batchDeadline ?? now + rules.updateBatch
        }
    }

    /// The counts may have changed; everyone is told once they are counted.
    func roomChanged(_ room: HostedRoom, at now: Instant) { room.counts.changed(at: now) }

    private func count(_ room: HostedRoom, at now: Instant) {
        let publishers = room.participants.count { $0.isPublisher }
        guard room.counts.count(participants: room.standardParticipants, publishers: publishers, at: now) else {
            return
        }
        var update = Livekit_RoomUpdate()
        update.room = room.info
        for participant in room.participants { send(.roomUpdate(update), to: participant) }
    }

    private func broadcast(_ participants: [Livekit_ParticipantInfo], in room: HostedRoom) {
        var update = Livekit_ParticipantUpdate()
        update.participants = participants
        let left = participants.filter { $0.state == .disconnected }
        for participant in room.participants {
            if participant.signal == nil { participant.missedDepartures += left }
            send(.update(update), to: participant)
        }
    }

    func timeout(_ room: HostedRoom, at now: Instant) {
        if let due = room.batchDeadline, due <= now {
            room.batchDeadline = nil
            let batch = room.batch
            room.batch = []
            if !batch.isEmpty { broadcast(batch, in: room) }
        }
        if let due = room.counts.due, due <= now { count(room, at: now) }
        timeoutDispatches(of: room, at: now)
        if let due = room.closing, due <= now { close(room, reason: .roomClosed, at: now) }
    }
}
