import LiveKit
import NIOCore
import SansIO
import SwiftProtobuf

extension ServerCore {
    /// A data packet of a participant: checked, stamped with its sender, handed on.
    func receiveData(
        _ buffer: ByteBuffer, isReliable: Bool, from sender: Participant, in room: HostedRoom, at now: Instant
    ) {
        guard sender.permission.canPublishData,
            var packet = try? Livekit_DataPacket(serializedBytes: Array(buffer.readableBytesView)),
            mayPass(packet, from: sender)
        else { return }
        if isReliable, packet.sequence != 0 {
            // Sent again after a resume, though it had come.
            guard packet.sequence > sender.lastSequence else { return }
            sender.lastSequence = packet.sequence
        }
        packet.kind = isReliable ? .reliable : .lossy
        stamp(&packet, from: sender)
        distribute(packet, from: sender.sid, in: room, at: now)
    }

    private func mayPass(_ packet: Livekit_DataPacket, from sender: Participant) -> Bool {
        switch packet.value {
        case .transcription: sender.isAgent
        case .speaker, nil: false
        default: true
        }
    }

    private func stamp(_ packet: inout Livekit_DataPacket, from sender: Participant) {
        let identity = sender.isHidden ? "" : sender.identity.text
        let isOnBehalf =
            sender.isAgent && !packet.participantIdentity.isEmpty
            && Identity(packet.participantIdentity) != sender.identity
        packet.participantSid = sender.sid
        switch packet.value {
        case .user(var user):
            user.participantIdentity = identity
            user.participantSid = sender.isHidden ? "" : sender.sid
            packet.value = .user(user)
            packet.participantIdentity = identity
        case .chatMessage(var chat) where isOnBehalf:
            chat.generated = true
            packet.value = .chatMessage(chat)
        case .streamHeader(var header) where isOnBehalf:
            if case .textHeader(var text) = header.contentHeader {
                text.generated = true
                header.contentHeader = .textHeader(text)
            }
            packet.value = .streamHeader(header)
        default:
            packet.participantIdentity = identity
        }
    }

    /// Sends a packet to those it is for, or to everyone but its sender.
    func distribute(_ packet: Livekit_DataPacket, from sender: ParticipantSID?, in room: HostedRoom, at now: Instant) {
        guard let bytes: [UInt8] = try? packet.serializedBytes() else { return }
        let isReliable = packet.kind == .reliable
        if isReliable { room.remember(packet, from: sender, bytes: bytes.count, at: now, rules: rules) }
        let buffer = ByteBuffer(bytes: bytes)
        for receiver in room.participants
        where receiver.state == .active && receiver.sid != sender && packet.isFor(receiver) {
            emit(.media(.send(buffer, isReliable: isReliable), of: receiver.sid))
        }
    }

    /// Sends again what came in the last moments, from beyond what the receiver says it has.
    func replay(
        to receiver: Participant, in room: HostedRoom, beyond states: [Livekit_DataChannelReceiveState] = [],
        at now: Instant
    ) {
        let known = Dictionary(states.map { ($0.publisherSid, $0.lastSeq) }, uniquingKeysWith: max)
        for cached in room.remembered(at: now) where cached.sender != receiver.sid && cached.packet.isFor(receiver) {
            if let last = cached.sender.flatMap({ known[$0] }), cached.packet.sequence <= last { continue }
            guard let bytes: [UInt8] = try? cached.packet.serializedBytes() else { continue }
            emit(.media(.send(ByteBuffer(bytes: bytes), isReliable: true), of: receiver.sid))
        }
    }

    /// What a client says after it resumed.
    func synchronise(
        _ state: Livekit_SyncState, of participant: Participant, in room: HostedRoom, at now: Instant
    ) {
        if state.hasSubscription { updateSubscription(state.subscription, of: participant, in: room) }
        for sid in state.trackSidsDisabled {
            var settings = participant.settings[sid] ?? .with { $0.quality = .high }
            settings.disabled = true
            set(settings, for: sid, of: participant, in: room)
        }
        replay(to: participant, in: room, beyond: state.datachannelReceiveStates, at: now)
    }
}

extension Livekit_DataPacket {
    /// Whether the packet is addressed to nobody in particular, or to this participant, in the new place or the old.
    fileprivate func isFor(_ participant: Participant) -> Bool {
        var identities = destinationIdentities
        var sids: [String] = []
        if case .user(let user) = value {
            identities += user.destinationIdentities
            sids = user.destinationSids
        }
        if identities.isEmpty && sids.isEmpty { return true }
        return identities.contains { Identity($0) == participant.identity } || sids.contains(participant.sid)
    }
}
