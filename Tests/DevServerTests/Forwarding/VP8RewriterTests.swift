import NIOCore
import SansIO
import Simulation
import Testing

@testable import DevServer

@Suite struct VP8RewriterTests {
    /// Long picture ids, TL0PICIDX, temporal layer and KEYIDX.
    private func packet(id: UInt16, base: UInt8, layer: UInt8, key: UInt8, isKey: Bool = false) -> ByteBuffer {
        ByteBuffer(bytes: [
            0x90, 0xF0, 0x80 | UInt8(id >> 8), UInt8(id & 0xFF), base, layer << 6 | key, isKey ? 0 : 1, 0xAA,
        ])
    }

    private func numbers(_ payload: ByteBuffer?) throws -> [Int] {
        let payload = try #require(payload)
        let descriptor = try #require(VP8Descriptor(parsing: payload))
        return [
            Int(descriptor.pictureID?.value ?? 0), Int(descriptor.tl0PictureIndex?.value ?? 0),
            Int(descriptor.keyIndex?.value ?? 0), Int(descriptor.temporal),
        ]
    }

    @Test("picture ids, base layer's and key frame's indices go on over a change of source")
    func changes() throws {
        var rewriter = VP8Rewriter()
        func send(_ payload: ByteBuffer) throws -> [Int] {
            let descriptor = try #require(VP8Descriptor(parsing: payload))
            return try numbers(rewriter.rewrite(payload, descriptor))
        }
        #expect(try send(packet(id: 0x7FFF, base: 255, layer: 0, key: 31, isKey: true)) == [1, 1, 1, 0])
        #expect(try send(packet(id: 0, base: 255, layer: 1, key: 31)) == [2, 1, 1, 1])
        #expect(try send(packet(id: 1, base: 0, layer: 0, key: 31)) == [3, 2, 1, 0])
        rewriter.interrupt()
        #expect(try send(packet(id: 7000, base: 9, layer: 0, key: 4, isKey: true)) == [4, 3, 2, 0])
        #expect(try send(packet(id: 7000, base: 9, layer: 0, key: 4)) == [4, 3, 2, 0])
        let late = packet(id: 6999, base: 9, layer: 0, key: 4)
        let descriptor = try #require(VP8Descriptor(parsing: late))
        let tooLate = rewriter.rewrite(late, descriptor)
        #expect(tooLate == nil)
    }

    @Test("the pictures of a temporal layer that is left out leave no gap")
    func temporalLayers() throws {
        var rewriter = VP8Rewriter()
        var sent: [Int] = []
        for step in 0..<20 {
            let payload = packet(id: UInt16(100 + step), base: UInt8(step / 2), layer: UInt8(step % 2), key: 0)
            let descriptor = try #require(VP8Descriptor(parsing: payload))
            // Two packets a picture.
            for _ in 0..<2 {
                if step % 2 == 1 {
                    rewriter.leaveOut(descriptor)
                } else {
                    sent.append(try numbers(rewriter.rewrite(payload, descriptor))[0])
                }
            }
        }
        #expect(sent == (1...10).flatMap { [$0, $0] })
    }

    @Test("descriptors of every length are read, and one that is cut short is none")
    func descriptors() throws {
        let plain = try #require(VP8Descriptor(parsing: ByteBuffer(bytes: [0x10, 0x00])))
        #expect(plain.beginsKeyFrame && plain.pictureID == nil && plain.temporal == 0)
        let short = try #require(VP8Descriptor(parsing: ByteBuffer(bytes: [0x90, 0xA0, 0x05, 0x60, 0x01])))
        #expect(short.pictureID?.value == 5 && short.pictureID?.isLong == false)
        #expect(short.temporal == 1 && short.isLayerSync && short.beginsPicture && !short.beginsKeyFrame)
        // The second partition begins no picture.
        #expect(VP8Descriptor(parsing: ByteBuffer(bytes: [0x11, 0x00]))?.beginsKeyFrame == false)
        let whole = packet(id: 300, base: 1, layer: 2, key: 3)
        for length in 0...6 {
            let cut = try #require(whole.getSlice(at: whole.readerIndex, length: length))
            #expect(VP8Descriptor(parsing: cut) == nil, "\(length)")
        }
        var random = SplitMix64(seed: 7)
        for _ in 0..<20_000 {
            let length = Int.random(in: 0..<12, using: &random)
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            let payload = ByteBuffer(bytes: bytes)
            guard let descriptor = VP8Descriptor(parsing: payload) else { continue }
            var rewriter = VP8Rewriter()
            let rewritten = rewriter.rewrite(payload, descriptor)
            #expect(rewritten?.readableBytes == bytes.count)
        }
    }
}
