import NIOCore
import RTCCore
import SansIO
import Simulation
import Testing

@testable import DevServer

@Suite struct LayerSelectorTests {
    private func facts(_ bytes: [UInt8], _ codec: String = "VP8") throws -> PictureFacts {
        try #require(PictureFacts(ByteBuffer(bytes: bytes), of: Codec(payloadType: 96, name: codec, clockRate: 90_000)))
    }

    private func vp8(isKey: Bool = false, temporal: UInt8 = 0, sync: Bool = false) throws -> PictureFacts {
        try facts([0x90, 0x20, temporal << 6 | (sync ? 0x20 : 0), isKey ? 0 : 1])
    }

    /// One packet of a picture's spatial layer.
    private func vp9(isKey: Bool = false, temporal: UInt8 = 0, sync: Bool = false, spatial: UInt8) throws
        -> PictureFacts
    {
        let isPredicted = !isKey
        return try facts(
            [0x2C | (isPredicted ? 0x40 : 0), temporal << 5 | (sync ? 0x10 : 0) | spatial << 1, 0, 0], "VP9")
    }

    @Test("a stream begins with a key frame, and goes over to the wanted layer with one of that")
    func simulcast() throws {
        var selector = LayerSelector()
        let live = [0, 1, 2]
        func choose(_ layer: Int, isKey: Bool = false) throws -> LayerSelector.Choice {
            selector.choose(try vp8(isKey: isKey), layer: layer, live: live, temporalLimit: .max)
        }
        let first = LayerSelector.Choice.send(isFirst: true, marker: false)
        let next = LayerSelector.Choice.send(isFirst: false, marker: false)
        #expect(try choose(0) == .ignore)
        #expect(try choose(2) == .ignore)
        #expect(selector.missing(of: live) == 2)
        #expect(try choose(0, isKey: true) == first, "any layer is better than none")
        #expect(try choose(0) == next)
        #expect(try choose(1) == .ignore)
        #expect(selector.missing(of: live) == 2)
        #expect(try choose(2, isKey: true) == first)
        #expect(try choose(0) == .ignore)
        #expect(try choose(2) == next)
        #expect(selector.missing(of: live) == nil)
        selector.wish.layer = 1
        #expect(selector.missing(of: live) == 1)
        #expect(try choose(2) == next, "the old layer goes on until the new one can begin")
        #expect(try choose(0, isKey: true) == .ignore, "below what is wanted")
        #expect(try choose(1, isKey: true) == first)
        selector.interrupt()
        #expect(try choose(1) == .ignore)
        #expect(try choose(2, isKey: true) == .ignore)
        #expect(try choose(1, isKey: true) == first)
    }

    @Test("where the wanted layer is not sent, the next lower one is taken, else the lowest there is")
    func silentLayers() throws {
        var selector = LayerSelector()
        #expect(selector.target(of: [0, 1]) == 1)
        _ = selector.choose(try vp8(isKey: true), layer: 2, live: [0, 1, 2], temporalLimit: .max)
        #expect(selector.missing(of: [0, 1]) == 1)
        _ = selector.choose(try vp8(isKey: true), layer: 1, live: [0, 1], temporalLimit: .max)
        #expect(selector.current == 1)
        selector.wish.layer = 0
        #expect(selector.target(of: [1, 2]) == 1)
    }

    @Test("temporal layers are left at once, and joined where the stream says that one can")
    func temporalLayers() throws {
        var selector = LayerSelector()
        var limit: UInt8 = .max
        func choose(_ facts: PictureFacts) -> Bool {
            if case .send = selector.choose(facts, layer: 0, live: [0], temporalLimit: limit) { true } else { false }
        }
        #expect(try choose(vp8(isKey: true)))
        #expect(try choose(vp8(temporal: 2)))
        #expect(try choose(vp8(temporal: 1)))
        limit = 0
        #expect(try !choose(vp8(temporal: 1)))
        #expect(try choose(vp8()))
        limit = 2
        #expect(try !choose(vp8(temporal: 1)))
        #expect(try !choose(vp8(temporal: 2)))
        #expect(try choose(vp8(temporal: 1, sync: true)))
        #expect(try !choose(vp8(temporal: 2)))
        #expect(try choose(vp8(temporal: 2, sync: true)))
        #expect(try choose(vp8(temporal: 1)))
    }

    @Test("VP9's spatial layers above the wanted one are left out, and the highest that is sent ends its picture")
    func spatialLayers() throws {
        var selector = LayerSelector()
        selector.wish.layer = 0
        func choose(_ facts: PictureFacts) -> LayerSelector.Choice {
            selector.choose(facts, layer: 0, live: [0], temporalLimit: .max)
        }
        #expect(try choose(vp9(spatial: 0)) == .ignore)
        #expect(try choose(vp9(isKey: true, spatial: 0)) == .send(isFirst: true, marker: true))
        #expect(try choose(vp9(spatial: 1)) == .leaveOut(isWanted: false))
        selector.wish.layer = 1
        #expect(try choose(vp9(spatial: 0)) == .send(isFirst: false, marker: true))
        #expect(try choose(vp9(spatial: 1)) == .leaveOut(isWanted: true), "it is joined at key frames")
        #expect(try choose(vp9(isKey: true, spatial: 0)) == .send(isFirst: false, marker: false))
        #expect(try choose(vp9(spatial: 1)) == .send(isFirst: false, marker: true))
        selector.wish.layer = 0
        #expect(try choose(vp9(spatial: 1)) == .send(isFirst: false, marker: true), "the picture is sent to its end")
        #expect(try choose(vp9(spatial: 0)) == .send(isFirst: false, marker: true))
        #expect(try choose(vp9(spatial: 1)) == .leaveOut(isWanted: false))
    }

    @Test("a picture to begin with is known in each codec, whatever way it is put into packets")
    func keyFrames() throws {
        let begins: [(String, [UInt8])] = [
            ("H264", [0x67, 0x42]), ("H264", [0x18, 0, 2, 0x09, 0x10, 0, 1, 0x67]), ("H264", [0x7C, 0x87]),
            ("H265", [0x40, 0x01, 0]), ("H265", [0x60, 0x01, 0, 2, 0x42, 0x01]), ("H265", [0x62, 0x01, 0xA0]),
            ("AV1", [0x18]), ("JPEG", [0, 0, 0, 0, 1, 50, 40, 30]),
        ]
        for (codec, bytes) in begins { #expect(try facts(bytes, codec).beginsKeyFrame, "\(codec) \(bytes)") }
        let others: [(String, [UInt8])] = [
            ("H264", [0x65]), ("H264", [0x18, 0, 1, 0x65]), ("H264", [0x7C, 0x07]), ("H265", [0x26, 0x01]),
            ("AV1", [0x10]),
        ]
        for (codec, bytes) in others { #expect(try !facts(bytes, codec).beginsKeyFrame, "\(codec) \(bytes)") }
        var random = SplitMix64(seed: 3)
        for _ in 0..<20_000 {
            let length = Int.random(in: 0..<20, using: &random)
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            for codec in ["VP8", "VP9", "H264", "H265", "AV1", "JPEG"] {
                _ = PictureFacts(ByteBuffer(bytes: bytes), of: Codec(payloadType: 96, name: codec, clockRate: 90_000))
            }
        }
    }

    @Test("the temporal layer that gives the wanted rate is found by counting")
    func rates() {
        var meter = FrameRateMeter()
        #expect(meter.limit(for: 5) == .max, "nothing is known yet")
        // 30 a second in three layers: 7.5, 7.5 and 15.
        for step in 0..<70 {
            let layer: UInt8 = [0, 2, 1, 2][step % 4]
            meter.count(temporal: layer, at: Instant(nanoseconds: Int64(step) * 33_333_333))
        }
        #expect(meter.limit(for: 5) == 0 && meter.limit(for: 8) == 0 && meter.limit(for: 10) == 1)
        #expect(meter.limit(for: 16) == 1 && meter.limit(for: 30) == 2 && meter.limit(for: 60) == .max)
        #expect(meter.limit(for: 0) == .max)
    }
}
