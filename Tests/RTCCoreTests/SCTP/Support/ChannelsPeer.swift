import NIOCore
import RTCCore
import SansIO
import Simulation

/// Data channels under simulation that keep what they report.
struct ChannelsPeer: SimulatedPeer {
    var channels: DataChannels
    var events: [DataChannelEvent] = []

    init(isDTLSClient: Bool?, seed: UInt64, _ change: (inout SCTPOptions) -> Void = { _ in }) {
        var options = SCTPOptions()
        change(&options)
        channels = DataChannels(isDTLSClient: isDTLSClient, options: options, random: .seeded(seed))
    }

    mutating func receive(_ packet: ByteBuffer, at now: Instant) { channels.receive(packet, at: now) }
    mutating func timeout(at now: Instant) { channels.timeout(at: now) }
    var deadline: Instant? { channels.deadline }

    mutating func pollTransmit(at now: Instant) -> ByteBuffer? {
        while let output = channels.pollOutput() {
            switch output {
            case .transmit(let packet): return packet
            case .event(let event): events.append(event)
            }
        }
        return nil
    }

    var opened: [(id: DataChannelID, parameters: DataChannelParameters, remote: Bool)] {
        events.compactMap {
            if case .channelOpened(let id, let parameters, let remote) = $0 { (id, parameters, remote) } else { nil }
        }
    }
    var closed: [DataChannelID] { events.compactMap { if case .channelClosed(let id) = $0 { id } else { nil } } }
    var messages: [(id: DataChannelID, isBinary: Bool, payload: ByteBuffer)] {
        events.compactMap {
            if case .message(let id, let isBinary, let payload) = $0 { (id, isBinary, payload) } else { nil }
        }
    }
}

typealias ChannelsPair = SimulatedPair<ChannelsPeer, ChannelsPeer>

extension SimulatedPair where Left == ChannelsPeer, Right == ChannelsPeer {
    /// Two sides, told to connect; the left one is the DTLS client.
    static func connecting(
        _ conditions: LinkConditions = .init(), seed: UInt64, _ change: (inout SCTPOptions) -> Void = { _ in }
    ) -> Self {
        var pair = Self(
            ChannelsPeer(isDTLSClient: true, seed: seed, change),
            ChannelsPeer(isDTLSClient: false, seed: seed &+ 1, change), forward: conditions, seed: seed)
        pair.left.channels.connect(at: pair.now)
        pair.right.channels.connect(at: pair.now)
        return pair
    }
}
