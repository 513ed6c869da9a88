import NIOCore
import Pictures
import RTCMedia
import RTCVideoCodecs
import SansIO
import Simulation

/// Pictures to encode.
enum TestPicture {
    private static let pool = PicturePool(mostPixels: 4_096 * 4_096)

    /// Smooth, with a bright square that moves to the right with each step.
    static func moving(width: Int, height: Int, step: Int, range: SampleRange = .limited) throws -> I420Picture {
        try make(width: width, height: height, range: range) { plane, x, y in
            guard plane == 0 else { return 96 + (x + y + step) % 64 }
            let isInSquare = x / 24 == step % 16 && y / 24 == 2
            return isInSquare ? 220 : 40 + (x / 2 + y / 3) % 120
        }
    }

    /// Blocks of random brightness and colour.
    static func noisy(width: Int, height: Int, seed: UInt64, range: SampleRange = .limited) throws -> I420Picture {
        try make(width: width, height: height, range: range) { plane, x, y in
            let place = UInt64((plane * 31 + x / 8) * 1_009 + y / 8) &* 0x9E37_79B9_7F4A_7C15
            let mixed = (place &+ seed &* 0xBF58_476D_1CE4_E5B9) &* 0x94D0_49BB_1331_11EB
            return 16 + Int(mixed >> 40) % 200
        }
    }

    static func make(
        width: Int, height: Int, range: SampleRange, sample: (_ plane: Int, _ x: Int, _ y: Int) -> Int
    ) throws -> I420Picture {
        try pool.makePicture(width: width, height: height, range: range) { planes in
            for y in 0..<height {
                for x in 0..<width { planes.y[y * planes.stride + x] = UInt8(sample(0, x, y)) }
            }
            for y in 0..<planes.chromaHeight {
                for x in 0..<planes.chromaStride {
                    planes.u[y * planes.chromaStride + x] = UInt8(sample(1, x, y))
                    planes.v[y * planes.chromaStride + x] = UInt8(sample(2, x, y))
                }
            }
        }
    }

    /// The mean distance of the luma samples of two pictures of one size.
    static func meanDifference(_ one: I420Picture, _ other: I420Picture) -> Double {
        let (first, second) = (one.samples, other.samples)
        let count = one.width * one.height
        return Double((0..<count).reduce(0) { $0 + abs(Int(first[$1]) - Int(second[$1])) }) / Double(count)
    }
}

extension I420Picture {
    /// All samples: luma, then both chroma planes, rows without gaps.
    var samples: [UInt8] {
        withPlanes { planes in
            let all = [planes.y, planes.u, planes.v]
            return [UInt8](unsafeUninitializedCapacity: all.reduce(0) { $0 + $1.width * $1.height }) { target, count in
                for plane in all {
                    for row in 0..<plane.height {
                        let source = UnsafeBufferPointer(start: plane.samples + row * plane.stride, count: plane.width)
                        _ = target[count...].update(fromContentsOf: source)
                        count += plane.width
                    }
                }
            }
        }
    }
}

extension EncodedVideoFrame {
    /// A frame as a decoder gets it.
    static func test(_ codec: VideoCodec, _ picture: EncodedPicture) -> EncodedVideoFrame {
        test(codec, picture.data, isKeyFrame: picture.isKeyFrame)
    }

    static func test(_ codec: VideoCodec, _ data: ByteBuffer, isKeyFrame: Bool = true) -> EncodedVideoFrame {
        EncodedVideoFrame(
            codec: codec, isKeyFrame: isKeyFrame, data: data, rtpTimestamp: 0, arrival: Instant(nanoseconds: 0))
    }
}
