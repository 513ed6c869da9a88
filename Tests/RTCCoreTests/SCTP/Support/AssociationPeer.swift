import NIOCore
import RTCCore
import SansIO
import Simulation

/// An association under simulation that keeps what it reports.
struct AssociationPeer: SimulatedPeer {
    var association: SCTPAssociation
    var events: [SCTPEvent] = []
    var messages: [SCTPReceivedMessage] = []

    init(_ seed: UInt64, _ change: (inout SCTPOptions) -> Void = { _ in }) {
        var options = SCTPOptions()
        change(&options)
        association = SCTPAssociation(options: options, random: .seeded(seed))
    }

    mutating func receive(_ packet: ByteBuffer, at now: Instant) { association.receive(packet, at: now) }
    mutating func timeout(at now: Instant) { association.timeout(at: now) }
    var deadline: Instant? { association.deadline }

    mutating func pollTransmit(at now: Instant) -> ByteBuffer? {
        while let output = association.pollOutput() {
            switch output {
            case .transmit(let packet): return packet
            case .event(.message(let message)): messages.append(message)
            case .event(let event): events.append(event)
            }
        }
        return nil
    }

    var isEstablished: Bool { association.state == .established }
    var failure: SCTPFailure? {
        for case .failed(let failure) in events { return failure }
        return nil
    }
    var connections: Int { events.count { if case .connected = $0 { true } else { false } } }
}

typealias AssociationPair = SimulatedPair<AssociationPeer, AssociationPeer>

extension SimulatedPair where Left == AssociationPeer, Right == AssociationPeer {
    /// Two associations, both told to connect, run until both are up.
    static func connected(
        _ conditions: LinkConditions = .init(), seed: UInt64, _ change: (inout SCTPOptions) -> Void = { _ in }
    ) -> Self {
        var pair = Self(
            AssociationPeer(seed, change), AssociationPeer(seed &+ 1, change), forward: conditions, seed: seed)
        pair.left.association.connect(at: pair.now)
        pair.right.association.connect(at: pair.now)
        pair.run(for: .seconds(30)) { $0.left.isEstablished && $0.right.isEstablished }
        return pair
    }
}

/// Bytes in which no two places look alike.
private let pattern = ByteBuffer(bytes: (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })

/// A message whose content tells its number, and whether its parts are in their places.
func numbered(_ number: Int, bytes: Int) -> ByteBuffer {
    var buffer = ByteBuffer(integer: UInt32(number))
    if let rest = pattern.getSlice(at: number % 251, length: max(0, bytes - 4)) { buffer.writeImmutableBuffer(rest) }
    return buffer
}

func number(of payload: ByteBuffer) -> Int? {
    guard let number = payload.getInteger(at: payload.readerIndex, as: UInt32.self).map(Int.init),
        payload == numbered(number, bytes: payload.readableBytes)
    else { return nil }
    return number
}
