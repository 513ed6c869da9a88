import NIOCore
import RTCCore
import RTCMedia
import SansIO
import Simulation
import Testing

/// A source, a path that loses, the requests of a peer connection for what is missing, and a receiver, in virtual time.
struct VideoRun<Source: VideoSource> {
    var source: Source
    var receiver: VideoReceiver
    /// Whether missing packets are asked for (RTX), and answered over the same path.
    var repairs: Bool
    /// Whether the answers are lost.
    var losesRepairs = false
    /// Requests that travel: of packets and of key frames.
    private var nacks: [(due: Instant, numbers: [UInt16])] = []
    private var keyFrameRequests: [Instant] = []
    private var history: [UInt16: VideoPacket] = [:]
    private var indexer = SequenceIndexer()
    private var tracker = NACKTracker()
    private(set) var now = Instant(nanoseconds: 1_000_000_000)

    private(set) var sent: [Int: SentFrame] = [:]
    private(set) var idOfData: [ByteBuffer: Int] = [:]
    private(set) var idOfTimestamp: [UInt32: Int] = [:]
    /// The numbers and bytes of each frame's packets, and the numbers that arrived.
    private(set) var packetsOf: [Int: (numbers: Set<UInt16>, bytes: Int)] = [:]
    private(set) var arrived: [UInt32: Set<UInt16>] = [:]
    /// Frames handed out, in order.
    private(set) var received: [(frame: EncodedVideoFrame, id: Int?, at: Instant)] = []
    private(set) var requestedAt: [Instant] = []
    /// Called with each packet that is sent; what it returns arrives instead.
    var alter: (VideoPacket) -> [VideoPacket] = { [$0] }

    init(_ source: Source, repairs: Bool = true, configuration: VideoReceiver.Configuration = .init()) {
        self.source = source
        self.repairs = repairs
        receiver = VideoReceiver(formats: source.formats, configuration: configuration)
    }

    /// Runs until `tail` after the source's end.
    mutating func play(
        over conditions: LinkConditions = .lossy(0), seed: UInt64 = 1, tail: Duration = .seconds(2)
    ) throws {
        var link = SimulatedLink<VideoPacket>(conditions, seed: seed)
        var end: Instant?
        while true {
            let requests = earliest(nacks.first?.due, keyFrameRequests.first)
            var due = earliest(earliest(source.nextFrame, link.deadline), earliest(receiver.deadline, requests))
            due = earliest(due, repairs ? tracker.deadline : nil)
            if source.nextFrame == nil, end == nil { end = now + tail }
            guard let due, due <= end ?? .distantFuture else { break }
            if due < now, receiver.deadline == due { throw Stuck() }
            now = max(now, due)
            while let next = source.nextFrame, next <= now { send(over: &link) }
            answer(over: &link)
            while let packet = link.receive(at: now) { deliver(packet) }
            try serve()
        }
    }

    private struct Stuck: Error {}

    private mutating func send(over link: inout SimulatedLink<VideoPacket>) {
        let (frame, packets) = source.sendFrame()
        sent[frame.id] = frame
        idOfData[frame.data] = frame.id
        if let timestamp = packets.first?.timestamp { idOfTimestamp[timestamp] = frame.id }
        packetsOf[frame.id] = (Set(packets.map(\.sequenceNumber)), packets.reduce(0) { $0 + $1.payload.readableBytes })
        for packet in packets {
            history[packet.sequenceNumber] = packet
            for altered in alter(packet) { link.send(altered, bytes: 100, at: now) }
        }
    }

    private mutating func answer(over link: inout SimulatedLink<VideoPacket>) {
        while let nack = nacks.first, nack.due <= now {
            nacks.removeFirst()
            if losesRepairs { continue }
            for number in nack.numbers { if let packet = history[number] { link.send(packet, bytes: 100, at: now) } }
        }
        while let request = keyFrameRequests.first, request <= now {
            keyFrameRequests.removeFirst()
            source.requestKeyFrame()
        }
    }

    private mutating func serve() throws {
        if repairs {
            tracker.update(roundTrip: .milliseconds(20))
            let numbers = tracker.takeRequests(at: now)
            if !numbers.isEmpty { nacks.append((now + .milliseconds(10), numbers)) }
            tellGivenUp()
        }
        if let deadline = receiver.deadline, deadline <= now {
            receiver.timeout(at: now)
            collect()
            if let again = receiver.deadline, again <= now { throw Stuck() }
        }
    }

    private mutating func tellGivenUp() {
        guard tracker.takeGivenUp() > 0, let highest = tracker.highestGivenUp else { return }
        receiver.packetsGivenUp(through: highest, at: now)
        collect()
    }

    private mutating func deliver(_ packet: VideoPacket) {
        arrived[packet.timestamp, default: []].insert(packet.sequenceNumber)
        let place: SequenceIndexer.Place
        if let near = indexer.nearest(packet.sequenceNumber), tracker.contains(near) {
            place = .older(near)
        } else {
            place = indexer.place(packet.sequenceNumber)
        }
        if repairs { tracker.receive(place, at: now) }
        guard let index = place.index else { return }
        receiver.receive(
            payloadType: packet.payloadType, index: index, timestamp: packet.timestamp, marker: packet.marker,
            payload: packet.payload, at: now)
        collect()
        if repairs { tellGivenUp() }
    }

    private mutating func collect() {
        while let output = receiver.pollOutput() {
            switch output {
            case .frame(let frame): received.append((frame, idOfData[frame.data], now))
            case .keyFrameRequest:
                requestedAt.append(now)
                keyFrameRequests.append(now + .milliseconds(10))
            }
        }
    }

    /// Whether nothing of a frame was lost on the way.
    func arrivedWhole(_ id: Int) -> Bool {
        guard let (timestamp, _) = idOfTimestamp.first(where: { $0.value == id }), let packets = packetsOf[id] else {
            return false
        }
        return packets.numbers.isSubset(of: arrived[timestamp] ?? [])
    }

    var ids: [Int] { received.compactMap(\.id) }

    /// The longest time between two frames handed out.
    var longestPause: Duration {
        zip(received, received.dropFirst()).map { $1.at - $0.at }.max() ?? .zero
    }

    /// Checks what must hold of every run: frames are as they were sent, in order, once, and each came after all that it
    /// refers to; requests are apart.
    func expectDecodable(_ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation) {
        var handedOut: Set<Int> = []
        var previous = -1
        for (frame, id, _) in received {
            guard let id, let original = sent[id] else {
                Issue.record("a frame that was never sent", sourceLocation: sourceLocation)
                return
            }
            let isRight =
                frame.isKeyFrame == original.isKeyFrame && frame.temporalLayer == original.temporalLayer
                && frame.size == original.size
            if id <= previous || !isRight || !original.references.isSubset(of: handedOut) {
                let missing = original.references.subtracting(handedOut)
                Issue.record(
                    "frame \(id) after \(previous), lacks \(missing.sorted()), \(comment.map(String.init(describing:)) ?? "")",
                    sourceLocation: sourceLocation)
                return
            }
            handedOut.insert(id)
            previous = id
        }
        for (one, two) in zip(requestedAt, requestedAt.dropFirst()) where two - one < .milliseconds(500) {
            Issue.record("requests \(two - one) apart", sourceLocation: sourceLocation)
        }
        #expect(receiver.bytesHeld == 0 || receiver.statistics.frames < sent.count, sourceLocation: sourceLocation)
    }
}
