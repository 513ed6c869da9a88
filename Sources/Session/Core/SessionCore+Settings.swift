import SansIO
import Settings

extension SessionCore {
    mutating func join(_ room: RoomFacts, jobMetadata: String, at now: Instant) {
        let isNew = self.room?.sid != room.sid
        self.room = room
        job = SessionMetadata(job: jobMetadata)
        roomMetadata = SessionMetadata(room: room.metadata)
        for problem in job.problems + roomMetadata.problems { note(.badMetadata(problem), at: now) }
        if isNew { record(.began(room: room.sid, name: room.name), at: now) }
        hints.policy.start(at: now)
        if let problem = job.problem ?? roomMetadata.problem {
            note(.problem(bytes: problem.utf8.count, from: nil), at: now)
        }
        reconfigure(at: now)
        consent.resolver = RoleResolver(
            namedCandidate: job.candidate, namedInterviewers: Set(job.interviewers))
        resolveRoles(at: now)
    }

    mutating func take(roomMetadata text: String, at now: Instant) {
        // The server tells of a room whenever the number of people in it changes.
        guard room?.metadata != text else { return }
        room?.metadata = text
        let before = roomMetadata
        roomMetadata = SessionMetadata(room: text)
        // The application may change what is its own as often as it likes.
        for problem in roomMetadata.problems where !before.problems.contains(problem) {
            note(.badMetadata(problem), at: now)
        }
        if let problem = roomMetadata.problem, problem != before.problem {
            note(.problem(bytes: problem.utf8.count, from: nil), at: now)
        }
        if roomMetadata.settings != before.settings { reconfigure(at: now) }
    }

    /// Puts the layers together anew. Metadata that contradicts itself is left out as a whole.
    mutating func reconfigure(at now: Instant) {
        var layered = processConfiguration.adding(job.settings).adding(roomMetadata.settings)
        do throws(ConfigurationErrors) {
            try layered.validated()
        } catch {
            for problem in error.errors { note(.badMetadata(problem.description), at: now) }
            layered = processConfiguration
        }
        configuration = SessionConfiguration(layered)
        carryOut(hints.policy.setConfiguration(configuration.policy, at: now), at: now)
        takeBack(because: "tier_limit", at: now) { [ceiling = hints.policy.ceiling] in $0.tier > ceiling }
        workspace.limits = configuration.workspace
        fusion.configuration = configuration.moment
        consent.usesCameras = configuration.usesCameras
        emit(.configured(configuration))
        tellAllAgain(at: now)
        updateListening(at: now)
    }

    /// The problem statement that counts: an interviewer's, else the job's, else the room's.
    var problem: String? { toldProblem ?? job.problem ?? roomMetadata.problem }

    /// Takes up what an earlier process said and was told.
    mutating func restore(_ entries: [JournalEntry], at now: Instant) {
        let history = SessionHistory(entries)
        // A clock that was put back must not make cooldown and quiet start longer.
        func past(_ milliseconds: Int64) -> Instant { min(instant(milliseconds), now) }
        restoredStart = (history.startedAt != nil, history.isSteered)
        consent.restore(
            candidate: history.candidate, noticed: history.noticed,
            noticedCameras: history.noticedCameras, optedOut: history.optedOut)
        spoken = history.spoken
        coded = history.coded
        restoredSilence = history.silentSince.mapValues { past($0) }
        isPaused = history.isPaused
        isEnded = history.isEnded
        _ = hints.policy.setTierLimit(history.tierLimit, at: now)
        hints.restore(
            history.hints.map {
                GivenHint(
                    id: $0.record.id, fingerprint: $0.record.text, tier: $0.record.tier, to: $0.record.to, summary: nil,
                    at: past($0.at))
            })
        if let startedAt = history.startedAt {
            hints.policy.restore(
                startedAt: past(startedAt),
                delivered: history.hints.map { .init(tier: $0.record.tier, at: past($0.at)) })
        }
        _ = hints.policy.setPaused(!isOn, at: now)
    }
}
