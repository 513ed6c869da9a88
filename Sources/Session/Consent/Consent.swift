import SansIO
import Wire

/// Who is who in a room, what each was told, and what each lets be used of their own. Sans-IO: one a room.
///
/// Decides nothing about sending: `SessionCore` says what was found here, and reports what has left.
struct Consent: Sendable {
    private(set) var members: [Identity: Member] = [:]
    /// Whoever dispatched the job may name people.
    var resolver = RoleResolver()
    /// The candidate's identity, where it is known; stays known while they are away.
    private(set) var candidate: Identity?
    /// Whom a role last named as the candidate.
    private var toldCandidate: Identity?
    /// Who could be the candidate, where more than one could.
    private(set) var ambiguous: [Identity] = []
    /// What participants do not want to be used, also while they are away.
    private(set) var optedOut: [Identity: Set<ObservedSource>] = [:]
    /// Identities whose microphones may be decoded.
    private(set) var listening: Set<Identity> = []
    /// Identities whose cameras may be decoded.
    private(set) var watching: Set<Identity> = []
    /// Whether cameras are looked at, by the settings.
    var usesCameras = false
    /// Why none can be.
    private var camerasProblem: String?
    /// The sid that an earlier process told each identity under.
    private var restoredNotices: [Identity: String] = [:]
    /// And told of the use of their camera.
    private var restoredCameraNotices: [Identity: String] = [:]
    /// What those have left of their allowances who left the room: joining anew renews nothing.
    private var departed = LeftBehind<Allowances>()
    /// Of whom allowed again what they had forbidden, in the last seconds.
    private var relaxations: [Identity: Relaxation<Set<ObservedSource>>] = [:]

    /// A participant, with what the session has to remember of it.
    struct Member: Sendable {
        var facts: ParticipantFacts
        /// The sid to which the first notice went out.
        var noticedSID: String?
        /// The sid for which it is on its way.
        var noticeRequestedSID: String?
        /// What they were last told of what is used.
        var told: [NoticeMessage.Observed]?
        /// The notice that says that their camera is looked at, and whether it has gone out.
        var cameraNotice: (id: String, hasLeft: Bool)?
        /// They were told that it is not known which of them is the candidate.
        var wasToldAmbiguous = false
        /// They were told, so or otherwise, that there are no hints for want of a candidate.
        var wasToldNoHints = false
        /// Of telling either, and that it is over.
        var candidatePace = TellingPace()
        /// Of telling them anew what is used: a camera may be moved or switched a few times in a row.
        var observedPace = TellingPace(atOnce: 6, interval: .seconds(10))
        /// Why their camera cannot be looked at.
        var cameraProblem: String?
        /// They were asked for their code, which an earlier process had.
        var wasAskedForCode = false
        /// Code came that was not encrypted, though tracks of theirs are.
        var sendsPlainly = false
        /// Pictures came by data: they count as a camera.
        var sendsPictures = false
        var pictures = PictureIntake()
        /// Which pictures they were last told to be wanted.
        var toldFrame: FrameMessage?
        /// What came before the notice had gone out.
        var held: [HeldInput] = []
        var allowances = Allowances()
        /// The client said by `jask.hello` that it acknowledges hints.
        var acknowledges = false
        var helloAnsweredAt: Instant?

        var isNoticed: Bool { noticedSID == facts.sid }
    }

    /// How much of a participant is read, and how many errors are answered.
    struct Allowances: Sendable {
        /// Error notices.
        var notices = NoticeAllowance()
        /// Notices about errors of an editor's protocol, which a client mends by itself.
        var editor = NoticeAllowance()
        var input = InputBudget()
        var pictures = PictureBudget()

        func isFull(_ configuration: SessionConfiguration, at now: Instant) -> Bool {
            notices.isFull(configuration.notices, at: now) && editor.isFull(configuration.notices, at: now)
                && input.isFull(at: now) && pictures.isFull(configuration.pictures, at: now)
        }
    }

    subscript(_ identity: Identity) -> Member? {
        get { members[identity] }
        // Of somebody who is not here nothing is kept.
        set { if members[identity] != nil { members[identity] = newValue } }
    }

    // MARK: Coming and going

    /// What has become of a participant by what LiveKit says now.
    enum Arrival: Sendable, Hashable {
        /// Here for the first time, or with another sid than before: a reloaded page.
        case anew
        case changed
    }

    mutating func update(_ facts: ParticipantFacts) -> Arrival {
        guard var member = members[facts.identity] else {
            var member = Member(facts: facts)
            if let allowances = departed.take(facts.identity) { member.allowances = allowances }
            // An earlier process told this very participant already.
            if restoredNotices[facts.identity] == facts.sid {
                member.noticedSID = facts.sid
                member.noticeRequestedSID = facts.sid
                if restoredCameraNotices[facts.identity] == facts.sid { member.cameraNotice = ("", true) }
            }
            members[facts.identity] = member
            return .anew
        }
        let isAnew = member.facts.sid != facts.sid
        let wasEncrypted = member.facts.hasEncryptedTracks
        member.facts = facts
        if isAnew {
            member.noticedSID = nil
            member.wasToldAmbiguous = false
            member.wasToldNoHints = false
            member.candidatePace = TellingPace()
            member.sendsPlainly = false
            member.cameraProblem = nil
            member.cameraNotice = nil
            member.sendsPictures = false
            member.pictures.beginAnew()
            member.toldFrame = nil
            member.wasAskedForCode = false
            member.acknowledges = false
            member.helloAnsweredAt = nil
            member.held = []
        } else if facts.hasEncryptedTracks, !wasEncrypted, member.isNoticed {
            // What is said about encryption has changed.
            member.noticeRequestedSID = nil
        }
        members[facts.identity] = member
        return isAnew ? .anew : .changed
    }

    /// - Returns: whether they were here.
    mutating func remove(_ identity: Identity, _ configuration: SessionConfiguration, at now: Instant) -> Bool {
        guard let member = members.removeValue(forKey: identity) else { return false }
        departed.keep(member.allowances, of: identity) { $0.isFull(configuration, at: now) }
        return true
    }

    /// Takes up what an earlier process knew.
    mutating func restore(
        candidate: Identity?, noticed: [Identity: String], noticedCameras: [Identity: String],
        optedOut: [Identity: Set<ObservedSource>]
    ) {
        self.candidate = candidate
        restoredNotices = noticed
        restoredCameraNotices = noticedCameras
        self.optedOut.merge(optedOut) { _, restored in restored }
    }

    /// Takes up what somebody chose in the room that had this name before.
    mutating func restore(optOut sources: Set<ObservedSource>, of identity: Identity) { optedOut[identity] = sources }

    func isReachable(_ identity: Identity) -> Bool { members[identity]?.facts.isActive ?? false }

    // MARK: Roles

    /// Agents, recorders and telephone bridges are not people.
    func isPerson(_ facts: ParticipantFacts) -> Bool { facts.kind == .standard && !facts.isHidden }

    /// Nil for someone who is not here, or has no role.
    func role(of identity: Identity) -> ParticipantRole? {
        if identity == candidate, ambiguous.isEmpty { return .candidate }
        return members[identity].flatMap { resolver.role(of: $0.facts) }
    }

    /// Whether the participant is told what the assistant does, and may ask and choose: people, and whoever was named.
    func isAddressed(_ facts: ParticipantFacts) -> Bool {
        isPerson(facts) || (!facts.isHidden && facts.kind == .agent && role(of: facts.identity) == .interviewer)
    }

    /// Whether the participant may be the candidate, so that their code is worth keeping.
    func mayBeCandidate(_ identity: Identity) -> Bool {
        if let candidate { return identity == candidate }
        guard let facts = members[identity]?.facts else { return false }
        return isPerson(facts) && (resolver.role(of: facts) ?? .candidate) == .candidate
    }

    /// Identities, in a fixed order.
    var interviewers: [Identity] {
        members.values.filter { resolver.role(of: $0.facts) == .interviewer && $0.facts.identity != candidate }
            .map(\.facts.identity).sorted()
    }

    struct Roles: Sendable, Hashable {
        var candidate: Identity?
        var ambiguous: [Identity]
    }

    var roles: Roles { Roles(candidate: candidate, ambiguous: ambiguous) }

    /// Works out who the candidate is.
    /// - Returns: what was believed before, where it is something else now.
    mutating func resolveRoles() -> Roles? {
        let before = roles
        let all = members.values.map(\.facts)
        toldCandidate = resolver.toldCandidate(among: all) ?? toldCandidate
        switch resolver.candidate(among: all, previous: candidate, told: toldCandidate) {
        case .unknown: (candidate, ambiguous) = (nil, [])
        case .known(let identity): (candidate, ambiguous) = (identity, [])
        case .ambiguous(let identities): (candidate, ambiguous) = (nil, identities)
        }
        return before == roles ? nil : before
    }

    // MARK: What may be used

    /// What is observed of a participant, and whether it is.
    func observed(of member: Member) -> [NoticeMessage.Observed] {
        let facts = member.facts
        let refused = optedOut[facts.identity] ?? []
        let mayBeCandidate = mayBeCandidate(facts.identity)
        var observed = [
            NoticeMessage.Observed(
                source: .microphone,
                purpose: mayBeCandidate ? "for long pauses" : "for whose turn it is",
                used: !refused.contains(.microphone) && !(facts.hasEncryptedTracks && !facts.publishesMicrophone))
        ]
        if mayBeCandidate {
            // Who encrypts tracks encrypts data too, as a rule.
            observed.append(
                NoticeMessage.Observed(
                    source: .code, purpose: "what your application sends, for hints",
                    used: !refused.contains(.code) && (!facts.hasEncryptedTracks || member.sendsPlainly)))
        }
        if isCameraOffered(by: member) {
            observed.append(
                NoticeMessage.Observed(
                    source: .camera, purpose: "for a raised hand or a palm on the forehead",
                    used: !refused.contains(.camera) && cameraProblem(of: member) == nil))
        }
        return observed
    }

    /// Whether there is a camera that would be looked at: nobody else's is named.
    private func isCameraOffered(by member: Member) -> Bool {
        usesCameras && (member.facts.publishesCamera || member.sendsPictures) && isPerson(member.facts)
            && mayBeCandidate(member.facts.identity)
    }

    /// Why a participant's camera is not looked at though it is there; nil where it can be, or is not there.
    func cameraProblem(of member: Member) -> String? {
        guard isCameraOffered(by: member) else { return nil }
        // What is wrong with a track is nothing to pictures that come by data.
        return (member.sendsPictures ? nil : member.cameraProblem) ?? camerasProblem
    }

    /// Whether pictures by data of a participant would be looked at, once the notice has left.
    func wantsPictures(of member: Member) -> Bool {
        usesCameras && camerasProblem == nil && isPerson(member.facts) && member.facts.identity == candidate
            && ambiguous.isEmpty && !refuses(.camera, member.facts.identity)
            // Who shows a camera that can be seen is looked at there.
            && !(member.facts.showsCamera && member.cameraProblem == nil)
    }

    mutating func setCameraProblem(_ problem: String?, of identity: Identity?) {
        if let identity { members[identity]?.cameraProblem = problem } else { camerasProblem = problem }
    }

    func refuses(_ source: ObservedSource, _ identity: Identity) -> Bool {
        optedOut[identity]?.contains(source) ?? false
    }

    /// What came of a choice.
    enum Choice: Sendable, Hashable {
        /// What is used less than before, and what is not used in all.
        case changed(taken: Set<ObservedSource>, refused: Set<ObservedSource>)
        /// It allows again what was forbidden, and has been said too often lately: `takeRelaxations` brings it. Or it takes
        /// that back. What was told last holds.
        case later
        case nothing
    }

    /// What a participant lets be used of their own. What is forbidden is so at once.
    mutating func choose(
        _ sources: Set<ObservedSource>, isOptOut: Bool, of identity: Identity, at now: Instant
    ) -> Choice {
        relaxations = relaxations.filter { !$0.value.isOver(at: now) }
        var relaxation = relaxations[identity] ?? Relaxation()
        let before = optedOut[identity] ?? []
        let (waits, said) = (relaxation.wanted != nil, relaxation.wanted ?? before)
        let after: Set<ObservedSource>
        if isOptOut {
            after = before.union(sources)
            let wanted = said.union(sources)
            relaxation.want(wanted == after ? nil : wanted)
        } else {
            let wanted = said.subtracting(sources)
            guard wanted != before else { return .nothing }
            after = relaxation.relax(to: wanted, at: now) ? wanted : before
        }
        relaxations[identity] = relaxation
        guard after != before else { return isOptOut && !waits ? .nothing : .later }
        return change(to: after, of: identity)
    }

    private mutating func change(to after: Set<ObservedSource>, of identity: Identity) -> Choice {
        let before = optedOut[identity] ?? []
        optedOut[identity] = after.isEmpty ? nil : after
        return .changed(taken: after.subtracting(before), refused: after)
    }

    /// What was put off and holds from now on, in a fixed order.
    mutating func takeRelaxations(at now: Instant) -> [(identity: Identity, choice: Choice)] {
        var taken: [(identity: Identity, choice: Choice)] = []
        for identity in relaxations.keys.sorted() {
            guard let refused = relaxations[identity]?.takeDue(at: now) else { continue }
            taken.append((identity, change(to: refused, of: identity)))
        }
        return taken
    }

    /// When `takeRelaxations` has something.
    var deadline: Instant? { relaxations.values.compactMap(\.deadline).min() }

    /// Whose microphone may be decoded: that of those who were told, and did not opt out. Sound of an agent is its maker's
    /// to let be used: it is told nothing.
    private func mayListen(to member: Member) -> Bool {
        guard member.facts.publishesMicrophone, !refuses(.microphone, member.facts.identity) else { return false }
        if member.facts.kind == .agent { return !member.facts.isHidden && member.facts.identity != candidate }
        return isPerson(member.facts) && member.isNoticed
    }

    /// - Parameter isOn: whether the assistant is neither paused nor ended, and that is certain.
    /// - Returns: who is not listened to any more, and who is from now on, each in a fixed order.
    mutating func updateListening(isOn: Bool) -> (left: [Identity], begun: [Identity]) {
        let wanted = isOn ? Set(members.values.filter { mayListen(to: $0) }.map(\.facts.identity)) : []
        let change = (listening.subtracting(wanted).sorted(), wanted.subtracting(listening).sorted())
        listening = wanted
        return change
    }

    /// Whose camera is looked at: the candidate's alone, once they were told of it.
    private func mayWatch(_ member: Member) -> Bool {
        member.facts.identity == candidate && ambiguous.isEmpty && member.isNoticed
            && observed(of: member).contains { $0.source == .camera && $0.used }
            && member.cameraNotice?.hasLeft ?? false
    }

    /// What somebody is being told of what is used.
    /// - Returns: whether it takes back that their camera is looked at.
    mutating func tell(_ message: NoticeMessage, to identity: Identity) -> Bool {
        members[identity]?.told = message.observed
        let namesCamera = message.observed?.contains { $0.source == .camera && $0.used } ?? false
        guard namesCamera else {
            defer { members[identity]?.cameraNotice = nil }
            return members[identity]?.cameraNotice?.hasLeft ?? false
        }
        if members[identity]?.cameraNotice?.hasLeft != true {
            members[identity]?.cameraNotice = (message.id.description, false)
        }
        return false
    }

    /// A notice has gone out.
    /// - Returns: whether it is the one that names the camera.
    mutating func noticeLeft(_ id: String, to identity: Identity) -> Bool {
        guard let notice = members[identity]?.cameraNotice, !notice.hasLeft, notice.id == id else { return false }
        members[identity]?.cameraNotice?.hasLeft = true
        return true
    }

    /// The same for cameras.
    mutating func updateWatching(isOn: Bool) -> (left: [Identity], begun: [Identity]) {
        let wanted = isOn ? Set(members.values.filter(mayWatch).map(\.facts.identity)) : []
        let change = (watching.subtracting(wanted).sorted(), wanted.subtracting(watching).sorted())
        watching = wanted
        return change
    }
}
