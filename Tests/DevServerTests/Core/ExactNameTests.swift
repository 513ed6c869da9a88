import LiveKit
import NIOCore
import SansIO
import Testing

@testable import DevServer

/// Names that look alike and are not: the real server compares their bytes.
@Suite struct ExactNameTests {
    /// "é" as one code point, and as a letter with an accent.
    private static let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")

    @Test("twins of a name in another normal form are two participants, and a packet for one is not for the other")
    func identities() throws {
        let world = try World()
        let one = world.join(Self.composed)
        let other = world.join(Self.decomposed)
        #expect(!world.closedSignals.contains(one.signal))
        #expect(world.core.rooms["r"]?.participants.count == 2)
        let sender = world.join("sender")
        let packet = Livekit_DataPacket.with {
            $0.destinationIdentities = [Self.decomposed]
            $0.user.topic = "t"
        }
        let bytes: [UInt8] = try packet.serializedBytes()
        world.media(.data(ByteBuffer(bytes: bytes), isReliable: true), of: sender)
        #expect(world.packets(to: other).count == 1 && world.packets(to: one).isEmpty)
        _ = try world.perform { (core, now) throws(TwirpError) in
            try core.removeParticipant(
                .with {
                    $0.room = "r"
                    $0.identity = Self.decomposed
                }, at: now)
        }
        #expect(world.closedSignals.contains(other.signal) && !world.closedSignals.contains(one.signal))
    }

    @Test("a session cannot be resumed under a twin of its name")
    func resumes() throws {
        let world = try World()
        let one = world.join(Self.composed)
        let thief = world.newSignal()
        world.connect(thief, Self.decomposed) { request, _ in request.resumes = one.sid }
        #expect(world.closedSignals == [thief])
        #expect(world.core.signals[one.signal]?.participant.sid == one.sid)
    }

    @Test("twins of a room's name are two rooms, to the server API too")
    func rooms() throws {
        let world = try World()
        world.join("a", room: Self.composed)
        world.join("b", room: Self.decomposed)
        #expect(world.core.rooms.count == 2)
        let listed = world.core.listRooms(.with { $0.names = [Self.decomposed] })
        #expect(listed.rooms.map { Array($0.name.utf8) } == [Array(Self.decomposed.utf8)])
        _ = try world.perform { (core, now) throws(TwirpError) in
            try core.deleteRoom(.with { $0.room = Self.composed }, at: now)
        }
        #expect(world.core.rooms.keys.map { Array("\($0)".utf8) } == [Array(Self.decomposed.utf8)])
    }
}
