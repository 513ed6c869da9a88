import NIOCore
import RTCCore
import SansIO
import Simulation
import Testing

@testable import DevServer

@Suite struct PayloadMappingTests {
    private func opus(_ type: UInt8) -> Codec { Codec(payloadType: type, name: "opus", clockRate: 48000, channels: 2) }

    private func red(_ type: UInt8, of inner: UInt8) -> Codec {
        Codec(
            payloadType: type, name: "red", clockRate: 48000, channels: 2,
            parameters: FormatParameters("\(inner)/\(inner)"))
    }

    private func h264(_ type: UInt8, mode: Int) -> Codec {
        Codec(
            payloadType: type, name: "H264", clockRate: 90000,
            parameters: FormatParameters("packetization-mode=\(mode);profile-level-id=42e01f"))
    }

    /// Two redundant blocks of 3 and 2 bytes, then the primary.
    private let redundant: [UInt8] = [
        0x80 | 96, 0x0F, 0x00, 3, 0x80 | 96, 0x07, 0x80, 2, 96, 1, 2, 3, 4, 5, 6, 7, 8,
    ]

    @Test("the subscriber's payload type of the same codec is taken")
    func sameCodecs() {
        let agreed = [opus(111), red(63, of: 111), h264(125, mode: 0), h264(108, mode: 1)]
        #expect(PayloadMapping(opus(96), to: agreed) == .same(payloadType: 111))
        #expect(PayloadMapping(h264(102, mode: 1), to: agreed) == .same(payloadType: 108))
        #expect(PayloadMapping(red(63, of: 111), to: agreed) == .same(payloadType: 63))
        #expect(PayloadMapping(Codec(payloadType: 98, name: "VP8", clockRate: 90000), to: agreed) == nil)
    }

    @Test("redundant audio has its blocks relabelled where the inner payload types differ")
    func relabelling() throws {
        let mapping = try #require(PayloadMapping(red(63, of: 96), to: [red(64, of: 111), opus(111)]))
        #expect(mapping == .relabelledRED(payloadType: 64, from: 96, to: 111))
        let payload = try #require(mapping.apply(to: ByteBuffer(bytes: redundant)))
        var expected = redundant
        for index in [0, 4] { expected[index] = 0x80 | 111 }
        expected[8] = 111
        #expect(Array(payload.readableBytesView) == expected)
    }

    @Test("who takes no redundant audio gets the newest block alone")
    func unwrapping() throws {
        let mapping = try #require(PayloadMapping(red(63, of: 96), to: [opus(111)]))
        #expect(mapping.payloadType == 111)
        let payload = try #require(mapping.apply(to: ByteBuffer(bytes: redundant)))
        #expect(Array(payload.readableBytesView) == [6, 7, 8])
        let plain = try #require(mapping.apply(to: ByteBuffer(bytes: [96, 9, 9])))
        #expect(Array(plain.readableBytesView) == [9, 9])
    }

    @Test("broken redundant audio is dropped, whatever its bytes")
    func brokenRED() throws {
        let unwrap = try #require(PayloadMapping(red(63, of: 96), to: [opus(111)]))
        let relabel = try #require(PayloadMapping(red(63, of: 96), to: [red(64, of: 111)]))
        for length in 0..<14 {
            let cut = ByteBuffer(bytes: redundant.prefix(length))
            #expect(unwrap.apply(to: cut) == nil)
            if length < 9 { #expect(relabel.apply(to: cut) == nil) }
        }
        var random = RandomSource.seeded(11)
        for _ in 0..<2000 {
            let bytes = random.bytes(Int.random(in: 0..<40, using: &random))
            _ = unwrap.apply(to: ByteBuffer(bytes: bytes))
            #expect((relabel.apply(to: ByteBuffer(bytes: bytes))?.readableBytes ?? bytes.count) == bytes.count)
        }
    }
}
