import NIOCore
import RTCMedia
import SansIO

/// A LiveKit room for callers on any thread: commands are carried out on the room's event loop, events come as a
/// sequence.
public final class Room: Sendable {
    /// Events that may wait for a slow reader before the room's newest are dropped.
    public static let eventCapacity = 8192

    public let eventLoop: any EventLoop
    /// Every event once, in order, for one reader; ends after `disconnected`.
    public let events: AsyncStream<RoomEvent>
    private let engine: NIOLoopBoundBox<RoomEngine?>

    private init(eventLoop: any EventLoop, events: AsyncStream<RoomEvent>) {
        self.eventLoop = eventLoop
        self.events = events
        engine = NIOLoopBoundBox.makeEmptyBox(valueType: RoomEngine.self, eventLoop: eventLoop)
    }

    /// Begins to join a room; `events` tells how it went.
    public static func connect(_ options: RoomOptions, on eventLoop: any EventLoop) -> Room {
        let (events, continuation) = AsyncStream.makeStream(
            of: RoomEvent.self, bufferingPolicy: .bufferingOldest(eventCapacity))
        let room = Room(eventLoop: eventLoop, events: events)
        eventLoop.execute {
            let engine = RoomEngine(options: options, eventLoop: eventLoop)
            engine.onEvent = { [weak room] event in
                continuation.yield(event)
                guard case .disconnected = event else { return }
                continuation.finish()
                // Not here, for the engine is at work.
                let box = room?.engine
                eventLoop.execute { box?.value = nil }
            }
            room.engine.value = engine
            engine.connect()
        }
        return room
    }

    /// Runs on the room's loop with its engine; `nil` after the room is gone.
    public func perform<Result: Sendable>(
        _ body: @escaping @Sendable (RoomEngine) throws -> Result
    ) async throws -> Result? {
        try await eventLoop.submit { [engine] in try engine.value.map(body) }.get()
    }

    /// Sends a user packet; see `RoomEngine.send`.
    public func send(_ user: UserData, to destinations: [Identity] = [], isReliable: Bool = true) async throws {
        _ = try await perform { try $0.send(user, to: destinations, isReliable: isReliable) }
    }

    /// Sends a text stream.
    public func sendText(
        _ text: String, topic: TopicName, attributes: [AttributeKey: String] = [:], to destinations: [Identity] = []
    ) async throws {
        var options = OutgoingStreamOptions(topic: topic, timestamp: WallClock.seconds() * 1000)
        options.attributes = attributes
        options.destinations = destinations
        let final = options
        _ = try await perform { try $0.sendText(text, options: final) }
    }

    /// Sends bytes as a stream.
    public func sendBytes(
        _ bytes: ByteBuffer, topic: TopicName, mimeType: String, attributes: [AttributeKey: String] = [:],
        to destinations: [Identity] = []
    ) async throws {
        var options = OutgoingStreamOptions(
            topic: topic, mimeType: mimeType, timestamp: WallClock.seconds() * 1000)
        options.attributes = attributes
        options.destinations = destinations
        let final = options
        _ = try await perform { try $0.sendBytes(bytes, options: final) }
    }

    /// Leaves and waits until the commands before it are on their way.
    public func leave() async {
        _ = try? await perform { $0.leave() }
    }
}
