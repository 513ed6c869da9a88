import NIOCore
import RTCMedia
import SansIO
import Simulation
import Testing

@Suite struct AudioTrackEncoderTests {
    @Test func speechIsSentWithRedundancyAndSilenceWithARefreshNowAndThen() throws {
        var configuration = OpusEncoder.Configuration()
        configuration.sampleRate = 16_000
        var encoder = try AudioTrackEncoder(configuration: configuration, random: .seeded(4))
        let voice = SyntheticVoice.samples(rate: 16_000, seconds: 2)
        let sound = voice + [Int16](repeating: 0, count: 16_000 * 4) + voice
        var packets: [(index: Int, packet: AudioTrackEncoder.Packet)] = []
        let start = encoder.nextTimestamp
        for index in 0..<sound.count / 320 {
            if let packet = try encoder.encode(Array(sound[index * 320..<(index + 1) * 320])) {
                #expect(packet.timestamp == start &+ UInt32(index) * 960)
                packets.append((index, packet))
            }
        }
        let numbers = packets.map(\.packet.sequenceNumber)
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 &+ 1 == $1 })
        #expect(packets.prefix(90).map(\.index) == Array(0..<90))
        let silent = packets.count { (130..<300).contains($0.index) }
        #expect(silent > 4 && silent < 30)
        #expect(packets[0].packet.marker)
        for (earlier, later) in zip(packets, packets.dropFirst()) {
            #expect(later.packet.marker == (later.index > earlier.index + 1), "frame \(later.index)")
        }
        #expect((300..<400).allSatisfy { index in packets.contains { $0.index == index } })
        #expect(try REDPayload(parsing: packets[50].packet.payload).redundantCount == 1)
    }

    @Test func withoutRedundancyThePayloadIsPlainOpus() throws {
        var encoder = try AudioTrackEncoder(format: AudioFormat(redPayloadType: nil), random: .seeded(4))
        let packet = try encoder.encode(SyntheticVoice.samples(rate: 48_000, seconds: 0.02))
        #expect(packet?.payloadType == 111)
        #expect(packet.flatMap { OpusPacket.duration(of: $0.payload) } == 960)
        let before = encoder.nextTimestamp
        encoder.skip(samples: 48_000)
        #expect(encoder.nextTimestamp == before &+ 48_000)
        #expect(try encoder.encode(SyntheticVoice.samples(rate: 48_000, seconds: 0.02))?.marker == true)
    }
}
