import Foundation
import LiveKit
import SansIO

extension ServerCore {
    /// A message of a client. Those of connections that are gone, and kinds that are unknown, are ignored.
    func receive(_ request: Livekit_SignalRequest, from signal: SignalID, at now: Instant) {
        guard let binding = signals[signal], let message = request.message else { return }
        let (room, participant) = (binding.room, binding.participant)
        switch message {
        case .offer(let offer): receive(offer: offer, from: participant)
        case .answer(let answer):
            receive(answer, from: participant, in: room, at: now)
        case .trickle(let trickle):
            guard let candidate = CandidateInit.candidate(in: trickle.candidateInit) else { return }
            emit(.media(.addCandidate(candidate, trickle.target), of: participant.sid))
        case .addTrack(let request): addTrack(request, of: participant, at: now)
        case .mute(let mute): self.mute(mute.sid, mute.muted, of: participant, in: room, at: now)
        case .subscription(let update): updateSubscription(update, of: participant, in: room)
        case .trackSetting(let settings):
            for sid in settings.trackSids { set(settings, for: sid, of: participant, in: room) }
        case .syncState(let state): synchronise(state, of: participant, in: room, at: now)
        case .updateMetadata(let update): updateMetadata(update, of: participant, in: room, at: now)
        case .leave(let leave): self.leave(leave, participant, in: room, at: now)
        case .ping: send(.pong(milliseconds(at: now)), to: participant)
        case .pingReq(let ping):
            var pong = Livekit_Pong()
            pong.lastPingTimestamp = ping.timestamp
            pong.timestamp = milliseconds(at: now)
            send(.pongResp(pong), to: participant)
        // Who may subscribe to whom is not narrowed here: everybody may.
        case .subscriptionPermission: break
        }
    }

    func receive(offer: Livekit_SessionDescription, from participant: Participant) {
        let tracks = participant.pending + participant.published
        let plain = tracks.filter(\.info.disableRed).map(\.clientID)
        let named = tracks.compactMap { track in track.codec.map { (track.clientID, $0) } }
        emit(
            .media(
                .answer(
                    offer: offer.sdp, id: offer.id, withoutRED: Set(plain),
                    codecs: Dictionary(named, uniquingKeysWith: { first, _ in first })), of: participant.sid))
    }

    private func receive(
        _ answer: Livekit_SessionDescription, from participant: Participant, in room: HostedRoom, at now: Instant
    ) {
        let isCurrent = participant.offers.answered(id: answer.id, at: now, delay: rules.offerDelay)
        guard isCurrent else { return }
        emit(.media(.accept(answer: answer.sdp), of: participant.sid))
        forwardSubscriptions(of: participant, in: room)
    }

    private func leave(
        _ leave: Livekit_LeaveRequest, _ participant: Participant, in room: HostedRoom, at now: Instant
    ) {
        let honoured: Set<Livekit_DisconnectReason> = [.userUnavailable, .userRejected, .agentError]
        let reason = honoured.contains(leave.reason) ? leave.reason : .clientInitiated
        remove(participant, from: room, reason: reason, at: now)
    }

    private func updateMetadata(
        _ update: Livekit_UpdateParticipantMetadata, of participant: Participant, in room: HostedRoom, at now: Instant
    ) {
        let isAllowed = participant.permission.canUpdateMetadata
        if isAllowed {
            if !update.metadata.isEmpty { participant.metadata = update.metadata }
            if !update.name.isEmpty { participant.name = update.name }
            // An empty value takes an attribute away.
            participant.attributes.merge(update.attributes) { _, new in new }
            participant.attributes = participant.attributes.filter { !$0.value.isEmpty }
            participant.version &+= 1
            announce(participant, in: room, isImmediate: true, at: now)
            roomChanged(room, at: now)
            refreshToken(of: participant, at: now)
        }
        respond(isAllowed ? .ok : .notAllowed, to: update.requestID, .updateMetadata(update), of: participant)
    }

    /// Refusals are always told, success only to clients that know the message for it.
    func respond(
        _ reason: Livekit_RequestResponse.Reason, to requestID: UInt32,
        _ request: Livekit_RequestResponse.OneOf_Request, of participant: Participant
    ) {
        guard reason != .ok || participant.join.protocolLevel >= 14 else { return }
        var response = Livekit_RequestResponse()
        response.requestID = requestID
        response.reason = reason
        response.request = request
        send(.requestResponse(response), to: participant)
    }
}

/// The JSON in which candidates travel.
enum CandidateInit {
    private struct Fields: Codable {
        var candidate: String
    }

    static func candidate(in json: String) -> String? {
        try? JSONDecoder().decode(Fields.self, from: Data(json.utf8)).candidate
    }

    /// - Parameters:
    ///   - attribute: a candidate attribute's value, which holds no character that JSON would escape.
    ///   - mid: of the first section, which carries the transport of all.
    static func json(_ attribute: String, mid: String) -> String {
        let mid = mid.filter { $0 != "\"" && $0 != "\\" }
        return #"{"candidate":"\#(attribute)","sdpMid":"\#(mid)","sdpMLineIndex":0,"usernameFragment":null}"#
    }
}
