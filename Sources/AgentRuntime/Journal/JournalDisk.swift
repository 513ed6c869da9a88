import Foundation

/// What a journal asks of the disk, for tests of a slow one.
public struct JournalDisk: Sendable {
    /// As `write(2)`.
    public var write: @Sendable (Int32, UnsafeRawBufferPointer) -> Int
    /// As `fdatasync(2)`.
    public var sync: @Sendable (Int32) -> Void

    public init(
        write: @escaping @Sendable (Int32, UnsafeRawBufferPointer) -> Int,
        sync: @escaping @Sendable (Int32) -> Void
    ) {
        self.write = write
        self.sync = sync
    }

    public static let system = JournalDisk(
        write: { Glibc.write($0, $1.baseAddress, $1.count) }, sync: { fdatasync($0) })
}
