import NIOCore
import RTCMedia
import Testing

@Suite struct OpusCodecTests {
    static func encoded(
        _ samples: [Int16], rate: Int = 48_000, milliseconds: Int = 20,
        change: (inout OpusEncoder.Configuration) -> Void = { _ in }
    ) throws -> [ByteBuffer] {
        var configuration = OpusEncoder.Configuration()
        configuration.sampleRate = rate
        configuration.usesDTX = false
        change(&configuration)
        let encoder = try OpusEncoder(configuration)
        let frame = rate * milliseconds / 1000
        return try stride(from: 0, through: samples.count - frame, by: frame).map { start in
            try encoder.encode(Array(samples[start..<start + frame]))
        }
    }

    /// The best likeness of a second and a half from the middle, within the codec's delay.
    static func likeness(_ decoded: [Int16], to original: [Int16], rate: Int) -> Double {
        let start = min(decoded.count, original.count) / 2
        let end = min(start + rate * 3 / 2, original.count)
        return stride(from: 0, to: rate / 80, by: 2).map { delay in
            let from = start + delay
            return SyntheticVoice.likeness(
                decoded[min(from, decoded.count)..<min(from + end - start, decoded.count)], original[start..<end])
        }.max() ?? 0
    }

    @Test(arguments: [16_000, 48_000])
    func aVoiceSurvivesEncodingAndDecodingAtSixteenKilohertz(rate: Int) throws {
        let voice = SyntheticVoice.samples(rate: rate, seconds: 4)
        let decoder = try OpusDecoder()
        var decoded: [Int16] = []
        for packet in try Self.encoded(voice, rate: rate) {
            #expect(try decoder.decode(packet, into: &decoded) == 320)
        }
        let original = SyntheticVoice.samples(rate: 16_000, seconds: 4)
        let level = SyntheticVoice.level(decoded) / SyntheticVoice.level(original)
        #expect(level > 0.85 && level < 1.15)
        #expect(Self.likeness(decoded, to: original, rate: 16_000) > 0.9)
    }

    @Test(arguments: [10, 20, 40, 60])
    func framesOfAnyLengthDecodeToTheirLength(milliseconds: Int) throws {
        let voice = SyntheticVoice.samples(rate: 48_000, seconds: 1.2)
        let decoder = try OpusDecoder()
        var decoded: [Int16] = []
        for packet in try Self.encoded(voice, milliseconds: milliseconds) { try decoder.decode(packet, into: &decoded) }
        #expect(decoded.count == 19_200)
    }

    @Test func forwardErrorCorrectionIsCloserToWhatWasLostThanConcealment() throws {
        let voice = SyntheticVoice.samples(rate: 16_000, seconds: 4)
        let packets = try Self.encoded(voice, rate: 16_000) { configuration in
            configuration.bitrate = 28_000
            configuration.expectedPacketLoss = 25
        }
        let (reference, repairing, concealing) = (try OpusDecoder(), try OpusDecoder(), try OpusDecoder())
        var (likenessRepaired, likenessConcealed, tried) = (0.0, 0.0, 0)
        for index in packets.indices.dropLast() {
            var (whole, repaired, concealed): ([Int16], [Int16], [Int16]) = ([], [], [])
            try reference.decode(packets[index], into: &whole)
            let next = try OpusPacket(parsing: packets[index + 1])
            if index % 10 == 9, next.hasForwardErrorCorrection {
                try repairing.decodeFEC(from: packets[index + 1], samples: 320, into: &repaired)
                try concealing.conceal(samples: 320, into: &concealed)
                #expect(repaired.count == 320 && concealed.count == 320)
                likenessRepaired += SyntheticVoice.likeness(repaired[...], whole[...])
                likenessConcealed += SyntheticVoice.likeness(concealed[...], whole[...])
                tried += 1
            } else {
                try repairing.decode(packets[index], into: &repaired)
                try concealing.decode(packets[index], into: &concealed)
            }
        }
        #expect(tried >= 10)
        #expect(likenessRepaired / Double(tried) > 0.8)
        #expect(likenessRepaired > likenessConcealed + 0.1 * Double(tried))
    }

    @Test func silenceIsCodedAsOneByteWhenDiscontinuousTransmissionIsOn() throws {
        let silence = [Int16](repeating: 0, count: 48_000 * 2)
        let packets = try Self.encoded(silence) { $0.usesDTX = true }
        #expect(packets.suffix(50).count { $0.readableBytes <= 2 } > 40)
        #expect(try Self.encoded(silence).allSatisfy { $0.readableBytes > 2 })
    }

    @Test func whatTheLibraryRefusesIsATypedError() throws {
        #expect(throws: OpusError.badArgument) { try OpusDecoder(sampleRate: 44_100) }
        #expect(throws: OpusError.badArgument) { try OpusDecoder(channels: 3) }
        var configuration = OpusEncoder.Configuration()
        configuration.complexity = 11
        #expect(throws: OpusError.badArgument) { try OpusEncoder(configuration) }
        #expect(throws: OpusError.badArgument) { try OpusEncoder().encode([Int16](repeating: 0, count: 961)) }
        #expect(throws: OpusError.badArgument) { try OpusEncoder().encode([]) }
        let decoder = try OpusDecoder()
        var samples: [Int16] = []
        #expect(throws: OpusError.invalidPacket) { try decoder.decode(ByteBuffer(), into: &samples) }
        #expect(throws: OpusError.invalidPacket) {
            try decoder.decode(ByteBuffer(bytes: [0x7B, 0x00]), into: &samples)
        }
        #expect(throws: OpusError.badArgument) { try decoder.conceal(samples: 100_000, into: &samples) }
        #expect(throws: OpusError.badArgument) { try decoder.conceal(samples: 0, into: &samples) }
        #expect(samples.isEmpty)
    }
}
