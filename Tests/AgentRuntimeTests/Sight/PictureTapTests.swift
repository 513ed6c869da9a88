import NIOCore
import Pictures
import RTCMedia
import RTCVideoCodecs
import SansIO
import Session
import Synchronization
import Testing
import Wire

@testable import AgentRuntime

@Suite struct PictureTapTests {
    private static func file(width: Int = 64, height: Int = 48) throws -> ByteBuffer {
        let picture = try PicturePool().makePicture(width: width, height: height, range: .full) { planes in
            planes.y.update(repeating: 90, count: planes.stride * planes.height)
            planes.u.update(repeating: 100, count: planes.chromaStride * planes.chromaHeight)
            planes.v.update(repeating: 150, count: planes.chromaStride * planes.chromaHeight)
        }
        return try #require(try VideoEncoder(.jpeg(JPEGEncoding())).encode(picture, timestamp: 0)).data
    }

    private struct Picture {
        var picture: I420Picture
        var at: Instant
        var arrival: Instant
    }

    private final class Results: Sendable {
        let all = Mutex<[Result<Picture, WireError>]>([])

        func take(_ taken: PictureTap.Taken) {
            let result = Result { () throws(WireError) in
                Picture(picture: try taken.picture(), at: taken.at, arrival: taken.arrival)
            }
            all.withLock { $0.append(result) }
        }

        var codes: [WireError.Code?] {
            all.withLock { $0.map { if case .failure(let error) = $0 { error.code } else { nil } } }
        }
    }

    private static let limits = PictureConfiguration(maximumBytes: 65_536, maximumPixels: 64 * 48)

    private func results(_ body: (PictureTap) throws -> Void) throws -> Results {
        let pool = try ThreadPool(threadCount: 1)
        let results = Results()
        let tap = PictureTap(pool: pool) { results.take($0) }
        try body(tap)
        pool.shutdown(draining: true)
        return results
    }

    @Test("A file becomes a picture of full range, with the time at which it was taken")
    func decodes() throws {
        let results = try results {
            $0.receive(
                try Self.file(), takenAt: Instant(nanoseconds: 7), arrival: Instant(nanoseconds: 9), limits: Self.limits
            )
        }
        let taken = try #require(try results.all.withLock { try $0.first?.get() })
        #expect(taken.at == Instant(nanoseconds: 7) && taken.arrival == Instant(nanoseconds: 9))
        #expect(taken.picture.width == 64 && taken.picture.height == 48 && taken.picture.range == .full)
        #expect(taken.picture.withPlanes { abs(Int($0.y.samples[0]) - 90) <= 2 })
    }

    @Test("A check without decoding finds the same wrong, but for what lies in the picture itself")
    func checks() throws {
        let good = try Self.file()
        var limits = VideoDecodingLimits()
        (limits.mostBytes, limits.mostPixels) = (Self.limits.maximumBytes, Self.limits.maximumPixels)
        try VideoDecoder.check(jpeg: good, limits: limits)
        let cut = try #require(good.getSlice(at: good.readerIndex, length: good.readableBytes - 40))
        let long = ByteBuffer(repeating: 0xFF, count: 65_537)
        for file in [ByteBuffer(string: "GIF89a"), try Self.file(width: 80), ByteBuffer(), long, cut] {
            #expect(throws: VideoDecodingError.self) { try VideoDecoder.check(jpeg: file, limits: limits) }
        }
    }

    @Test("What cannot be read is an error that says what is wrong")
    func errors() throws {
        let good = try Self.file()
        let cases: [(ByteBuffer, WireError.Code)] = [
            (ByteBuffer(string: "GIF89a"), .badPicture),
            (try Self.file(width: 80), .tooLarge),
            (ByteBuffer(repeating: 0xFF, count: 65_537), .tooLarge),
            (try #require(good.getSlice(at: good.readerIndex, length: good.readableBytes / 2)), .badPicture),
            (try #require(good.getSlice(at: good.readerIndex, length: good.readableBytes - 40)), .badPicture),
            (ByteBuffer(), .badPicture),
        ]
        for (file, code) in cases {
            let results = try results { $0.receive(file, takenAt: .zero, arrival: .zero, limits: Self.limits) }
            #expect(results.codes == [code])
        }
    }

    @Test("A tap that was closed decodes nothing of what waits, and says nothing of it")
    func closed() throws {
        let (good, broken) = (try Self.file(), ByteBuffer(string: "GIF89a"))
        for file in [good, broken] {
            let pool = try ThreadPool(threadCount: 1)
            let gate = Mutex(false)
            let results = Results()
            let blocker = pool.makeQueue(capacity: 1, overflow: .reject)
            blocker.submit { while !gate.withLock({ $0 }) {} }
            let tap = PictureTap(pool: pool) { results.take($0) }
            tap.receive(file, takenAt: .zero, arrival: .zero, limits: Self.limits)
            tap.close()
            tap.receive(file, takenAt: .zero, arrival: .zero, limits: Self.limits)
            gate.withLock { $0 = true }
            pool.shutdown(draining: true)
            #expect(results.codes.isEmpty)
        }
    }

    @Test("Where pictures come faster than they are decoded, the newest is looked at")
    func newest() throws {
        let file = try Self.file()
        let results = try results { tap in
            for number in 0..<200 {
                tap.receive(file, takenAt: Instant(nanoseconds: Int64(number)), arrival: .zero, limits: Self.limits)
            }
        }
        let times = results.all.withLock { $0.compactMap { try? $0.get().at.nanoseconds } }
        #expect(times.last == 199)
        #expect(times == times.sorted() && times.count < 200)
    }
}
