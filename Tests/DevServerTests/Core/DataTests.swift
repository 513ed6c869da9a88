import Foundation
import LiveKit
import NIOCore
import SansIO
import Testing

@testable import DevServer

@Suite struct DataTests {
    private func user(_ text: String, to identities: [String] = [], sequence: UInt32 = 0) -> Livekit_DataPacket {
        .with {
            $0.user.payload = Data(text.utf8)
            $0.user.topic = "t"
            $0.destinationIdentities = identities
            $0.sequence = sequence
        }
    }

    private func send(
        _ packet: Livekit_DataPacket, reliable: Bool = true, from client: World.Client, _ world: World
    ) throws {
        let bytes: [UInt8] = try packet.serializedBytes()
        world.media(.data(ByteBuffer(bytes: bytes), isReliable: reliable), of: client)
    }

    @Test("a packet goes to everyone but its sender, stamped with who sent it whatever it says")
    func packetsAreStamped() throws {
        let world = try World()
        let (a, b, c) = (world.join("a"), world.join("b"), world.join("c"))
        var forged = user("hello")
        forged.participantIdentity = "b"
        forged.participantSid = b.sid
        forged.user.participantIdentity = "b"
        forged.kind = .lossy
        try send(forged, from: a, world)
        let received = try #require(world.packets(to: b).first)
        #expect(received.participantIdentity == "a" && received.participantSid == a.sid)
        #expect(received.user.participantIdentity == "a" && received.user.participantSid == a.sid)
        #expect(received.kind == .reliable && received.user.payload == Data("hello".utf8))
        #expect(world.packets(to: c).count == 1 && world.packets(to: a).isEmpty)
    }

    @Test("a hidden sender's identity is blanked, its sid stays")
    func hiddenSendersAreBlanked() throws {
        let world = try World()
        let candidate = world.join("candidate")
        let ghost = world.join("ghost") { _, grant in grant.hidden = true }
        try send(user("hint"), from: ghost, world)
        try send(
            .with {
                $0.streamHeader.streamID = "s"; $0.streamHeader.textHeader = .init()
            }, from: ghost, world)
        let packets = world.packets(to: candidate)
        #expect(packets.map(\.participantIdentity) == ["", ""])
        #expect(packets.map(\.participantSid) == [ghost.sid, ghost.sid])
        #expect(packets[0].user.participantIdentity == "" && packets[0].user.participantSid == "")
    }

    @Test("destinations are kept to, in the new place and the old; nobody else gets the packet")
    func destinationsAreKeptTo() throws {
        let world = try World()
        let (a, b, c) = (world.join("a"), world.join("b"), world.join("c"))
        try send(user("to b", to: ["b"]), from: a, world)
        try send(.with { $0.user.destinationIdentities = ["c"] }, from: a, world)
        try send(.with { $0.user.destinationSids = [b.sid] }, from: a, world)
        #expect(world.packets(to: b).count == 2)
        #expect(world.packets(to: c).count == 1)
    }

    @Test("reliable packets that come again are dropped; lossy ones have no number")
    func repetitionsAreDropped() throws {
        let world = try World()
        let (a, b) = (world.join("a"), world.join("b"))
        for sequence: UInt32 in [1, 2, 2, 1, 3] { try send(user("\(sequence)", sequence: sequence), from: a, world) }
        try send(user("lossy"), reliable: false, from: a, world)
        try send(user("lossy"), reliable: false, from: a, world)
        #expect(
            world.packets(to: b).map { String(decoding: $0.user.payload, as: UTF8.self) } == [
                "1", "2", "3", "lossy", "lossy",
            ])
        #expect(world.packets(to: b).last?.kind == .lossy)
    }

    @Test("only agents may send transcriptions and speak for others; speaker packets pass from nobody")
    func someKindsAreForAgents() throws {
        let world = try World()
        let (a, b) = (world.join("a"), world.join("b"))
        let agent = world.join("agent") { request, _ in request.claims.kind = "agent" }
        let transcription = Livekit_DataPacket.with { $0.transcription.trackID = "TR" }
        try send(transcription, from: a, world)
        try send(.with { $0.speaker = .init() }, from: agent, world)
        try send(.init(), from: agent, world)
        #expect(world.packets(to: b).isEmpty)
        try send(transcription, from: agent, world)
        let onBehalf = Livekit_DataPacket.with {
            $0.participantIdentity = "a"
            $0.chatMessage.message = "hi"
        }
        try send(onBehalf, from: agent, world)
        try send(onBehalf, from: b, world)
        let packets = world.packets(to: b)
        #expect(packets.count == 2)
        #expect(packets[1].participantIdentity == "a" && packets[1].chatMessage.generated)
        #expect(world.packets(to: a).last?.participantIdentity == "b")
    }

    @Test("who may not send data is not heard, and bytes that are no packet are ignored")
    func badDataIsIgnored() throws {
        let world = try World()
        let (a, b) = (world.join("a") { _, grant in grant.canPublishData = false }, world.join("b"))
        try send(user("x"), from: a, world)
        var random = RandomSource.seeded(5)
        for length in 0..<200 {
            world.media(.data(ByteBuffer(bytes: random.bytes(length)), isReliable: true), of: b)
        }
        #expect(world.packets(to: b).isEmpty)
        #expect(world.core.rooms["r"]?.participants.count == 2)
    }

    @Test("what was sent in the last two seconds reaches who comes to be active, once, and not what is older or lossy")
    func recentPacketsAreReplayed() throws {
        let world = try World()
        let a = world.join("a")
        let late = world.join("late", connects: false)
        try send(user("old", sequence: 1), from: a, world)
        world.pass(.seconds(3))
        try send(user("recent", sequence: 2), from: a, world)
        try send(user("lossy"), reliable: false, from: a, world)
        try send(user("private", to: ["someone"], sequence: 3), from: a, world)
        #expect(world.packets(to: late).isEmpty)
        world.media(.connected(.subscriber), of: late)
        #expect(world.packets(to: late).map { String(decoding: $0.user.payload, as: UTF8.self) } == ["recent"])
        #expect(world.packets(to: a).isEmpty)
    }

    @Test("a resuming client gets what it says it lacks")
    func resumersGetTheRest() throws {
        let world = try World()
        let (a, b) = (world.join("a"), world.join("b"))
        world.closeSignal(b)
        for sequence: UInt32 in 1...3 { try send(user("\(sequence)", sequence: sequence), from: a, world) }
        world.commands = []
        let signal = world.newSignal()
        world.connect(signal, "b") { request, _ in request.resumes = b.sid }
        let resumed = World.Client(signal: signal, identity: "b", sid: b.sid)
        let state = Livekit_SyncState.with {
            $0.datachannelReceiveStates = [
                .with {
                    $0.publisherSid = a.sid; $0.lastSeq = 2
                }
            ]
        }
        world.send(.syncState(state), from: resumed)
        #expect(world.packets(to: resumed).map(\.sequence) == [3])
    }

    @Test("the API's packets have no sender and a nonce")
    func theAPISendsData() throws {
        let world = try World()
        let a = world.join("a")
        _ = try world.perform { (core, now) throws(TwirpError) in
            try core.sendData(
                .with {
                    $0.room = "r"; $0.data = Data("x".utf8); $0.topic = "t"
                }, at: now)
        }
        let packet = try #require(world.packets(to: a).first)
        #expect(packet.participantIdentity == "" && packet.participantSid == "" && packet.sequence == 0)
        #expect(packet.user.nonce.count == 16 && packet.user.topic == "t")
        #expect(throws: TwirpError.self) {
            try world.core.sendData(
                .with {
                    $0.room = "r"; $0.nonce = Data([1])
                }, at: world.now)
        }
    }
}
