import Foundation
import NIOCore
import RTCMedia
import Testing

@Suite struct H264DepacketiserTests {
    static let sets = H264Sets(width: 640, height: 360)

    /// - Returns: the access unit, split at its start codes.
    private func assemble(
        _ payloads: [[UInt8]], isKeyFrame: Bool = true, with reader: inout H264Depacketiser
    ) throws -> (units: [[UInt8]], size: VideoSize?) {
        var data = ByteBuffer()
        for payload in payloads { _ = try reader.inspect(ByteBuffer(bytes: payload), marker: false) }
        let properties = try reader.assemble(
            payloads.map { ByteBuffer(bytes: $0) }, isKeyFrame: isKeyFrame, into: &data)
        return (H264Sets.units(Array(data.readableBytesView)), properties.size)
    }

    @Test func singleUnitsAggregatesAndFragmentsBecomeAnAccessUnit() throws {
        var reader = H264Depacketiser()
        let sets = Self.sets
        let aggregate: [UInt8] =
            [0x78, 0, UInt8(sets.sequence.count)] + sets.sequence + [0, UInt8(sets.picture.count)] + sets.picture
        let slice: [UInt8] = [0x65, 0x88, 0x84, 2, 3, 4, 5]
        let fragments: [[UInt8]] = [[0x7C, 0x85, 0x88, 0x84], [0x7C, 0x05, 2, 3], [0x7C, 0x45, 4, 5]]
        let (units, size) = try assemble([aggregate] + fragments + [slice], with: &reader)
        #expect(units == [sets.sequence, sets.picture, slice, slice])
        #expect(size == VideoSize(width: 640, height: 360))
    }

    @Test func aKeyFrameWithoutParameterSetsGetsThoseOfBefore() throws {
        var reader = H264Depacketiser()
        let sets = Self.sets
        let slice: [UInt8] = [0x65, 0x88, 0x84]
        _ = try assemble([sets.sequence, sets.picture, slice], with: &reader)
        let (units, size) = try assemble([slice], with: &reader)
        #expect(units == [sets.sequence, sets.picture, slice] && size == VideoSize(width: 640, height: 360))
    }

    @Test func aKeyFrameWithoutParameterSetsGetsThoseOfTheDescription() throws {
        let sets = Self.sets
        let described = [sets.sequence, sets.picture].map { Data($0).base64EncodedString() }.joined(separator: ",")
        var reader = H264Depacketiser(parameterSets: described)
        let slice: [UInt8] = [0x65, 0x88, 0x84]
        #expect(try assemble([slice], with: &reader).units == [sets.sequence, sets.picture, slice])
    }

    @Test func aKeyFrameWhoseParameterSetsAreNotKnownIsRefused() {
        #expect(throws: VideoPayloadError.missing(.parameterSet)) {
            var reader = H264Depacketiser(parameterSets: "AAAA,?,Z0I=,")
            _ = try assemble([[0x65, 0x88, 0x84]], with: &reader)
        }
    }

    @Test("Of the parameter sets of one access unit so many are looked at as there may be of use")
    func manySets() throws {
        let sets = Self.sets
        let slice: [UInt8] = [0x65, 0x88, 0x84]
        // Each another set: ids in Exp-Golomb from 0 to 15, and bits behind that nothing reads.
        let others = (0..<200).map { [0x68, 0xC0, UInt8($0), 1] as [UInt8] }
        var reader = H264Depacketiser()
        #expect(throws: VideoPayloadError.missing(.parameterSet)) {
            _ = try assemble(others + [sets.sequence, sets.picture, slice], with: &reader)
        }
        _ = try assemble(Array(others.prefix(50)) + [sets.sequence, sets.picture, slice], with: &reader)
    }

    @Test func delimitersAndFillersAreLeftOut() throws {
        var reader = H264Depacketiser()
        _ = try assemble([Self.sets.sequence, Self.sets.picture, [0x65, 0x88, 0x84]], with: &reader)
        let units: [[UInt8]] = [[0x09, 0x10], [0x41, 0x9A, 0x21], [0x0C, 0xFF]]
        #expect(try assemble(units, isKeyFrame: false, with: &reader).units == [[0x41, 0x9A, 0x21]])
    }

    @Test func sizesAreReadAfterCroppingInEveryProfile() {
        for (width, height) in [(2, 2), (320, 180), (640, 360), (1280, 720), (1920, 1080), (150, 98)] {
            for profile in [0x42, 0x4D, 0x64] as [UInt8] {
                var reader = H264Depacketiser()
                let sets = H264Sets(width: width, height: height, profile: profile)
                let read = try? assemble([sets.sequence, sets.picture, [0x65, 0x88, 0x84]], with: &reader)
                #expect(read?.size == VideoSize(width: width, height: height), "\(width)×\(height) \(profile)")
            }
        }
    }

    @Test("fragments that do not follow each other, and units that cannot be, are refused")
    func brokenFragments() {
        let start: [UInt8] = [0x7C, 0x81, 0x9A]
        let end: [UInt8] = [0x7C, 0x41, 1]
        let wrong: [[[UInt8]]] = [
            [end], [start], [start, start, end], [start, [0x41, 0x9A], end], [start, [0x7C, 0x45, 1]],
            [start, end, end], [[0x7C, 0x9C, 1]], [[0x7C, 0x81]], [[0x78, 0, 9, 0x41]], [[0x78]], [[0x78, 0, 0, 0x41]],
            [[0x78, 0, 2, 0x78, 0]], [[0xC1, 1]], [[0x79, 0, 0, 0, 2, 0x41, 1]], [[0x7D, 0x81, 0, 0, 1]], [[0]],
        ]
        for payloads in wrong {
            #expect(throws: VideoPayloadError.self, "\(payloads)") {
                var reader = H264Depacketiser()
                _ = try assemble(payloads, isKeyFrame: false, with: &reader)
            }
        }
    }

    @Test func whatAPayloadSaysOfItsFrame() throws {
        let reader = H264Depacketiser()
        func inspect(_ bytes: [UInt8]) throws -> VideoFragment {
            try reader.inspect(ByteBuffer(bytes: bytes), marker: false)
        }
        #expect(try inspect(Self.sets.sequence).start == .certain)
        #expect(try inspect([0x09, 0x10]).start == .certain)
        #expect(try inspect([0x65, 0x88]).start == .possible && inspect([0x65, 0x88]).isKeyFrame)
        #expect(try inspect([0x7C, 0x85, 0x88]).start == .possible && inspect([0x7C, 0x05, 1]).start == .no)
        #expect(try inspect([0x01, 0x9A]).isDiscardable && !inspect([0x41, 0x9A]).isDiscardable)
        // Additional information alone says nothing.
        #expect(try !inspect([0x06, 0x05, 1]).isDiscardable)
    }
}
