import NIOCore
import RTCCore
import RTCNetwork
import SansIO

/// The data channels towards a client: the server's own, or on a single connection the client's.
struct OutgoingChannels {
    static let reliable = "_reliable"
    static let lossy = "_lossy"
    /// Bytes of reliable packets kept until the channel is open.
    static let heldBytes = 100_000

    private var reliableHandle: DataChannelID?
    private var lossyHandle: DataChannelID?
    private var isOpen: Set<DataChannelID> = []
    private var held: [ByteBuffer] = []

    mutating func open(on driver: PeerConnectionDriver) {
        // A connection that is new has room for two channels.
        driver.perform { connection, now in
            reliableHandle = try? connection.openDataChannel(label: Self.reliable, at: now)
            lossyHandle = try? connection.openDataChannel(
                label: Self.lossy, ordered: false, reliability: .maxRetransmits(0), at: now)
        }
    }

    /// Takes a channel that the client opened, which carries data both ways.
    mutating func adopt(_ handle: DataChannelID, label: String, on driver: PeerConnectionDriver) {
        switch label {
        case Self.reliable: reliableHandle = handle
        case Self.lossy: lossyHandle = handle
        default: return
        }
        opened(handle, on: driver)
    }

    mutating func opened(_ handle: DataChannelID, on driver: PeerConnectionDriver) {
        isOpen.insert(handle)
        guard handle == reliableHandle else { return }
        let waiting = held
        held = []
        for packet in waiting { write(packet, handle, driver) }
    }

    mutating func send(_ packet: ByteBuffer, isReliable: Bool, on driver: PeerConnectionDriver) {
        if let handle = isReliable ? reliableHandle : lossyHandle, isOpen.contains(handle) {
            write(packet, handle, driver)
        } else if isReliable, held.reduce(packet.readableBytes, { $0 + $1.readableBytes }) <= Self.heldBytes {
            held.append(packet)
        }
    }

    private func write(_ packet: ByteBuffer, _ handle: DataChannelID, _ driver: PeerConnectionDriver) {
        // A channel that takes nothing more has a client behind it that will resume or go.
        try? driver.perform { connection, now throws(PeerConnectionError) in
            try connection.send(packet, on: handle, at: now)
        }
    }
}
