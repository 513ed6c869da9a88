import Foundation
import FuzzTargets

/// The input under test, in a file mapped into memory: the kernel keeps it when the process traps.
struct CurrentInput {
    struct NoMapping: Error, CustomStringConvertible {
        var path: String
        var code: Int32
        var description: String { "cannot map \(path): \(String(cString: strerror(code)))" }
    }

    private static let size = 1 << 17
    private static let folder = Regressions.folder.deletingLastPathComponent().appendingPathComponent("work")

    private let memory: UnsafeMutableRawPointer

    private static func path(of target: String) -> String { folder.appendingPathComponent("\(target).current").path }

    init(of target: String) throws {
        try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
        let path = Self.path(of: target)
        let file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o644)
        guard file >= 0, ftruncate(file, off_t(Self.size)) == 0 else { throw NoMapping(path: path, code: errno) }
        defer { close(file) }
        guard let memory = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), memory != MAP_FAILED
        else { throw NoMapping(path: path, code: errno) }
        self.memory = memory
    }

    /// Four bytes of length, then the input.
    func set(_ input: [UInt8]) {
        let count = min(input.count, Self.size - 4)
        memory.storeBytes(of: UInt32(count), as: UInt32.self)
        input.withUnsafeBytes { bytes in
            (memory + 4).copyMemory(from: bytes.baseAddress ?? UnsafeRawPointer(memory), byteCount: count)
        }
    }

    static func last(of target: String) throws -> [UInt8]? {
        guard let data = FileManager.default.contents(atPath: path(of: target)), data.count >= 4 else { return nil }
        let count = data.prefix(4).withUnsafeBytes { Int($0.loadUnaligned(as: UInt32.self)) }
        return Array(data.dropFirst(4).prefix(count))
    }
}
