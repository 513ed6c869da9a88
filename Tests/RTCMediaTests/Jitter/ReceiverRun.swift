import NIOCore
import RTCCore
import RTCMedia
import SansIO
import Simulation
import Testing

/// Everything a receiver handed out over a simulated path, in virtual time.
struct ReceiverRun {
    var units: [(unit: EncodedAudioUnit, at: Instant)] = []
    var receiver: AudioReceiver
    private var indexer = SequenceIndexer()
    private var suspect: (packet: WirePacket, at: Instant)?
    /// The frames whose own packet arrived, first copies only.
    var arrived: Set<Int> = []

    init(receiver: AudioReceiver = AudioReceiver()) {
        self.receiver = receiver
    }

    /// Sends the packets over a link and lets time pass until `tail` after the last one.
    mutating func play(
        _ packets: [WirePacket], over conditions: LinkConditions = .lossy(0), seed: UInt64 = 1,
        tail: Duration = .milliseconds(500), dropping isDropped: (WirePacket) -> Bool = { _ in false }
    ) {
        var link = SimulatedLink<WirePacket>(conditions, seed: seed)
        var next = 0
        let end = (packets.last?.sentAt ?? .zero) + tail
        while true {
            let sending = next < packets.count ? packets[next].sentAt : nil
            guard let now = earliest(earliest(sending, link.deadline), receiver.deadline), now <= end else { break }
            while next < packets.count, packets[next].sentAt <= now {
                if !isDropped(packets[next]) { link.send(packets[next], bytes: 100, at: packets[next].sentAt) }
                next += 1
            }
            while let packet = link.receive(at: now) { deliver(packet, at: now) }
            if let deadline = receiver.deadline, deadline <= now {
                receiver.timeout(at: now)
                collect(at: now)
            }
        }
    }

    mutating func deliver(_ packet: WirePacket, at now: Instant) {
        arrived.insert(packet.id)
        // As a peer connection does it: a lone odd number is left out, and comes with the next that confirms it.
        let place = indexer.place(packet.sequenceNumber)
        guard let index = place.index else {
            suspect = (packet, now)
            return
        }
        if case .restarted = place, let first = suspect.take() {
            receive(first.packet, index: index - 1, at: first.at)
        }
        if case .newest = place { suspect = nil }
        receive(packet, index: index, at: now)
    }

    private mutating func receive(_ packet: WirePacket, index: Int64, at now: Instant) {
        receiver.receive(
            payloadType: packet.payloadType, index: index, timestamp: packet.timestamp, marker: packet.marker,
            payload: packet.payload, at: now)
        collect(at: now)
    }

    mutating func collect(at now: Instant) {
        while let unit = receiver.pollOutput() { units.append((unit, now)) }
    }

    /// The numbers of the frames handed out, in order, whether from their own packet or a later one.
    var frames: [Int] {
        units.compactMap { entry in
            switch entry.unit.kind {
            case .packet(let payload), .recovered(let payload): frameID(payload)
            default: nil
            }
        }
    }

    /// Samples handed out per kind.
    func samples(_ kind: String) -> Int {
        units.reduce(0) { $1.unit.kindName == kind ? $0 + $1.unit.duration : $0 }
    }

    func count(_ kind: String) -> Int { units.count { $0.unit.kindName == kind } }

    /// Checks what must hold for every run: the timeline has neither hole nor overlap, and no frame comes twice or
    /// out of order.
    func expectSound(_ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation) {
        var position: Int64 = 0
        var previous = -1
        for (unit, _) in units {
            if unit.position != position {
                Issue.record("unit at \(unit.position), expected \(position)", sourceLocation: sourceLocation)
                return
            }
            position += Int64(unit.duration)
            switch unit.kind {
            case .packet(let payload), .recovered(let payload):
                guard let id = frameID(payload) else { continue }
                if id <= previous {
                    Issue.record("frame \(id) after \(previous)", sourceLocation: sourceLocation)
                    return
                }
                previous = id
            default: break
            }
        }
    }
}

extension EncodedAudioUnit {
    var kindName: String {
        switch kind {
        case .packet: "packet"
        case .recovered: "recovered"
        case .forwardErrorCorrection: "fec"
        case .lost: "lost"
        case .discontinuous: "discontinuous"
        case .absenceBegan: "absenceBegan"
        case .absent: "absent"
        }
    }
}
