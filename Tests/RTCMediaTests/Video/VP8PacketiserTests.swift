import NIOCore
import RTCMedia
import SansIO
import Simulation
import Testing

@Suite struct VP8PacketiserTests {
    @Test("a frame's pieces are of one size about, in order, with one picture id, the last one marked")
    func packets() throws {
        for seed in UInt64(0)..<50 {
            var random = SplitMix64(seed: seed)
            var packetiser = VP8Packetiser(mostPayload: 100, random: .seeded(seed))
            var numbers: [UInt16] = []
            var ids: [UInt16] = []
            for step in 0..<20 {
                let length = Int.random(in: 1..<2000, using: &random)
                let frame = ByteBuffer(bytes: (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) })
                let packets = packetiser.packets(of: frame, timestamp: UInt32(step))
                var joined = ByteBuffer()
                for (index, packet) in packets.enumerated() {
                    #expect(packet.timestamp == UInt32(step) && packet.marker == (index == packets.count - 1))
                    #expect(packet.payload.readableBytes <= 100)
                    var payload = packet.payload
                    let descriptor = payload.readMultipleIntegers(as: (UInt8, UInt8, UInt16).self)
                    let (first, bits, id) = try #require(descriptor)
                    #expect(first == (index == 0 ? 0x90 : 0x80) && bits == 0x80 && id & 0x8000 != 0)
                    if index == 0 { ids.append(id & 0x7FFF) }
                    #expect(ids.last == id & 0x7FFF)
                    joined.writeBuffer(&payload)
                    numbers.append(packet.sequenceNumber)
                }
                #expect(joined == frame, "seed \(seed)")
                let lengths = packets.map(\.payload.readableBytes)
                #expect((lengths.max() ?? 0) - (lengths.min() ?? 0) <= 1)
            }
            #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 &+ 1 == $1 })
            #expect(zip(ids, ids.dropFirst()).allSatisfy { ($0 + 1) & 0x7FFF == $1 })
            #expect(numbers[0] < 0x8000)
        }
    }

    @Test("where a frame stands among temporal layers is read back from each of its packets")
    func temporalLayers() throws {
        var packetiser = VP8Packetiser(mostPayload: 60, random: .seeded(7))
        var base: UInt8?
        for (index, layer) in [UInt8(0), 2, 1, 2, 0, 2, 1, 2, 0].enumerated() {
            let place = TemporalPlace(
                layer: layer, refersToBaseOnly: index % 4 == 1 || index % 4 == 2, isNonReference: layer == 2)
            let frame = ByteBuffer(repeating: 3, count: 150)
            let packets = packetiser.packets(of: frame, timestamp: 0, temporal: place)
            #expect(packets.count == 3)
            for (number, packet) in packets.enumerated() {
                #expect(packet.payload.readableBytes <= 60)
                let read = try VP8PayloadDescriptor(parsing: packet.payload)
                #expect(read.length == 6 && read.startsPartition == (number == 0))
                #expect(read.temporalLayer == layer && read.isNonReference == place.isNonReference)
                #expect(read.refersToBaseOnly == place.refersToBaseOnly && read.pictureID != nil)
                // The number of the lowest layer's frame grows with each of these alone.
                if let base, number == 0 { #expect(read.baseIndex == (layer == 0 ? base &+ 1 : base)) }
                base = read.baseIndex
            }
        }
        #expect(base != nil)
    }

    @Test("there are no packets of nothing, nor of what is too large for a camera")
    func bounds() {
        var packetiser = VP8Packetiser(random: .seeded(1))
        let nothing = packetiser.packets(of: ByteBuffer(), timestamp: 0)
        let large = ByteBuffer(repeating: 0, count: VP8Packetiser.largestFrame + 1)
        let tooMuch = packetiser.packets(of: large, timestamp: 0)
        #expect(nothing.isEmpty && tooMuch.isEmpty)
        var tiny = VP8Packetiser(mostPayload: 0, random: .seeded(1))
        let pieces = tiny.packets(of: ByteBuffer(repeating: 1, count: 29), timestamp: 0)
        #expect(pieces.count == 2)
    }
}
