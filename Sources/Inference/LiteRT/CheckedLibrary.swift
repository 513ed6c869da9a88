import CLiteRT
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A library's bytes, once their hash is right, under a name by which the loader finds those and no others: whoever can
/// write to the file may put another one in its place between the check and the loading.
struct CheckedLibrary {
    /// In memory, and sealed. It stays open as the library stays loaded: the loader tells libraries by their names, so a
    /// descriptor must not be used again for another one.
    let path: String

    private static let opened = Mutex<[String: String]>([:])

    /// - Parameters:
    ///   - bytes: that hash to `sha256`.
    ///   - sha256: under which the same library is found again.
    init(_ bytes: [UInt8], sha256: String) throws(ModelFile.Failure) {
        path = try Self.opened.withLock { opened throws(ModelFile.Failure) in
            if let path = opened[sha256] { return path }
            let file = bytes.withUnsafeBytes { jask_litert_sealed_file($0.baseAddress, $0.count) }
            guard file >= 0 else { throw .unreadable(reason: String(cString: strerror(errno))) }
            let path = "/proc/self/fd/\(file)"
            opened[sha256] = path
            return path
        }
    }
}
