import Synchronization

/// Memory for pictures, used again: frames of one camera are all of one size, and none should cost an allocation.
///
/// May be used by any thread.
public final class PicturePool: Sendable {
    /// Sides above this are refused, whatever is asked for: no arithmetic on a side can overflow then.
    public static let greatestSide = 16_384

    private let kept: Mutex<[PictureStorage.Memory]>
    private let mostKept: Int
    private let mostPixels: Int

    /// - Parameters:
    ///   - mostPixels: pictures with more are refused before anything is allocated.
    ///   - mostKept: pieces of memory that wait for the next picture; those beyond it are freed.
    public init(mostPixels: Int = 1_920 * 1_088, mostKept: Int = 8) {
        self.mostPixels = mostPixels
        self.mostKept = mostKept
        kept = Mutex([])
    }

    deinit { kept.withLock { for memory in $0 { memory.free() } } }

    /// Planes to write a new picture into, rows without gaps between them.
    public struct MutablePlanes {
        public let y: UnsafeMutablePointer<UInt8>
        public let u: UnsafeMutablePointer<UInt8>
        public let v: UnsafeMutablePointer<UInt8>
        /// Bytes between rows of luma, and samples in one.
        public let stride: Int
        /// The same of the chroma planes.
        public let chromaStride: Int
        public let height: Int
        public let chromaHeight: Int
    }

    /// A new picture, written by `fill`, which must set every sample.
    /// - Throws: ``PictureError`` where the size is refused; what `fill` throws.
    public func makePicture(
        width: Int, height: Int, range: SampleRange, fill: (MutablePlanes) throws -> Void
    ) throws -> I420Picture {
        try check(width: width, height: height)
        let layout = I420Layout(width: width, height: height)
        let storage = PictureStorage(memory(ofSize: layout.size), pool: self)
        let bytes = storage.bytes
        try fill(
            MutablePlanes(
                y: bytes, u: bytes + layout.u, v: bytes + layout.v, stride: width, chromaStride: layout.chromaWidth,
                height: height, chromaHeight: layout.chromaHeight))
        return I420Picture(width: width, height: height, range: range, storage: storage)
    }

    /// Whether a picture of this size would be made.
    public func check(width: Int, height: Int) throws(PictureError) {
        guard width >= 1, height >= 1, width <= Self.greatestSide, height <= Self.greatestSide,
            width * height <= mostPixels
        else { throw .refusedSize(width: width, height: height, mostPixels: mostPixels) }
    }

    private func memory(ofSize size: Int) -> PictureStorage.Memory {
        let found = kept.withLock { kept -> PictureStorage.Memory? in
            guard let index = kept.lastIndex(where: { $0.size == size }) else { return nil }
            return kept.remove(at: index)
        }
        return found ?? PictureStorage.Memory(size: size)
    }

    /// Keeps memory for the next picture; the piece that waited longest makes room.
    func giveBack(_ memory: PictureStorage.Memory) {
        let freed = kept.withLock { kept -> PictureStorage.Memory? in
            guard mostKept > 0 else { return memory }
            kept.append(memory)
            return kept.count > mostKept ? kept.removeFirst() : nil
        }
        freed?.free()
    }
}

/// The memory of one picture.
final class PictureStorage: Sendable {
    /// Freed by hand, since it moves between pictures and the pool.
    struct Memory: @unchecked Sendable {
        let bytes: UnsafeMutablePointer<UInt8>
        let size: Int

        init(size: Int) {
            bytes = .allocate(capacity: size)
            self.size = size
        }

        func free() { bytes.deallocate() }
    }

    private let memory: Memory
    private let pool: PicturePool

    init(_ memory: Memory, pool: PicturePool) {
        self.memory = memory
        self.pool = pool
    }

    deinit { pool.giveBack(memory) }

    /// Written before the picture is made, read alone afterwards.
    var bytes: UnsafeMutablePointer<UInt8> { memory.bytes }
}

/// Why no picture was made.
public enum PictureError: Error, Hashable, Sendable, CustomStringConvertible {
    case refusedSize(width: Int, height: Int, mostPixels: Int)

    public var description: String {
        switch self {
        case .refusedSize(let width, let height, let most):
            "a picture of \(width) × \(height) is refused: at most \(most) pixels are taken"
        }
    }
}
