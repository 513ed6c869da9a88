import NIOCore
import RTCMedia
import SansIO
import Simulation
import Testing

@Suite struct AudioDecoderPipelineTests {
    struct Sound {
        var frames: [AudioFrame] = []
        var statistics = AudioReceiveStatistics()
        var samples: [Int16] { frames.flatMap(\.samples) }

        func seconds(_ kinds: AudioFrame.Kind...) -> Double {
            frames.reduce(0) { kinds.contains($1.kind) ? $0 + $1.duration.inSeconds : $0 }
        }
    }

    /// Encodes, sends, receives and decodes sound of 20 ms frames, in virtual time.
    static func transmit(
        _ samples: [Int16], depth: Int, dtx: Bool = false, fec: Bool = false, conditions: LinkConditions,
        seed: UInt64 = 1
    ) throws -> Sound {
        var configuration = OpusEncoder.Configuration()
        configuration.sampleRate = 16_000
        configuration.usesDTX = dtx
        configuration.usesInbandFEC = fec
        configuration.expectedPacketLoss = 20
        var encoder = try AudioTrackEncoder(
            format: AudioFormat(redPayloadType: depth > 0 ? 63 : nil), configuration: configuration,
            redundancyDepth: depth, random: .seeded(seed))
        var packets: [WirePacket] = []
        for index in 0..<samples.count / 320 {
            guard let packet = try encoder.encode(Array(samples[index * 320..<(index + 1) * 320])) else { continue }
            packets.append(
                WirePacket(
                    sentAt: VirtualSender.start + .milliseconds(20 * index), payloadType: packet.payloadType,
                    sequenceNumber: packet.sequenceNumber, timestamp: packet.timestamp, marker: packet.marker,
                    payload: packet.payload, id: index))
        }
        var run = ReceiverRun(receiver: AudioReceiver(format: encoder.format))
        run.play(packets, over: conditions, seed: seed, tail: .milliseconds(100))
        let pipeline = try AudioDecoderPipeline(ssrc: 7)
        var sound = Sound(statistics: run.receiver.statistics)
        for (unit, _) in run.units { pipeline.process(unit, into: &sound.frames) }
        #expect(pipeline.statistics == AudioDecoderPipeline.Statistics())
        return sound
    }

    static func expectContinuous(_ frames: [AudioFrame], sourceLocation: SourceLocation = #_sourceLocation) {
        var end = MediaTime.zero
        for frame in frames {
            guard frame.start == end else {
                Issue.record("frame at \(frame.start), expected \(end)", sourceLocation: sourceLocation)
                return
            }
            end = end + frame.duration
            if frame.kind == .absent {
                #expect(frame.samples.isEmpty)
            } else {
                let start = MediaTime(samples: Int64(frame.samples.count), rate: 16_000) - .zero
                #expect(abs((start - frame.duration).wholeNanoseconds) <= 1, sourceLocation: sourceLocation)
            }
        }
    }

    @Test func aVoiceOverACleanPathComesOutWhole() throws {
        let voice = SyntheticVoice.samples(rate: 16_000, seconds: 4)
        let sound = try Self.transmit(voice, depth: 1, conditions: .lossy(0))
        Self.expectContinuous(sound.frames)
        #expect(sound.samples.count >= voice.count && sound.samples.count <= voice.count + 3200)
        #expect(OpusCodecTests.likeness(sound.samples, to: voice, rate: 16_000) > 0.9)
        #expect(sound.frames.allSatisfy { $0.ssrc == 7 })
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func atTwentyPercentLossRedundancyAndErrorCorrectionKeepTheVoice(seed: UInt64) throws {
        let voice = SyntheticVoice.samples(rate: 16_000, seconds: 10)
        let conditions = LinkConditions.lossy(0.2)
        let bare = try Self.transmit(voice, depth: 0, conditions: conditions, seed: seed)
        let corrected = try Self.transmit(voice, depth: 0, fec: true, conditions: conditions, seed: seed)
        let redundant = try Self.transmit(voice, depth: 2, conditions: conditions, seed: seed)
        for sound in [bare, corrected, redundant] {
            Self.expectContinuous(sound.frames)
            #expect(abs(sound.samples.count - voice.count) <= 16_000 / 2, "seed \(seed)")
        }
        #expect(bare.seconds(.concealed) > 1.2 && bare.seconds(.recovered) == 0, "seed \(seed)")
        #expect(corrected.seconds(.concealed) < bare.seconds(.concealed) * 0.5, "seed \(seed)")
        #expect(redundant.seconds(.concealed) < bare.seconds(.concealed) * 0.1, "seed \(seed)")
        // Where the first packet is lost the sound begins later, so it is compared from its own start.
        let likeness = { (sound: Sound) in
            (0..<5).map { lost in
                OpusCodecTests.likeness(sound.samples, to: Array(voice.dropFirst(lost * 320)), rate: 16_000)
            }.max() ?? 0
        }
        #expect(likeness(redundant) > 0.85, "seed \(seed)")
        #expect(likeness(redundant) > likeness(bare), "seed \(seed)")
    }

    @Test func silenceBetweenSentencesIsSilenceOfTheRightLength() throws {
        let sentence = SyntheticVoice.samples(rate: 16_000, seconds: 2)
        let voice = sentence + [Int16](repeating: 0, count: 16_000 * 5) + sentence
        let sound = try Self.transmit(voice, depth: 1, dtx: true, conditions: .lossy(0))
        Self.expectContinuous(sound.frames)
        #expect(sound.statistics.lost == 0)
        #expect(sound.seconds(.concealed, .absent) == 0)
        #expect(sound.seconds(.discontinuous) > 3.5)
        let (before, middle, after) = (
            sound.samples[8000..<30_000], sound.samples[48_000..<100_000], sound.samples[120_000..<140_000]
        )
        #expect(SyntheticVoice.level(before) > 1000 && SyntheticVoice.level(after) > 1000)
        #expect(SyntheticVoice.level(middle) < 30)
        // The second sentence begins where the speaker began it.
        #expect(SyntheticVoice.level(sound.samples[110_000..<111_800]) < 100)
    }

    @Test func absenceHasADurationAndNoSamples() throws {
        let pipeline = try AudioDecoderPipeline(ssrc: 1)
        let silence = EncodedAudioUnit(
            kind: .discontinuous, position: 0, rtpTimestamp: 5, duration: 961, arrival: .zero)
        let absent = EncodedAudioUnit(
            kind: .absent, position: 961, rtpTimestamp: 966, duration: 48_000 * 600, arrival: .zero)
        let later = EncodedAudioUnit(
            kind: .lost, position: 961 + 48_000 * 600, rtpTimestamp: 0, duration: 960, arrival: .zero)
        let frames = [silence, absent, later].flatMap { pipeline.process($0) }
        Self.expectContinuous(frames)
        #expect(frames.map(\.kind) == [.discontinuous, .absent, .concealed])
        #expect(frames.map(\.samples.count) == [320, 0, 320])
        #expect(frames[1].duration == .seconds(600))
    }

    @Test func aPacketThatTheDecoderRefusesIsConcealedAndCounted() throws {
        let pipeline = try AudioDecoderPipeline(ssrc: 1)
        let bad = EncodedAudioUnit(
            kind: .packet(ByteBuffer(bytes: [0x7A, 200, 1])), position: 0, rtpTimestamp: 0, duration: 1920,
            arrival: .zero)
        #expect(pipeline.process(bad).map(\.samples.count) == [640])
        #expect(pipeline.statistics.decoderErrors == 1)
    }

    @Test func unitsThatAQueueDroppedAreAbsence() throws {
        let pipeline = try AudioDecoderPipeline(ssrc: 1)
        let later = EncodedAudioUnit(kind: .lost, position: 9600, rtpTimestamp: 0, duration: 960, arrival: .zero)
        let frames = pipeline.process(later)
        Self.expectContinuous(frames)
        #expect(frames.map(\.kind) == [.absent, .concealed])
        #expect(frames[0].duration == .milliseconds(200))
        #expect(pipeline.statistics.missingUnits == 1)
    }

    /// Room for a century of samples would be 100 TB.
    @Test func absenceOfAnyLengthTakesNoRoom() throws {
        let pipeline = try AudioDecoderPipeline(ssrc: 1)
        let seconds = 100 * 365 * 86_400
        let frames = pipeline.process(
            EncodedAudioUnit(kind: .absent, position: 0, rtpTimestamp: 0, duration: seconds * 48_000, arrival: .zero))
        #expect(frames.map(\.duration) == [.seconds(seconds)] && frames.map(\.samples) == [[]])
    }

    /// A sender may change the number of its channels between packets (RFC 6716 §3.1).
    @Test func aVoiceGoesOnThroughStereoAndBackToMono() throws {
        let voice = SyntheticVoice.samples(rate: 16_000, seconds: 3)
        let mono = try StereoOpus(channels: 1)
        let stereo = try StereoOpus(channels: 2)
        let pipeline = try AudioDecoderPipeline(ssrc: 1)
        var frames: [AudioFrame] = []
        for index in 0..<150 {
            let samples = Array(voice[index * 320..<(index + 1) * 320])
            // Both encoders hear everything, as those of one sender would.
            let packets = (try mono.encode(samples), try stereo.encode(samples))
            let isStereo = (50..<100).contains(index)
            pipeline.process(
                EncodedAudioUnit(
                    kind: .packet(isStereo ? packets.1 : packets.0), position: Int64(index) * 960,
                    rtpTimestamp: Int64(index) * 960, duration: 960, arrival: .zero), into: &frames)
        }
        Self.expectContinuous(frames)
        #expect(pipeline.statistics == AudioDecoderPipeline.Statistics())
        let sound = frames.flatMap(\.samples)
        #expect(sound.count == voice.count && frames.allSatisfy { $0.kind == .decoded })
        for second in 0..<3 {
            let part = second * 16_000..<(second + 1) * 16_000
            #expect(
                OpusCodecTests.likeness(Array(sound[part]), to: Array(voice[part]), rate: 16_000) > 0.85,
                "second \(second)")
        }
    }

    @Test func aStereoPacketDecodesToMono() throws {
        let pipeline = try AudioDecoderPipeline(ssrc: 1)
        let stereo = EncodedAudioUnit(
            kind: .packet(ByteBuffer(bytes: [0xFC, 0xFF, 0xFE])), position: 0, rtpTimestamp: 0, duration: 960,
            arrival: .zero)
        #expect(pipeline.process(stereo).map(\.samples.count) == [320])
        #expect(pipeline.statistics.decoderErrors == 0)
    }
}
