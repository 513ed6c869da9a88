import SansIO
import Testing

@testable import Perception

/// Two people's levels, made up: syllables of random length and loudness with gaps, in slots of a chunk.
@Suite struct LoudspeakerTests {
    private struct Scene {
        var loudspeaker = Loudspeaker()
        var voices: [Identity: LevelEnvelope] = ["ivo": LevelEnvelope()]
        var configuration = VoiceSegmenter.Configuration()
        /// How many chunks later than the microphone's the other's come.
        var late = 0
        var slot = 0
        var coming: [VoiceChunk] = []

        init() { loudspeaker.setSpeaking("ivo", true) }

        /// What of some chunks of the microphone, beside those of another's, was taken for their voice.
        mutating func hear(_ own: [Float], beside other: [Float], of identity: Identity = "ivo") -> Int {
            precondition(own.count == other.count)
            var count = 0
            for (level, others) in zip(own, other) {
                let chunk = Self.chunk(slot, level)
                coming.append(Self.chunk(slot, others))
                if coming.count > late { voices[identity]?.receive(coming.removeFirst()) }
                if loudspeaker.isAnothers(chunk, beside: voices, configuration) { count += 1 }
                slot += 1
            }
            return count
        }

        static func chunk(_ slot: Int, _ level: Float) -> VoiceChunk {
            VoiceChunk(start: .zero + VoiceChunk.duration * slot, probability: 0.9, level: level)
        }
    }

    private static func speech(_ count: Int, _ random: inout SplitMix64) -> [Float] {
        var levels: [Float] = []
        while levels.count < count {
            let peak = Float.random(in: -34 ... -20, using: &random)
            for _ in 0..<Int.random(in: 3...9, using: &random) {
                levels.append(peak + Float.random(in: -4...1, using: &random))
            }
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                levels.append(Float.random(in: -62 ... -45, using: &random))
            }
        }
        return Array(levels.prefix(count))
    }

    /// What comes of a voice through a loudspeaker and a room.
    private static func bleed(
        _ voice: [Float], lag: Int, gain: Float, _ random: inout SplitMix64
    ) -> [Float] {
        voice.indices.map { index in
            let source = index - lag
            let level = voice.indices.contains(source) ? voice[source] : -70
            return level + gain + Float.random(in: -1.5...1.5, using: &random)
        }
    }

    private static func mixed(_ one: [Float], _ other: [Float]) -> [Float] { zip(one, other).map { max($0, $1) } }

    @Test(
        "a voice out of a loudspeaker is known by its likeness, however loud",
        arguments: [
            (5, -20, 0), (5, 0, 0), (2, 0, 0), (20, -6, 0), (0, -12, 0), (-3, -12, 0), (5, 0, 3), (20, -6, 12),
            (2, 0, 3),
        ] as [(Int, Float, Int)])
    func aVoiceOutOfALoudspeakerIsKnown(path: (lag: Int, gain: Float, late: Int)) {
        var random = SplitMix64(seed: 7)
        var scene = Scene()
        scene.late = path.late
        let voice = Self.speech(400, &random)
        let heard = Self.bleed(voice, lag: path.lag, gain: path.gain, &random)
        _ = scene.hear(Array(heard[..<160]), beside: Array(voice[..<160]))
        let count = scene.hear(Array(heard[160...]), beside: Array(voice[160...]))
        // Of the chunks of its gaps not all count as voice of anybody.
        let loud = heard[160...].count { $0 > -45 }
        #expect(count >= loud * 9 / 10, "\(count) of \(loud)")
    }

    @Test("one's own voice is not another's for being heard at the same time", arguments: 1...4 as ClosedRange<UInt64>)
    func twoVoicesAtOnceAreTwo(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var scene = Scene()
        #expect(scene.hear(Self.speech(1_500, &random), beside: Self.speech(1_500, &random)) <= 15)
    }

    @Test func whatIsLouderThanTheLoudspeakerIsOnesOwn() {
        var random = SplitMix64(seed: 3)
        var scene = Scene()
        let voice = Self.speech(900, &random)
        let heard = Self.bleed(voice, lag: 5, gain: -12, &random)
        _ = scene.hear(Array(heard[..<300]), beside: Array(voice[..<300]))
        let own = Self.speech(600, &random)
        let both = Self.mixed(own, Array(heard[300...]))
        let count = scene.hear(both, beside: Array(voice[300...]))
        let loud = own.count { $0 > -38 }
        #expect(count < 600 - loud * 8 / 10, "\(count) taken for another's, \(loud) loud")
    }

    /// The source hears the one into whose microphone they bleed: to them the other's track is the later one.
    @Test(arguments: [(3, 0), (5, -12), (0, 0), (1, 3)] as [(Int, Float)])
    func theSourceIsNotTakenForItsBleed(path: (lag: Int, gain: Float)) {
        var random = SplitMix64(seed: 5)
        var scene = Scene()
        let voice = Self.speech(800, &random)
        #expect(scene.hear(voice, beside: Self.bleed(voice, lag: path.lag, gain: path.gain, &random)) <= 8)
    }

    @Test func aHeadsetIsNoticed() {
        var random = SplitMix64(seed: 4)
        var scene = Scene()
        let voice = Self.speech(1_300, &random)
        let heard = Self.bleed(voice, lag: 5, gain: -6, &random)
        #expect(scene.hear(Array(heard[..<300]), beside: Array(voice[..<300])) > 100)
        _ = scene.hear(Array(repeating: -64, count: 400), beside: Array(voice[300..<700]))
        let own = Self.speech(600, &random)
        #expect(scene.hear(own, beside: Array(voice[700...])) <= 6)
    }

    @Test func withoutTheOthersTrackNothingIsKnown() {
        var random = SplitMix64(seed: 7)
        let voice = Self.speech(600, &random)
        var scene = Scene()
        scene.voices = [:]
        #expect(scene.hear(voice, beside: voice) == 0)
        // Nor where the setting leaves it to the level.
        scene = Scene()
        scene.configuration.bleedLikeness = 1
        #expect(scene.hear(Self.bleed(voice, lag: 5, gain: -12, &random), beside: voice) == 0)
    }

    @Test func moreVoicesThanAreComparedCostNothing() {
        var random = SplitMix64(seed: 9)
        let voice = Self.speech(600, &random)
        let heard = Self.bleed(voice, lag: 5, gain: -6, &random)
        // Ivo began first, and is compared; after four others he is not, until one of them is silent.
        for (others, isHeard) in [(3, true), (4, false)] {
            var scene = Scene()
            scene.loudspeaker = Loudspeaker()
            for other in 0..<others { scene.loudspeaker.setSpeaking("\(other)", true) }
            scene.loudspeaker.setSpeaking("ivo", true)
            #expect((scene.hear(heard, beside: voice) > 0) == isHeard, "\(others) others")
            scene.loudspeaker.setSpeaking("0", false)
            scene.loudspeaker.setSpeaking("ivo", true)
            #expect(scene.hear(heard, beside: voice) > 100)
        }
    }

    @Test func whoHasLeftGivesWayThoughTheirPathWasKnown() {
        var random = SplitMix64(seed: 9)
        var scene = Scene()
        scene.loudspeaker = Loudspeaker()
        let voice = Self.speech(300, &random)
        let heard = Self.bleed(voice, lag: 5, gain: -6, &random)
        // More people than are compared, one after the other, as one who joins under another name each time.
        for other in (0..<2 * Loudspeaker.mostSources).map({ Identity("\($0)") }) {
            scene.loudspeaker.setSpeaking(other, true)
            scene.voices = [other: LevelEnvelope()]
            #expect(scene.hear(heard, beside: voice, of: other) > 100, "\(other)")
            scene.voices = [:]
            scene.loudspeaker.setSpeaking(other, false)
            _ = scene.hear([-64], beside: [-64], of: other)
        }
        // Who is there and only silent keeps theirs.
        scene.loudspeaker = Loudspeaker()
        for other in (0...Loudspeaker.mostSources).map({ Identity("\($0)") }) {
            scene.loudspeaker.setSpeaking(other, true)
            scene.voices[other] = LevelEnvelope()
            let isCompared = scene.hear(heard, beside: voice, of: other) > 100
            #expect(isCompared == (other != Identity("\(Loudspeaker.mostSources)")), "\(other)")
            scene.loudspeaker.setSpeaking(other, false)
        }
    }

    /// A fan at -47 dBFS: too faint to be anybody's voice, but not for a loud loudspeaker.
    @Test func noiseOnTheOthersTrackIsNotHeardForGood() {
        var random = SplitMix64(seed: 6)
        var scene = Scene()
        let voice = Self.speech(300, &random).map { max($0, -47) }
        _ = scene.hear(Self.bleed(voice, lag: 5, gain: 6, &random), beside: voice)
        scene.loudspeaker.setSpeaking("ivo", false)
        // The loudspeaker is turned off; what is heard is a faint voice of one's own.
        let noise = (0..<1_500).map { _ in Float.random(in: -48 ... -46, using: &random) }
        let own = Self.speech(1_500, &random).map { $0 - 14 }
        _ = scene.hear(Array(own[..<500]), beside: Array(noise[..<500]))
        #expect(scene.hear(Array(own[500...]), beside: Array(noise[500...])) == 0)
    }
}
