import NIOCore
import SansIO
import Testing

@testable import RTCMedia

struct FrameBuffersTests {
    /// Where the bytes of a frame lie.
    private func place(of frame: ByteBuffer) -> UnsafeRawPointer? {
        frame.withUnsafeReadableBytes { $0.baseAddress }
    }

    private func frame(_ text: String, in buffers: inout FrameBuffers) -> ByteBuffer {
        var frame = buffers.take(capacity: text.utf8.count)
        frame.writeString(text)
        buffers.keep(frame)
        return frame
    }

    @Test func framesThatAreHeldStayAsTheyWereHoweverManyFollow() {
        var buffers = FrameBuffers()
        let held = (0..<50).map { frame("frame \($0)", in: &buffers) }
        for (number, frame) in held.enumerated() { #expect(String(buffer: frame) == "frame \(number)") }
    }

    @Test func theMemoryOfFramesThatAreGoneIsUsedAgain() {
        var buffers = FrameBuffers()
        var places: Set<UnsafeRawPointer?> = []
        for number in 0..<50 { places.insert(place(of: frame("frame \(number)", in: &buffers))) }
        #expect(places.count <= 4)
    }

    @Test func aLargeFramesMemoryIsNotKept() {
        var buffers = FrameBuffers()
        for _ in 0..<4 { _ = frame(String(repeating: "x", count: 300_000), in: &buffers) }
        for _ in 0..<4 { #expect(frame("small", in: &buffers).capacity < 1_000) }
    }

    @Test func aFrameThatIsLongerThanTheOneBeforeFits() {
        var buffers = FrameBuffers()
        for length in [1, 4, 16, 64, 256, 1024, 4096, 16_384] {
            #expect(frame(String(repeating: "y", count: length), in: &buffers).readableBytes == length)
        }
    }
}
