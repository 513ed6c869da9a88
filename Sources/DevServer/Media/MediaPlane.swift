import LiveKit
import NIOCore
import RTCCore
import RTCNetwork
import SansIO

/// The peer connections of all participants, and the way of the packets between them. Confined to one event loop.
final class MediaPlane {
    let eventLoop: any EventLoop
    let identity: DTLSIdentity
    let addresses: [IPAddress]
    let log: @Sendable (String) -> Void
    var random: RandomSource
    var onEvent: ((ParticipantSID, MediaEvent) -> Void)?

    /// Until when every datagram of a participant (or of all, under "") is dropped.
    private var blackouts: [ParticipantSID: Instant] = [:]
    /// Which share of a participant's datagrams is dropped, each way.
    private var losses: [ParticipantSID: (share: Double, random: SplitMix64)] = [:]
    private(set) var lostDatagrams = 0
    private var participants: [ParticipantSID: ParticipantMedia] = [:]

    init(
        eventLoop: any EventLoop, identity: DTLSIdentity, addresses: [IPAddress], random: RandomSource,
        log: @escaping @Sendable (String) -> Void
    ) {
        self.eventLoop = eventLoop
        self.identity = identity
        self.addresses = addresses
        self.random = random
        self.log = log
    }

    func perform(_ command: MediaCommand, of sid: ParticipantSID) {
        if case .open(let isSingle) = command {
            participants[sid] = ParticipantMedia(sid, isSingle: isSingle, plane: self)
            participants[sid]?.open()
            return
        }
        guard let media = participants[sid] else { return }
        switch command {
        case .open: break
        case .answer(let offer, let id, let plain, let codecs):
            media.answer(offer, id: id, withoutRED: plain, codecs: codecs)
        case .makeOffer(let restartsICE): media.makeOffer(restartsICE: restartsICE)
        case .countSections: media.countSections()
        case .accept(let answer): media.accept(answer)
        case .addCandidate(let candidate, let target): media.addCandidate(candidate, target)
        case .subscribe(let track):
            media.subscribe(to: track)
        case .unsubscribe(let track): media.unsubscribe(from: track)
        case .setPaused(let track, let isPaused):
            media.setPaused(isPaused, track)
        case .setWish(let track, let wish): media.setWish(wish, track)
        case .setMuted(let mid, let isMuted):
            guard media.setMuted(isMuted, mid: mid) else { return }
            for other in participants.values { other.publisherMuted(isMuted, sid, mid: mid) }
        case .send(let packet, let isReliable): media.send(packet, isReliable: isReliable)
        case .close:
            participants[sid] = nil
            losses[sid] = nil
            media.close()
        }
    }

    // MARK: Forwarding

    /// Hands a publisher's packet to everyone who subscribed to its track.
    func forward(_ packet: UptrackPacket, from publisher: ParticipantSID) {
        for media in participants.values where media.sid != publisher {
            media.forward(packet, from: publisher)
        }
    }

    func requestKeyFrame(of track: ForwardedTrack, layer: Int) {
        participants[track.publisher]?.requestKeyFrame(mid: track.publisherMID, layer: layer)
    }

    // MARK: Faults

    /// Drops all datagrams, of one participant or of all, until then.
    func blackOut(_ sid: ParticipantSID?, until end: Instant) {
        blackouts[sid ?? ""] = end
    }

    /// Drops a share of the participant's datagrams, each way, until it is set to 0.
    func lose(_ share: Double, seed: UInt64, of sid: ParticipantSID) {
        losses[sid] = share > 0 ? (share, SplitMix64(seed: seed)) : nil
    }

    func drops(_ sid: ParticipantSID) -> Bool {
        if var loss = losses[sid] {
            let isLost = Double.random(in: 0..<1, using: &loss.random) < loss.share
            losses[sid] = loss
            if isLost {
                lostDatagrams += 1
                return true
            }
        }
        guard !blackouts.isEmpty else { return false }
        let now = Instant.onEventLoop
        blackouts = blackouts.filter { $0.value > now }
        return blackouts[sid] != nil || blackouts[""] != nil
    }

    /// Closes everything. What the connections would still say is not sent if the world is blacked out.
    func closeAll() {
        for media in participants.values { media.close() }
        participants = [:]
    }
}
