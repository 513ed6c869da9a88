import NIOCore
import SansIO

/// What a core wants done that speaks over one web socket at a time.
package enum SocketOutput<Connection: Sendable, Event: Sendable>: Sendable {
    /// Open this socket; there is none open.
    case connect(Connection)
    /// Send one binary frame.
    case send(ByteBuffer)
    /// Close the socket, politely or at once. Nothing of it may be delivered afterwards.
    case closeSocket(politely: Bool)
    case event(Event)
}

/// A sans-IO core that speaks over one web socket at a time.
protocol SocketCore: SendableMetatype {
    associatedtype Connection: Sendable
    associatedtype Event: Sendable

    mutating func socketOpened(at now: Instant)
    mutating func socketFailed(_ error: TransportError, at now: Instant)
    mutating func socketEnded(_ end: WebSocketEnd, at now: Instant)
    mutating func receive(_ frame: ByteBuffer, isBinary: Bool, at now: Instant)
    mutating func timeout(at now: Instant)
    mutating func pollOutput() -> SocketOutput<Connection, Event>?
    var deadline: Instant? { get }
}
