import NIOCore
import SansIO

/// The resetting of streams (RFC 6525), as data channels need it to close: one request at a time each way.
struct StreamReconfiguration {
    /// Our request that waits for its response.
    struct Request {
        /// Sequence numbers it was sent under, the last one being the current.
        var first: UInt32
        var latest: UInt32
        var streams: [UInt16]
        var lastTSN: TSN
    }

    /// Streams in one request, which then takes about half a packet.
    private static let mostStreams = 256
    /// Waiting streams looked at for one request: a peer may let tens of thousands wait, and each packet asks anew.
    private static let mostLooks = 512

    var isSupportedByPeer = false
    private var nextSequence: UInt32 = 0
    private var expectedSequence: UInt32 = 0
    private var lastResult = ReconfigurationResponse.Result.nothingToDo
    /// A request of the peer whose data has not all arrived.
    private var deferred: OutgoingResetRequest?
    /// Our streams that are to be reset as soon as their data has been sent.
    private var waiting: CircularBuffer<UInt16> = []
    /// The streams that wait, and those of the current request.
    private var resetting: Set<UInt16> = []
    private(set) var current: Request?
    /// When the current request is sent again.
    var deadline: Instant?
    var isRequestDue = false
    private(set) var responses: CircularBuffer<ReconfigurationResponse> = []

    /// Whether something is to be sent now, or may be once its data has been.
    var hasWork: Bool { !responses.isEmpty || isRequestDue || (current == nil && !waiting.isEmpty) }

    mutating func start(localInitialTSN: TSN, peer: PeerParameters) {
        isSupportedByPeer = peer.supportsReconfiguration
        nextSequence = localInitialTSN.rawValue
        expectedSequence = peer.initialTSN.rawValue
    }

    /// Streams that wait in vain, because the peer does not know how to reset them.
    mutating func takeUnsupported() -> [UInt16] {
        if isSupportedByPeer { return [] }
        defer {
            waiting = []
            resetting = []
        }
        return Array(waiting)
    }

    func isResetting(_ stream: UInt16) -> Bool { resetting.contains(stream) }

    mutating func request(_ stream: UInt16) {
        if resetting.insert(stream).inserted { waiting.append(stream) }
    }

    /// Begins the next request with the waiting streams that `isDrained` lets go. Those that still have data go to the
    /// end of the line.
    mutating func beginRequest(lastTSN: Int64, isDrained: (UInt16) -> Bool) {
        guard isSupportedByPeer, current == nil, !waiting.isEmpty else { return }
        var ready: [UInt16] = []
        for _ in 0..<min(waiting.count, Self.mostLooks) {
            guard ready.count < Self.mostStreams, let stream = waiting.popFirst() else { break }
            if isDrained(stream) { ready.append(stream) } else { waiting.append(stream) }
        }
        guard !ready.isEmpty else { return }
        current = Request(first: nextSequence, latest: nextSequence, streams: ready, lastTSN: TSN(lastTSN))
        nextSequence &+= 1
        isRequestDue = true
    }

    /// The chunk to send now, if there is one.
    mutating func takeChunk(at now: Instant, timeout: Duration) -> ReconfigurationChunk? {
        if let response = responses.popFirst() { return ReconfigurationChunk(parameters: [.response(response)]) }
        guard isRequestDue, let current else { return nil }
        isRequestDue = false
        deadline = now + timeout
        let request = OutgoingResetRequest(
            requestSequence: current.latest, responseSequence: expectedSequence &- 1, lastTSN: current.lastTSN,
            streams: current.streams)
        return ReconfigurationChunk(parameters: [.outgoingReset(request)])
    }

    mutating func timeout(at now: Instant) {
        guard let deadline, deadline <= now else { return }
        self.deadline = nil
        isRequestDue = current != nil
    }

    /// Takes the peer's reset of its own streams.
    ///
    /// - Returns: the streams to reset now, none named meaning all; `nil` if not yet, or not again.
    mutating func receive(_ request: OutgoingResetRequest, cumulativeTSN: Int64) -> [UInt16]? {
        if request.requestSequence == expectedSequence {
            expectedSequence &+= 1
        } else if request.requestSequence != expectedSequence &- 1 {
            respond(request.requestSequence, .badSequenceNumber)
            return nil
        } else if deferred?.requestSequence != request.requestSequence {
            respond(request.requestSequence, lastResult)
            return nil
        }
        deferred = nil
        guard request.lastTSN.extended(near: cumulativeTSN) <= cumulativeTSN else {
            deferred = request
            lastResult = .inProgress
            respond(request.requestSequence, .inProgress)
            return nil
        }
        lastResult = .performed
        respond(request.requestSequence, .performed)
        return request.streams
    }

    /// More data has arrived.
    ///
    /// - Returns: the streams of a deferred request to reset now.
    mutating func dataArrived(cumulativeTSN: Int64) -> [UInt16]? {
        guard let request = deferred, request.lastTSN.extended(near: cumulativeTSN) <= cumulativeTSN else { return nil }
        deferred = nil
        lastResult = .performed
        respond(request.requestSequence, .performed)
        return request.streams
    }

    /// Takes the peer's wish that we reset some of our streams. One for all of them, or for more than a request of ours
    /// names, is refused as a whole: no data channel needs it.
    mutating func receive(_ request: IncomingResetRequest) {
        let isTaken = (1...Self.mostStreams).contains(request.streams.count)
        guard answer(request.requestSequence, with: isTaken ? .performed : .denied), isTaken else { return }
        for stream in request.streams { self.request(stream) }
    }

    mutating func receive(_ request: UnsupportedRequest) {
        _ = answer(request.requestSequence, with: .denied)
    }

    /// Takes the answer to our request.
    ///
    /// - Returns: the streams that are done with, and whether the peer agreed; `nil` while it goes on.
    mutating func receive(_ response: ReconfigurationResponse) -> (streams: [UInt16], accepted: Bool)? {
        guard var request = current,
            response.responseSequence &- request.first <= request.latest &- request.first
        else { return nil }
        if response.result == .inProgress {
            // Some peers answer a number only once, others look again: a new number serves both. The timer sends it.
            guard response.responseSequence == request.latest else { return nil }
            request.latest = nextSequence
            nextSequence &+= 1
            current = request
            return nil
        }
        current = nil
        deadline = nil
        isRequestDue = false
        resetting.subtract(request.streams)
        return (request.streams, response.result == .performed || response.result == .nothingToDo)
    }

    private mutating func answer(_ sequence: UInt32, with result: ReconfigurationResponse.Result) -> Bool {
        if sequence == expectedSequence {
            expectedSequence &+= 1
            lastResult = result
            respond(sequence, result)
            return true
        }
        respond(sequence, sequence == expectedSequence &- 1 ? lastResult : .badSequenceNumber)
        return false
    }

    private mutating func respond(_ sequence: UInt32, _ result: ReconfigurationResponse.Result) {
        // A peer that floods requests gets no more answers than this at a time.
        if responses.count < 8 {
            responses.append(ReconfigurationResponse(responseSequence: sequence, result: result))
        }
    }
}
