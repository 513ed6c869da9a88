import NIOCore
import RTCMedia
import SansIO
import Testing

@Suite struct OpusPacketTests {
    static func packet(_ bytes: [UInt8]) throws -> OpusPacket { try OpusPacket(parsing: ByteBuffer(bytes: bytes)) }

    @Test func theTableOfContentsTellsModeFrameAndChannels() throws {
        let expected: [(UInt8, OpusPacket.Mode, Int, Bool)] = [
            (0 << 3, .silk, 480, false), (3 << 3, .silk, 2880, false), (9 << 3 | 4, .silk, 960, true),
            (12 << 3, .hybrid, 480, false), (15 << 3, .hybrid, 960, false), (16 << 3, .celt, 120, false),
            (31 << 3 | 4, .celt, 960, true),
        ]
        for (byte, mode, duration, isStereo) in expected {
            let packet = try Self.packet([byte, 0])
            #expect(packet.mode == mode && packet.frameDuration == duration && packet.isStereo == isStereo)
            #expect(packet.frameCount == 1 && packet.duration == duration)
        }
    }

    @Test func framesAreCountedInEveryPacking() throws {
        #expect(try Self.packet([0x79, 1, 2, 3, 4]).frameCount == 2)
        #expect(try Self.packet([0x7A, 1, 9, 8, 7]).frameCount == 2)
        #expect(try Self.packet([0x7B, 0x03, 1, 2, 3]).duration == 2880)
        // Three frames of variable length with two bytes of padding.
        #expect(try Self.packet([0x7B, 0xC3, 2, 1, 2, 9, 8, 8, 7, 0, 0]).frameCount == 3)
        #expect(try Self.packet([0x78]).duration == 960)
    }

    @Test func badPackingSaysWhatIsWrong() {
        #expect(throws: OpusPacketError.empty) { try Self.packet([]) }
        #expect(throws: OpusPacketError.unevenFrames) { try Self.packet([0x79, 1, 2, 3]) }
        #expect(throws: OpusPacketError.truncated) { try Self.packet([0x7A]) }
        #expect(throws: OpusPacketError.truncated) { try Self.packet([0x7A, 9, 1]) }
        #expect(throws: OpusPacketError.truncated) { try Self.packet([0x7A, 252]) }
        #expect(throws: OpusPacketError.truncated) { try Self.packet([0x7B]) }
        #expect(throws: OpusPacketError.invalidFrameCount) { try Self.packet([0x7B, 0x00]) }
        #expect(throws: OpusPacketError.invalidFrameCount) { try Self.packet([0x7B, 0x07, 0, 0, 0, 0, 0, 0, 0]) }
        #expect(throws: OpusPacketError.unevenFrames) { try Self.packet([0x7B, 0x02, 1, 2, 3]) }
        #expect(throws: OpusPacketError.truncated) { try Self.packet([0x7B, 0x41, 255, 3]) }
        #expect(throws: OpusPacketError.truncated) { try Self.packet([0x7B, 0x82, 5, 1]) }
        #expect(throws: OpusPacketError.frameTooLong) { try Self.packet([0x78] + [UInt8](repeating: 1, count: 1276)) }
    }

    @Test func theQuickDurationAgreesWithTheFullParse() throws {
        var random = SplitMix64(seed: 5)
        var agreed = 0
        for _ in 0..<20_000 {
            let length = Int.random(in: 0..<30, using: &random)
            let bytes = ByteBuffer(bytes: (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &random) })
            guard let packet = try? OpusPacket(parsing: bytes) else { continue }
            agreed += 1
            #expect(OpusPacket.duration(of: bytes) == packet.duration)
            #expect(packet.duration <= OpusPacket.longestDuration)
        }
        #expect(agreed > 5000)
    }

    @Test func theFlagOfForwardErrorCorrectionAgreesWithTheEncoder() throws {
        for rate in [16_000, 48_000] {
            for milliseconds in [10, 20, 40, 60] {
                var configuration = OpusEncoder.Configuration()
                configuration.sampleRate = rate
                configuration.usesDTX = false
                configuration.bitrate = 24_000
                configuration.expectedPacketLoss = 20
                let voice = SyntheticVoice.samples(rate: rate, seconds: 3)
                let frame = rate * milliseconds / 1000
                let flags = try [true, false].map { usesFEC in
                    configuration.usesInbandFEC = usesFEC
                    let encoder = try OpusEncoder(configuration)
                    return try stride(from: 0, to: voice.count - frame, by: frame).map { start in
                        try OpusPacket(parsing: encoder.encode(Array(voice[start..<start + frame])))
                            .hasForwardErrorCorrection
                    }
                }
                #expect(flags[0].count { $0 } > flags[0].count / 2, "\(rate) Hz, \(milliseconds) ms")
                #expect(!flags[1].contains(true), "\(rate) Hz, \(milliseconds) ms")
            }
        }
    }
}
