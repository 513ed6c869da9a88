import Foundation
import SansIO
import Testing

@testable import Perception

@Suite struct RoomPerceptionTests {
    @Test func whoListensIsNotStuckAndBleedIsNotTheirVoice() throws {
        var room = SimulatedRoom()
        room.join("ada")
        room.join("ivo")
        room.hear(3, ("ada", .voice), ("ivo", .silence))
        room.hear(4, ("ada", .silence), ("ivo", .silence))
        room.hear(30, ("ivo", .voice), ("ada", .bleed))
        let silent = room.now
        #expect(
            room.names(of: "ada") == ["voice", "quiet", "pause"], "another's voice is neither one's own nor silence")
        room.hear(11, ("ada", .silence), ("ivo", .silence))
        #expect(room.names(of: "ada") == ["voice", "quiet", "pause", "long"])
        let pause = try #require(room.longPauses(of: "ada").first)
        #expect(pause.since == silent && pause.reasons.contains(.afterAnotherVoice))
    }

    @Test func aLoudspeakerAsLoudAsTheirVoiceIsKnownByLikeness() throws {
        var room = SimulatedRoom()
        room.join("ada")
        room.join("ivo")
        var random = SplitMix64(seed: 11)
        room.hear(3, ("ada", .voice), ("ivo", .silence))
        // What ivo says is heard 160 ms later, at the level of ada's own voice.
        room.talk(4, "ivo", into: "ada", after: 5, gain: 0, &random)
        room.hear(5, ("ada", .silence), ("ivo", .silence))
        let learnt = room.signals.count
        let began = room.now
        room.talk(20, "ivo", into: "ada", after: 5, gain: 0, &random)
        let after = room.signals[learnt...]
        #expect(after.allSatisfy { $0.participant == "ivo" }, "\(after)")
        #expect(!after.isEmpty, "and who is heard from it goes on being heard")
        // Their own voice is louder than what comes of ivo's.
        room.talk(6, "ivo", into: "ada", after: 5, gain: -12, own: .voice, &random)
        #expect(room.signals.contains { $0.isVoice(of: "ada", after: began) })
        // And the trace says it all.
        var replayed = RoomPerception()
        var signals: [Signal] = []
        for entry in room.trace {
            replayed.receive(entry.input, at: entry.at)
            while let signal = replayed.pollOutput() { signals.append(signal) }
        }
        #expect(signals == room.signals)
    }

    @Test func whoIsNotListenedToIsNoOther() {
        var room = SimulatedRoom()
        room.join("ada")
        room.join("ivo")
        room.tell(.ignore("ivo"))
        room.hear(3, ("ada", .voice))
        room.hear(4, ("ada", .silence))
        room.hear(8, ("ivo", .voice), ("ada", .silence))
        #expect(room.names(of: "ada") == ["voice", "quiet", "pause", "long"] && room.names(of: "ivo").isEmpty)
        // And what comes out of the loudspeaker then is taken for the voice of whoever has it.
        room.hear(2, ("ivo", .voice), ("ada", .bleed))
        #expect(room.names(of: "ada").suffix(2) == ["over(voice)", "voice"])
    }

    @Test(arguments: [PerceptionInput.left("ivo"), .ignore("ivo"), .microphones("ivo", []), .connection(isUp: false)])
    func whoSpokeAndIsGoneSpeaksNoMore(end: PerceptionInput) {
        var room = SimulatedRoom()
        room.join("ada")
        room.join("ivo")
        room.hear(3, ("ada", .voice), ("ivo", .silence))
        room.hear(1, ("ada", .silence), ("ivo", .voice))
        room.tell(end)
        #expect(room.names(of: "ivo") == ["voice", "quiet"])
        if case .connection = end { room.tell(.connection(isUp: true)) }
        room.hear(12, ("ada", .silence))
        #expect(room.names(of: "ada").last == "long", "\(room.names(of: "ada"))")
    }

    @Test func whoIsListenedToLaterKnowsWhoSpeaks() {
        var room = SimulatedRoom()
        room.join("ivo")
        room.hear(2, ("ivo", .voice))
        room.tell(.microphones("ada", [Microphone(sid: SimulatedRoom.track("ada"), isMuted: false)]))
        room.tell(.listen("ada", hasSpoken: true, silentSince: nil))
        room.hear(30, ("ivo", .voice), ("ada", .bleed))
        #expect(room.names(of: "ada") == ["pause"])
    }

    @Test func nothingIsHeardBeforeTheConnectionIsUpOrOfWhomNobodyListensTo() {
        var room = SimulatedRoom()
        room.perception = RoomPerception()
        room.join("ada")
        room.hear(3, ("ada", .voice))
        #expect(room.signals.isEmpty && room.perception.sound(of: "ada") == .interrupted)
        room.tell(.connection(isUp: true))
        room.hear(1, ("ada", .voice), ("eve", .voice))
        #expect(room.names(of: "ada") == ["voice"] && room.signals.count == 1)
        #expect(room.perception.sound(of: "eve") == nil)
    }

    @Test func aTwinOfAnIdentityIsAnotherParticipant() {
        let (one, twin): (Identity, Identity) = ("Andr\u{e9}", "Andre\u{301}")
        #expect(one.text == twin.text && one != twin)
        var room = SimulatedRoom()
        room.join(one)
        room.join(twin)
        room.hear(3, (one, .voice), (twin, .silence))
        room.hear(20, (one, .silence), (twin, .voice))
        #expect(room.names(of: one) == ["voice", "quiet", "pause"], "the twin is another voice")
        #expect(room.names(of: twin) == ["voice"])
        room.tell(.ignore(twin))
        #expect(room.names(of: twin) == ["voice", "quiet"])
        room.hear(11, (one, .silence), (twin, .voice))
        #expect(room.names(of: one) == ["voice", "quiet", "pause", "long"])
    }

    @Test func whatWasTypedBeforeTheyWereListenedToIsKnown() throws {
        var room = SimulatedRoom()
        room.tell(.typed("ada"))
        room.join("ada")
        room.hear(2, ("ada", .voice))
        room.hear(11, ("ada", .silence))
        let pause = try #require(room.longPauses(of: "ada").first)
        #expect(pause.reasons.first == .editorIdle)
        // Also of who never speaks.
        room.tell(.typed("bo"))
        room.join("bo")
        room.hear(31, ("bo", .silence))
        #expect(room.longPauses(of: "bo").first?.reasons.first == .neverSpoke)
        // Unless its use was forbidden since.
        room.tell(.codeFeed("ada", isPresent: false))
        room.tell(.ignore("ada"))
        room.tell(.listen("ada", hasSpoken: true, silentSince: nil))
        room.hear(11, ("ada", .silence))
        #expect(room.longPauses(of: "ada").last?.reasons.first == .noCodeFeed)
    }

    @Test func aChangedSettingHoldsForEverybody() {
        var room = SimulatedRoom()
        room.join("ada")
        var configuration = PauseConfiguration()
        configuration.pause = .seconds(1)
        room.tell(.configured(PerceptionConfiguration(pause: configuration)))
        room.join("ivo")
        room.hear(2, ("ada", .voice), ("ivo", .voice))
        room.hear(1.5, ("ada", .silence), ("ivo", .silence))
        #expect(room.names(of: "ada") == ["voice", "quiet", "pause"] && room.names(of: "ivo") == room.names(of: "ada"))
    }

    @Test func morePeopleThanThereIsRoomForAreLeftOut() {
        var perception = RoomPerception()
        for index in 0..<RoomPerception.mostParticipants { perception.receive(.typed("\(index)"), at: .zero) }
        perception.receive(.listen("late", hasSpoken: false, silentSince: nil), at: .zero)
        #expect(perception.sound(of: "late") == nil)
        perception.receive(.left("7"), at: .zero)
        perception.receive(.listen("late", hasSpoken: false, silentSince: nil), at: .zero)
        #expect(perception.sound(of: "late") == .absent)
    }

    @Test("a trace of the inputs, written and read, replays every signal", arguments: 0..<6 as Range<UInt64>)
    func aTraceReplaysEverySignal(seed: UInt64) throws {
        var room = SimulatedRoom()
        var random = SplitMix64(seed: seed)
        for identity in SimulatedRoom.people { room.join(identity) }
        for _ in 0..<150 { room.step(&random) }
        #expect(room.signals.count > 20, "seed \(seed)")
        let written = try JSONEncoder().encode(room.trace)
        var replayed = RoomPerception()
        var signals: [Signal] = []
        for entry in try JSONDecoder().decode([SimulatedRoom.Entry].self, from: written) {
            replayed.receive(entry.input, at: entry.at)
            while let signal = replayed.pollOutput() { signals.append(signal) }
        }
        #expect(signals == room.signals, "seed \(seed)")
    }
}

extension SimulatedRoom {
    fileprivate static let people: [Identity] = ["ada", "ivo", "bot", "Andr\u{e9}", "Andre\u{301}"]

    /// One speaks in syllables, and is heard out of another's loudspeaker some chunks later.
    fileprivate mutating func talk(
        _ seconds: Double, _ speaker: Identity, into listener: Identity, after lag: Int, gain: Float,
        own: Sound = .silence, _ random: inout SplitMix64
    ) {
        var said: [VoiceChunk] = []
        var peak: Float = -30
        for index in 0..<Int(seconds / 0.032) {
            if index % 6 == 0 { peak = Float.random(in: -40 ... -24, using: &random) }
            let isGap = index % 6 == 5
            let chunk = VoiceChunk(
                start: now, probability: isGap ? 0.3 : 0.95,
                level: isGap ? -60 : peak + Float.random(in: -3...3, using: &random))
            said.append(chunk)
            let bleed = index < lag ? -70 : said[index - lag].level + gain
            let isBleed = bleed > own.level
            now = now + VoiceChunk.duration
            tell(.sound(speaker, track: Self.track(speaker), .chunks([chunk])))
            let heard = VoiceChunk(
                start: chunk.start, probability: isBleed ? said[max(0, index - lag)].probability : own.probability,
                level: max(bleed, own.level))
            tell(.sound(listener, track: Self.track(listener), .chunks([heard])))
        }
    }

    /// Anything that may happen in a room.
    fileprivate mutating func step(_ random: inout SplitMix64) {
        let who = Self.people[Int.random(in: 0..<Self.people.count, using: &random)]
        switch Int.random(in: 0..<16, using: &random) {
        case 0: join(who)
        case 1: tell(.listen(who, hasSpoken: true, silentSince: now - .seconds(5)))
        case 2: tell(.ignore(who))
        case 3: tell(.left(who))
        case 4: tell(.typed(who))
        case 5: tell(.codeFeed(who, isPresent: Bool.random(using: &random)))
        case 6: tell(.connection(isUp: Int.random(in: 0..<5, using: &random) > 0))
        case 7: tell(.sound(who, track: Self.track(who), .absent(at: now)))
        case 8:
            var configuration = PauseConfiguration()
            configuration.initialLongPause = .seconds(Int.random(in: 8...12, using: &random))
            configuration.voice.activation = Float.random(in: 0.5...0.7, using: &random)
            tell(.configured(PerceptionConfiguration(pause: configuration)))
        case 9...11:
            tell(
                .microphones(
                    who, [Microphone(sid: Self.track(who), isMuted: Int.random(in: 0..<4, using: &random) == 0)]))
        default:
            let sounds = Self.people.map { ($0, Sound.allCases.randomElement(using: &random) ?? .silence) }
            hear(Double.random(in: 0.3...14, using: &random), sounds)
        }
    }
}

extension Signal {
    fileprivate func isVoice(of identity: Identity, after start: Instant) -> Bool {
        if case .voiceBegan(identity, let instant) = self { instant > start } else { false }
    }
}
