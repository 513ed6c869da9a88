import Coach
import LiveKit
import NIOCore
import SansIO
import Session

/// What the session's core wants done.
extension RoomSession {
    func perform(_ effect: SessionEffect) {
        switch effect {
        case .send(let messageID, let topic, let payload, let destinations):
            deliver(messageID) { engine throws(RoomSendError) in
                try engine.send(
                    UserData(payload: ByteBuffer(bytes: payload), topic: topic, id: messageID),
                    to: destinations, receipt: messageID)
            }
        case .sendText(let messageID, let topic, let text, let id, let attributes, let destinations):
            var options = OutgoingStreamOptions(topic: topic, timestamp: resources.wallClock() / 1_000_000)
            options.id = id
            options.attributes = attributes
            options.destinations = destinations
            deliver(messageID) { engine throws(RoomSendError) in
                try engine.sendText(text, options: options, receipt: messageID)
            }
        case .ask(let requestID, let request): ask(requestID, request)
        case .cancelAsk(let requestID): requests.removeValue(forKey: requestID)?.cancel()
        case .record(let entry): record(entry)
        case .listen(let participant, let enabled, let hasSpoken, let silentSince):
            listen(to: participant, enabled: enabled, hasSpoken: hasSpoken, silentSince: silentSince)
        case .watch(let participant, let enabled):
            watch(participant, enabled: enabled)
        case .look(let id, let participant, let takenAt): look(at: id, of: participant, takenAt: takenAt)
        case .codeFeed(let participant, let isPresent):
            perceive(.codeFeed(participant, isPresent: isPresent))
        case .typed(let participant): perceive(.typed(participant))
        case .configured(let configuration):
            perceive(.configured(configuration.perception))
            configureCameras(by: configuration.search)
        case .note(let event): note(event)
        }
    }

    /// Sends only over an open channel: what waits, waits in the core, which knows what it is worth later.
    private func deliver(_ messageID: String, _ send: @escaping (RoomEngine) throws(RoomSendError) -> Void) {
        afterWriting { [weak self] in self?.deliverNow(messageID, send) }
    }

    private func deliverNow(_ messageID: String, _ send: (RoomEngine) throws(RoomSendError) -> Void) {
        // It may have waited, and an interviewer may have paused meanwhile.
        guard let engine, isConnected, engine.isReady, end == nil, core.mayLeave(messageID) else {
            return feed(.sendFailed(messageID: messageID, isForGood: false))
        }
        do {
            // What became of it follows as `delivered`: handed over is not sent.
            try send(engine)
        } catch {
            log(.warning, "a message was not sent: \(error)")
            feed(.sendFailed(messageID: messageID, isForGood: error.isForGood))
        }
    }

    private func ask(_ requestID: String, _ request: HintRequest) {
        let bound = NIOLoopBound(WeakSession(session: self), eventLoop: eventLoop)
        let (coach, eventLoop, metrics) = (resources.coach, eventLoop, resources.telemetry.metrics)
        requests[requestID] = Task {
            let outcome = await coach.hint(for: request)
            // Here, for what a withdrawn request took counts too, and so does that of a room that has ended.
            metrics.observe(outcome)
            eventLoop.execute { bound.value.session?.answered(requestID, outcome) }
        }
    }

    private func answered(_ requestID: String, _ outcome: CoachOutcome) {
        // A request that was cancelled has no answer any more.
        guard requests.removeValue(forKey: requestID) != nil else { return }
        feed(.coachAnswered(requestID: requestID, outcome))
    }

    private func note(_ event: TimelineEvent) {
        if case .control(.end, let by) = event.kind { endedBy = by.text }
        resources.telemetry.note(event, room: job.room)
    }
}

extension RoomSendError {
    /// Whether the same would fail again however often it is tried.
    fileprivate var isForGood: Bool {
        if case .packet = self { true } else { false }
    }
}
