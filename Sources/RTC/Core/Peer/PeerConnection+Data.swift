import NIOCore
import SansIO

/// The data channels of a connection, from before the association that carries them.
struct ChannelTable {
    struct Request {
        var label: String
        var ordered: Bool
        var reliability: DataChannelReliability
        var protocolName: String
    }

    /// `nil` until the DTLS role is known.
    var data: DataChannels?
    /// Both sides have a data section.
    var isNegotiated = false
    var remoteMaximumMessageSize = 65_536
    /// By handle; `nil` in `streams` while the channel waits for the association.
    var streams: [DataChannelID?] = []
    var handles: [DataChannelID: DataChannelHandle] = [:]
    var waiting: [(DataChannelHandle, Request)] = []

    /// Whether a description needs a data section.
    var isWanted: Bool { !streams.isEmpty || isNegotiated }

    mutating func handle(of id: DataChannelID) -> DataChannelHandle {
        if let known = handles[id] { return known }
        let handle = DataChannelHandle(index: streams.count)
        streams.append(id)
        handles[id] = handle
        return handle
    }

    func stream(of handle: DataChannelHandle) -> DataChannelID? {
        streams.indices.contains(handle.index) ? streams[handle.index] : nil
    }
}

extension PeerConnection {
    /// Asks for a data channel; before the connection is up it waits for it. The event `dataChannelOpened` follows.
    public mutating func openDataChannel(
        label: String, ordered: Bool = true, reliability: DataChannelReliability = .reliable,
        protocol protocolName: String = "", at now: Instant
    ) -> DataChannelHandle {
        let handle = DataChannelHandle(index: channels.streams.count)
        channels.streams.append(nil)
        let request = ChannelTable.Request(
            label: label, ordered: ordered, reliability: reliability, protocolName: protocolName)
        channels.waiting.append((handle, request))
        openWaitingChannels(at: now)
        settle(at: now)
        return handle
    }

    /// Sends a message on an open channel. It is taken whole or not at all.
    public mutating func send(
        _ payload: ByteBuffer, isBinary: Bool = true, on handle: DataChannelHandle, at now: Instant
    ) throws(PeerConnectionError) {
        guard state != .closed else { throw .closed }
        guard let stream = channels.stream(of: handle) else { throw .noSuchChannel }
        guard payload.readableBytes <= channels.remoteMaximumMessageSize else {
            throw .dataChannel(
                "a message of \(payload.readableBytes) bytes is over the peer's limit of \(channels.remoteMaximumMessageSize)"
            )
        }
        do {
            try channels.data?.send(payload, isBinary: isBinary, on: stream, at: now)
        } catch {
            throw .dataChannel("\(error)")
        }
        settle(at: now)
    }

    /// Bytes of the channel that are not yet acknowledged; 0 for a channel that is not open.
    public func bufferedAmount(_ handle: DataChannelHandle) -> Int {
        channels.stream(of: handle).map { channels.data?.bufferedAmount($0) ?? 0 } ?? 0
    }

    /// Closes a channel in order; `dataChannelClosed` follows.
    public mutating func closeDataChannel(_ handle: DataChannelHandle, at now: Instant) {
        guard let stream = channels.stream(of: handle) else { return }
        channels.data?.close(stream, at: now)
        settle(at: now)
    }

    // MARK: The association

    /// Starts SCTP once DTLS is up and both sides have a data section.
    mutating func openChannelsIfReady(at now: Instant) {
        guard channels.data == nil, channels.isNegotiated, let isDTLSClient, dtls?.state == .connected else { return }
        var data = DataChannels(isDTLSClient: isDTLSClient, random: random)
        data.connect(at: now)
        channels.data = data
        openWaitingChannels(at: now)
    }

    private mutating func openWaitingChannels(at now: Instant) {
        guard channels.data != nil else { return }
        let waiting = channels.waiting
        channels.waiting = []
        for (handle, request) in waiting {
            do {
                guard
                    let stream = try channels.data?.open(
                        label: request.label, ordered: request.ordered, reliability: request.reliability,
                        protocol: request.protocolName, at: now)
                else { continue }
                channels.streams[handle.index] = stream
                channels.handles[stream] = handle
            } catch {
                events.append(.event(.failure("data channel '\(request.label)' cannot be opened: \(error)")))
                events.append(.event(.dataChannelClosed(handle)))
            }
        }
    }

    mutating func drainData(at now: Instant) -> Bool {
        var moved = false
        while let output = channels.data?.pollOutput() {
            moved = true
            switch output {
            case .transmit(let packet): sendSCTP(packet)
            case .event(let event): handle(event)
            }
        }
        return moved
    }

    private mutating func sendSCTP(_ packet: ByteBuffer) {
        do {
            try dtls?.send(packet)
        } catch {
            // SCTP sends again what does not get through.
            media.statistics.unsentDatagrams &+= 1
        }
    }

    private mutating func handle(_ event: DataChannels.Event) {
        switch event {
        case .connected: break
        case .channelOpened(let id, let parameters, _):
            events.append(.event(.dataChannelOpened(channels.handle(of: id), label: parameters.label)))
        case .message(let id, let isBinary, let payload):
            events.append(.event(.dataChannelMessage(channels.handle(of: id), isBinary: isBinary, payload)))
        case .channelClosed(let id):
            let handle = channels.handle(of: id)
            channels.handles[id] = nil
            channels.streams[handle.index] = nil
            events.append(.event(.dataChannelClosed(handle)))
        case .bufferedAmountLow(let id):
            events.append(.event(.bufferedAmountLow(channels.handle(of: id))))
        case .failed(let reason):
            events.append(.event(.failure("SCTP: \(reason)")))
            change(to: .failed)
        }
    }
}
