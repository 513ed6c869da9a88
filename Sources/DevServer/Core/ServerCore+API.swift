import Foundation
import LiveKit
import SansIO

/// The server API's calls, permissions already checked.
extension ServerCore {
    func createRoom(_ request: Livekit_CreateRoomRequest, at now: Instant) throws(TwirpError) -> Livekit_Room {
        guard !request.name.isEmpty else { throw .init(.invalidArgument, "room name is required") }
        if let room = rooms[RoomName(request.name)] { return room.info }
        var configuration = Livekit_RoomConfiguration()
        configuration.emptyTimeout = request.emptyTimeout
        configuration.departureTimeout = request.departureTimeout
        configuration.maxParticipants = request.maxParticipants
        configuration.metadata = request.metadata
        configuration.agents = request.agents
        return createRoom(RoomName(request.name), configuration: configuration, at: now).info
    }

    func listRooms(_ request: Livekit_ListRoomsRequest) -> Livekit_ListRoomsResponse {
        let names = Set(request.names.map { RoomName($0) })
        var response = Livekit_ListRoomsResponse()
        response.rooms = rooms.values.filter { names.isEmpty || names.contains($0.name) }
            .sorted { ($0.createdAt, $0.name) < ($1.createdAt, $1.name) }.map(\.info)
        return response
    }

    func deleteRoom(_ request: Livekit_DeleteRoomRequest, at now: Instant) throws(TwirpError)
        -> Livekit_DeleteRoomResponse
    {
        close(try room(request.room), reason: .roomDeleted, at: now)
        return Livekit_DeleteRoomResponse()
    }

    /// Hidden participants and agents are listed too.
    func listParticipants(_ request: Livekit_ListParticipantsRequest) -> Livekit_ListParticipantsResponse {
        var response = Livekit_ListParticipantsResponse()
        response.participants = rooms[RoomName(request.room)]?.participants.map(\.info) ?? []
        return response
    }

    func getParticipant(_ request: Livekit_RoomParticipantIdentity) throws(TwirpError) -> Livekit_ParticipantInfo {
        try participant(request.identity, in: request.room).1.info
    }

    func removeParticipant(_ request: Livekit_RoomParticipantIdentity, at now: Instant) throws(TwirpError)
        -> Livekit_RemoveParticipantResponse
    {
        let (room, participant) = try participant(request.identity, in: request.room)
        remove(participant, from: room, reason: .participantRemoved, at: now)
        return Livekit_RemoveParticipantResponse()
    }

    func mutePublishedTrack(_ request: Livekit_MuteRoomTrackRequest, at now: Instant) throws(TwirpError)
        -> Livekit_MuteRoomTrackResponse
    {
        let (room, participant) = try participant(request.identity, in: request.room)
        guard request.muted else { throw .init(.failedPrecondition, "remote unmute not enabled") }
        guard let info = mute(request.trackSid, true, of: participant, in: room, at: now) else {
            throw .init(.notFound, "track not found")
        }
        var order = Livekit_MuteTrackRequest()
        order.sid = request.trackSid
        order.muted = true
        send(.mute(order), to: participant)
        var response = Livekit_MuteRoomTrackResponse()
        response.track = info
        return response
    }

    func sendData(_ request: Livekit_SendDataRequest, at now: Instant) throws(TwirpError)
        -> Livekit_SendDataResponse
    {
        guard request.nonce.isEmpty || request.nonce.count == 16 else {
            throw .init(.invalidArgument, "nonce should be 16-bytes or not present")
        }
        let room = try room(request.room)
        var user = Livekit_UserPacket()
        user.payload = request.data
        user.destinationSids = request.destinationSids
        user.destinationIdentities = request.destinationIdentities
        if request.hasTopic { user.topic = request.topic }
        user.nonce = request.nonce.isEmpty ? Data(sids.bytes(16)) : request.nonce
        var packet = Livekit_DataPacket()
        packet.kind = request.kind
        packet.destinationIdentities = request.destinationIdentities
        packet.user = user
        distribute(packet, from: nil, in: room, at: now)
        return Livekit_SendDataResponse()
    }

    // MARK: Dispatch

    func createDispatch(_ request: Livekit_CreateAgentDispatchRequest, at now: Instant) throws(TwirpError)
        -> Livekit_AgentDispatch
    {
        guard !request.room.isEmpty else { throw .init(.invalidArgument, "room name is required") }
        let room = rooms[RoomName(request.room)] ?? createRoom(RoomName(request.room), configuration: .init(), at: now)
        let dispatch = makeDispatch(
            agent: request.agentName, metadata: request.metadata, attributes: request.attributes, at: now)
        room.dispatches.append(dispatch)
        launchRoomJob(of: dispatch, in: room, at: now)
        return dispatch.message(room: room.name)
    }

    func listDispatch(_ request: Livekit_ListAgentDispatchRequest) throws(TwirpError)
        -> Livekit_ListAgentDispatchResponse
    {
        let room = try room(request.room)
        var response = Livekit_ListAgentDispatchResponse()
        response.agentDispatches = room.dispatches
            .filter { $0.deletion == nil && (request.dispatchID.isEmpty || $0.id == request.dispatchID) }
            .map { $0.message(room: room.name) }
        return response
    }

    func deleteDispatch(_ request: Livekit_DeleteAgentDispatchRequest, at now: Instant) throws(TwirpError)
        -> Livekit_AgentDispatch
    {
        let room = try room(request.room)
        guard
            let index = room.dispatches.firstIndex(where: { $0.id == request.dispatchID && $0.deletion == nil })
        else { throw .init(.notFound, "agent dispatch not found") }
        room.dispatches[index].deletion = .terminates(at: now + rules.dispatchGrace)
        return room.dispatches[index].message(room: room.name)
    }

    private func room(_ name: String) throws(TwirpError) -> HostedRoom {
        guard let room = rooms[RoomName(name)] else {
            throw .init(.notFound, "twirp error unknown: requested room does not exist")
        }
        return room
    }

    private func participant(_ identity: String, in name: String) throws(TwirpError) -> (HostedRoom, Participant) {
        let room = try room(name)
        guard let participant = room.participant(identity: Identity(identity)) else {
            throw .init(.notFound, "participant does not exist")
        }
        return (room, participant)
    }
}
