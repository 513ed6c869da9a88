import SansIO
import Wire

extension SessionCore {
    /// How long after one `jask.hello` the next of the same participant is answered.
    static let helloInterval = Duration.seconds(5)

    /// What a client says of itself counts at once. The answer is the notices that stand and the hints that still live,
    /// as packets to the sender alone; not too often, since an answer is larger than the question.
    mutating func take(_ hello: HelloMessage, from sender: Identity, at now: Instant) {
        guard let member = consent[sender] else { return }
        consent[sender]?.acknowledges = hello.acknowledges ?? false
        if let last = member.helloAnsweredAt, now - last < Self.helloInterval { return }
        consent[sender]?.helloAnsweredAt = now
        func shows(_ topic: TopicName) -> Bool { hello.shows?.contains(topic) ?? true }
        // A first notice that has not left is still to come.
        if shows(Topic.notice), member.isNoticed { tellWhatStands(to: sender, at: now) }
        if shows(Topic.hint) { sendLiving(to: sender, at: now) }
        // Few clients send pictures: those that would say so by name.
        if hello.shows?.contains(Topic.frame) == true { tellWantedPictures(to: sender, isAsked: true, at: now) }
    }

    private mutating func tellWhatStands(to identity: Identity, at now: Instant) {
        guard let message = observingNotice(for: identity, at: now) else { return }
        enqueue(message, to: identity, inChat: false, at: now)
        let name = configuration.assistantName
        if isEnded || isPaused {
            let kind: NoticeMessage.Kind = isEnded ? .off : .paused
            enqueue(
                makeNotice(kind, text: NoticeText.state(kind, name: name), at: now), to: identity, inChat: false,
                at: now)
        }
        if !consent.ambiguous.isEmpty, !isEnded {
            enqueue(
                makeNotice(.noCandidate, text: NoticeText.noCandidate(name: name), at: now), to: identity,
                inChat: false, at: now)
        }
    }

    /// Under their ids, so that each is shown once; none that has been taken back since.
    private mutating func sendLiving(to identity: Identity, at now: Instant) {
        let role = consent.role(of: identity)
        guard isOn, role == .candidate || role == .interviewer else { return }
        for hint in hints.living(for: identity, at: now) where hint.tier <= hints.policy.ceiling {
            guard !outbox.holds(hint.id, for: identity) else { continue }
            enqueue(
                Outgoing(
                    id: "\(hint.id)/hello/\(makeID(at: now))",
                    content: .packet(topic: Topic.hint, payload: hint.payload), to: identity,
                    purpose: .hintAgain(hint.id), expiresAt: hint.expiresAt), at: now)
        }
    }
}
