import Pictures
import Testing

@Suite struct PicturePoolTests {
    /// The address of a picture's luma, and what stands at the end of each plane.
    private func read(_ picture: I420Picture) -> (address: UnsafePointer<UInt8>, last: [UInt8]) {
        picture.withPlanes { planes in
            let last = [planes.y, planes.u, planes.v].map { $0.samples[($0.height - 1) * $0.stride + $0.width - 1] }
            return (planes.y.samples, last)
        }
    }

    private func picture(_ pool: PicturePool, _ width: Int, _ height: Int) throws -> I420Picture {
        try pool.makePicture(width: width, height: height, range: .limited) { planes in
            planes.y.update(repeating: 1, count: planes.stride * planes.height)
            planes.u.update(repeating: 2, count: planes.chromaStride * planes.chromaHeight)
            planes.v.update(repeating: 3, count: planes.chromaStride * planes.chromaHeight)
        }
    }

    @Test(arguments: [(1, 1), (2, 2), (3, 5), (640, 360), (321, 181)])
    func planesOfOddSizesDoNotOverlap(width: Int, height: Int) throws {
        #expect(read(try picture(PicturePool(), width, height)).last == [1, 2, 3])
    }

    @Test func memoryIsUsedAgainOnceThePictureIsGone() throws {
        let pool = PicturePool()
        var first: I420Picture? = try picture(pool, 64, 48)
        let address = try read(#require(first)).address
        let second = try picture(pool, 64, 48)
        #expect(read(second).address != address)
        first = nil
        #expect(read(try picture(pool, 64, 48)).address == address)
    }

    @Test func aPictureOutlivesItsPool() throws {
        let kept = try picture(PicturePool(), 64, 48)
        #expect(read(kept).last == [1, 2, 3])
    }

    @Test(arguments: [(0, 4), (4, 0), (-1, -1), (16_385, 1), (Int.max, Int.max), (101, 100)])
    func sizesBeyondTheBoundAreRefusedBeforeAnythingIsAllocated(width: Int, height: Int) {
        #expect(throws: PictureError.refusedSize(width: width, height: height, mostPixels: 10_000)) {
            try PicturePool(mostPixels: 10_000).makePicture(width: width, height: height, range: .full) { _ in }
        }
    }

    @Test func bytesOfAnRGBPictureFitItsSize() {
        #expect(RGBPicture(width: 2, height: 2, bytes: [UInt8](repeating: 0, count: 12)) != nil)
        #expect(RGBPicture(width: 2, height: 2, bytes: [UInt8](repeating: 0, count: 11)) == nil)
        #expect(RGBPicture(width: 0, height: 2, bytes: []) == nil)
        #expect(RGBPicture(width: Int.max, height: 2, bytes: []) == nil)
    }
}
