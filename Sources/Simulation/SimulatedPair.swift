import NIOCore
import SansIO

/// A core under simulation, seen through the four verbs every layer has.
public protocol SimulatedPeer {
    mutating func receive(_ packet: ByteBuffer, at now: Instant)
    mutating func timeout(at now: Instant)
    /// The next packet to send; called until `nil`. The peer keeps its own events.
    mutating func pollTransmit(at now: Instant) -> ByteBuffer?
    var deadline: Instant? { get }
}

/// Two cores back to back over two simulated links, in virtual time.
public struct SimulatedPair<Left: SimulatedPeer, Right: SimulatedPeer> {
    public var left: Left
    public var right: Right
    /// The path from left to right, and the one back.
    public var forward: SimulatedLink<ByteBuffer>
    public var backward: SimulatedLink<ByteBuffer>
    public private(set) var now: Instant
    /// Called with every packet put on a link; for logs and for tests that count.
    public var onPacket: ((_ fromLeft: Bool, _ packet: ByteBuffer, _ at: Instant) -> Void)?

    public init(
        _ left: Left, _ right: Right, forward: LinkConditions = .init(), backward: LinkConditions? = nil, seed: UInt64,
        startingAt start: Instant = Instant(nanoseconds: 1_000_000_000)
    ) {
        self.left = left
        self.right = right
        self.forward = SimulatedLink(forward, seed: seed)
        self.backward = SimulatedLink(backward ?? forward, seed: seed &+ 0x51ED)
        now = start
    }

    /// Runs until `condition` holds, or for `limit` of virtual time.
    /// - Returns: whether the condition came to hold.
    @discardableResult
    public mutating func run(
        for limit: Duration, until condition: (inout SimulatedPair) -> Bool = { _ in false }
    ) -> Bool {
        let end = now + limit
        while true {
            flush()
            if condition(&self) { return true }
            guard let next = nextEvent, next <= end else {
                now = end
                return false
            }
            now = max(now, next)
            step()
        }
    }

    /// Sends what both cores have to send, without moving time.
    public mutating func flush() {
        while let packet = left.pollTransmit(at: now) {
            onPacket?(true, packet, now)
            forward.send(packet, bytes: packet.readableBytes, at: now)
        }
        while let packet = right.pollTransmit(at: now) {
            onPacket?(false, packet, now)
            backward.send(packet, bytes: packet.readableBytes, at: now)
        }
    }

    private var nextEvent: Instant? {
        earliest(earliest(left.deadline, right.deadline), earliest(forward.deadline, backward.deadline))
    }

    private mutating func step() {
        while let packet = forward.receive(at: now) { right.receive(packet, at: now) }
        while let packet = backward.receive(at: now) { left.receive(packet, at: now) }
        if let deadline = left.deadline, deadline <= now { left.timeout(at: now) }
        if let deadline = right.deadline, deadline <= now { right.timeout(at: now) }
    }
}
