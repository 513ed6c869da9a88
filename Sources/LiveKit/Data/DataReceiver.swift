import NIOCore
import SansIO

/// What arrives on a room's data channels, in one place: parsing, duplicates, who sent it, streams.
package struct DataReceiver {
    package enum Event: Sendable {
        case user(UserData, from: DataSender)
        case stream(DataStreamContent)
        case transcription(Livekit_Transcription, from: DataSender)
        case chatMessage(Livekit_ChatMessage, from: DataSender)
        case rpcRequest(Livekit_RpcRequest, from: DataSender)
        /// End-to-end encrypted: there is no key for it here.
        case encrypted(from: DataSender, keyIndex: UInt32)
        case streamFailed(DataStreamInfo?, streamID: String, from: DataSender, DataStreamError)
        /// Somebody sends data in another's name, which is dropped; told once for each sid. The sender is as it is known.
        case foreignSender(DataSender)
        /// A message that is no data packet.
        case malformed(ProtocolMessageError)
        /// Somebody sends more than is parsed (`PacketBudget`); told once, until they have let up.
        case tooMuch(from: DataSender)
    }

    private let topics: TopicFilter
    private let urgent: Set<TopicName>
    private var budget: PacketBudget
    private var urgentBudget: PacketBudget
    private var reliable: ReliableReceiver
    private var streams: DataStreamAssembler
    private var roster = SenderRoster()
    private var unlisted = UnlistedInputs()
    private var impostors = BoundedSet<String>()
    /// What those have left of their budgets who left the room.
    private var departed = LeftBehind<Budgets>()
    private var events = OutputQueue<Event>()
    /// Packets that had come before, and were dropped.
    package private(set) var duplicates = 0
    /// Packets and streams that were dropped because they name another sender than theirs.
    package private(set) var foreign = 0
    /// Packets that were beyond their sender's budget.
    package private(set) var refused = 0

    /// - Parameters:
    ///   - topics: what user packets and streams are about that are taken.
    ///   - urgent: topics whose packets have a budget of their own.
    ///   - limits: how much of one sender is parsed.
    package init(
        topics: TopicFilter = .all, urgent: Set<TopicName> = [], limits: PacketBudget.Limits = .init(),
        reliable: ReliableReceiver = .init(), streams: DataStreamAssembler.Configuration = .init()
    ) {
        self.topics = topics
        self.urgent = urgent
        budget = PacketBudget(limits: limits)
        urgentBudget = PacketBudget(limits: limits)
        self.reliable = reliable
        var streams = streams
        streams.topics = topics
        self.streams = DataStreamAssembler(configuration: streams)
    }

    /// One message of a labelled data channel.
    package mutating func receive(_ message: ByteBuffer, at now: Instant) {
        let head = DataPacketHead(message)
        if let head, let topic = head.topic, !topics.accepts(topic) {
            // It counts as received all the same: the server need not send it again.
            if !reliable.accept(sid: head.sid, sequence: head.sequence, at: now) { duplicates += 1 }
            return
        }
        let sid = head?.sid ?? ""
        let isUrgent = head?.topic.map { urgent.contains($0) } ?? false
        let verdict =
            isUrgent
            ? urgentBudget.take(message.readableBytes, of: sid, at: now)
            : budget.take(message.readableBytes, of: sid, at: now)
        if case .refused(let isNews) = verdict {
            refused += 1
            if isNews { events.append(.tooMuch(from: roster.known(DataSender(identity: "", sid: sid)))) }
            return
        }
        let parsed: DataMessage
        do {
            parsed = try DataMessage(parsing: message)
        } catch {
            return events.append(.malformed(error))
        }
        guard reliable.accept(sid: parsed.sender.sid, sequence: parsed.sequence, at: now) else {
            duplicates += 1
            return
        }
        let sender = parsed.sender
        switch parsed.content {
        // The server stamps these with the sender's own identity, whatever the header said.
        case .streamChunk(let chunk): streams.receive(chunk, from: sender, at: now)
        case .streamTrailer(let trailer): streams.receive(trailer, from: sender, at: now)
        case let content:
            guard !parsed.namesTwoSenders, roster.standing(of: sender) != .foreign else {
                if case .streamHeader(let header) = content {
                    streams.refuse(.init(sid: sender.sid, id: header.streamID))
                }
                return drop(sender)
            }
            receive(content, from: sender, at: now)
        }
        collectStreams(at: now)
    }

    private mutating func receive(_ content: DataContent, from sender: DataSender, at now: Instant) {
        switch content {
        case .user(let user): if topics.accepts(user.topic) { deliver(.user(user, from: sender), at: now) }
        case .streamHeader(let header): streams.receive(header, from: sender, at: now)
        case .transcription(let transcription): events.append(.transcription(transcription, from: sender))
        case .chatMessage(let message): events.append(.chatMessage(message, from: sender))
        case .rpcRequest(let request): events.append(.rpcRequest(request, from: sender))
        case .encrypted(let packet): events.append(.encrypted(from: sender, keyIndex: packet.keyIndex))
        case .streamChunk, .streamTrailer, .rpcAck, .rpcResponse, .other: break
        }
    }

    /// A participant is listed, by the server.
    package mutating func senderJoined(sid: String, identity: Identity, at now: Instant) {
        roster.joined(sid: sid, identity: identity)
        if let budgets = departed.take(identity) { resume(sid, budgets, at: now) }
        for content in unlisted.take(of: sid) { deliver(content, at: now) }
    }

    /// A participant left.
    package mutating func senderLeft(sid: String, at now: Instant) {
        reliable.forget(sid: sid)
        let budgets = Budgets(
            packets: budget.close(sid), urgent: urgentBudget.close(sid), inflated: streams.senderLeft(sid: sid))
        collectStreams(at: now)
        let identity = roster.identity(of: sid)
        roster.left(sid: sid)
        guard let identity else { return }
        if let present = roster.sid(of: identity) {
            resume(present, budgets, at: now)
        } else {
            departed.keep(budgets, of: identity) { [budget, urgentBudget, streams] former in
                (former.packets.map { budget.isNew($0, at: now) } ?? true)
                    && (former.urgent.map { urgentBudget.isNew($0, at: now) } ?? true)
                    && (former.inflated.map { streams.isNew($0, at: now) } ?? true)
            }
        }
    }

    /// Of one sender. They go with the identity: leaving and joining anew renews nothing.
    private struct Budgets: Sendable {
        var packets: PacketBudget.Account?
        var urgent: PacketBudget.Account?
        var inflated: InflateAllowance.Account?
    }

    private mutating func resume(_ sid: String, _ budgets: Budgets, at now: Instant) {
        if let packets = budgets.packets { budget.resume(sid, packets, at: now) }
        if let urgent = budgets.urgent { urgentBudget.resume(sid, urgent, at: now) }
        if let inflated = budgets.inflated { streams.resume(sid, inflated, at: now) }
    }

    package mutating func timeout(at now: Instant) {
        streams.timeout(at: now)
        collectStreams(at: now)
        for content in unlisted.expired(at: now) { drop(content.sender) }
    }

    package mutating func pollOutput() -> Event? { events.popFirst() }

    package var deadline: Instant? { earliest(streams.deadline, unlisted.deadline) }

    /// For `SyncState`.
    package var receiveStates: [Livekit_DataChannelReceiveState] { reliable.receiveStates }

    private mutating func collectStreams(at now: Instant) {
        while let event = streams.pollOutput() {
            switch event {
            case .completed(let content): deliver(.stream(content), at: now)
            case .failed(var info, let id, let sender, let error):
                // Nobody is told of a failure that may not be theirs.
                let isGenuine = roster.standing(of: sender) == .genuine
                let known = isGenuine ? sender : roster.known(sender)
                info?.sender = known
                events.append(.streamFailed(info, streamID: id, from: known, error))
            }
        }
    }

    /// Delivers what is of whom it says, and keeps what the server may yet say so of.
    private mutating func deliver(_ content: SentInput, at now: Instant) {
        switch (roster.standing(of: content.sender), content) {
        case (.genuine, .user(let user, let sender)): events.append(.user(user, from: sender))
        case (.genuine, .stream(let stream)): events.append(.stream(stream))
        case (.foreign, _): drop(content.sender)
        case (.unlisted, _):
            for content in unlisted.add(content, at: now) { drop(content.sender) }
        }
    }

    private mutating func drop(_ sender: DataSender) {
        foreign += 1
        guard !impostors.contains(sender.sid) else { return }
        impostors.insert(sender.sid, limit: 256)
        events.append(.foreignSender(roster.known(sender)))
    }
}
