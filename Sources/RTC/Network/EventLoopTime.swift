import NIOCore
import SansIO

extension Instant {
    /// The event loops' monotonic clock, on which every core of a process runs.
    public static var onEventLoop: Instant {
        Instant(NIODeadline.now())
    }

    public init(_ deadline: NIODeadline) {
        self.init(nanoseconds: Int64(clamping: deadline.uptimeNanoseconds))
    }

    /// The same point in time as NIO names it; before the clock's origin becomes the origin.
    public var deadline: NIODeadline {
        .uptimeNanoseconds(UInt64(max(nanoseconds, 0)))
    }
}

extension RandomSource {
    /// The operating system's cryptographically secure generator.
    public static let system = RandomSource {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}
