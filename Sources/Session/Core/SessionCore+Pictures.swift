import SansIO
import Wire

/// Pictures by data: they count as a camera, and are decoded only while it may be watched.
extension SessionCore {
    mutating func received(_ picture: ArrivedPicture, id: String, from sender: Identity?, at now: Instant) {
        // A picture of somebody whom the server has not announced yet is old by the time it does.
        guard let sender, !sender.isEmpty, let member = consent[sender] else {
            return note(.refused(topic: Topic.frame.text, sender: sender, code: "no_sender"), at: now)
        }
        guard consent.isAddressed(member.facts), consent.mayBeCandidate(sender) else {
            let error = WireError(.notAllowed, "only the candidate's pictures are looked at")
            return refuse(topic: Topic.frame, sender: sender, error, at: now)
        }
        var (intake, budget) = (member.pictures, member.allowances.pictures)
        let verdict = intake.receive(picture, configuration.pictures, &budget, at: now)
        consent[sender]?.pictures = intake
        consent[sender]?.allowances.pictures = budget
        if !member.sendsPictures, !isEnded { beginPictures(of: sender, at: now) }
        switch verdict {
        case .look(let takenAt):
            if consent.watching.contains(sender) {
                emit(.look(pictureID: id, participant: sender, takenAt: takenAt))
            }
        case .late: break
        case .excess(let isNews): refuseExcessPictures(of: sender, isNews: isNews, at: now)
        case .refused(let error): refuse(topic: Topic.frame, sender: sender, error, at: now)
        }
    }

    /// From now on there is a camera, which a notice has to name first.
    private mutating func beginPictures(of sender: Identity, at now: Instant) {
        consent[sender]?.sendsPictures = true
        tellAgain(sender, at: now)
        updateListening(at: now)
    }

    private mutating func refuseExcessPictures(of sender: Identity, isNews: Bool, at now: Instant) {
        guard isNews else {
            return note(
                .refused(topic: Topic.frame.text, sender: sender, code: WireError.Code.tooMuch.rawValue), at: now)
        }
        let error = WireError(
            .tooMuch,
            "more pictures come than are looked at; \(Self.text(configuration.pictures.rate)) a second are enough")
        refuse(topic: Topic.frame, sender: sender, error, at: now)
    }

    /// Tenths, where there are any.
    private static func text(_ rate: Double) -> String {
        let tenths = Int((rate * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }

    /// Who sends pictures is told which are wanted, and again where that has changed.
    mutating func tellWantedPictures(at now: Instant) {
        for identity in consent.members.keys.sorted() where consent[identity]?.sendsPictures == true {
            tellWantedPictures(to: identity, at: now)
        }
    }

    mutating func tellWantedPictures(to identity: Identity, isAsked: Bool = false, at now: Instant) {
        guard let member = consent[identity], member.facts.isActive else { return }
        let pictures = configuration.pictures
        let message = FrameMessage(
            wanted: isOn && consent.wantsPictures(of: member), rate: pictures.rate, width: pictures.width,
            maximumBytes: pictures.maximumBytes, maximumPixels: pictures.maximumPixels)
        guard isAsked || message != member.toldFrame else { return }
        consent[identity]?.toldFrame = message
        enqueue(
            Outgoing(
                id: "\(makeID(at: now))/frame", content: .packet(topic: Topic.frame, payload: message.encoded()),
                to: identity, purpose: .wantedPictures, supersedes: "frame"), at: now)
    }
}
