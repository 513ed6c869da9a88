import COpenSSL

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A file that a model, or what runs it, is read from.
public enum ModelFile {
    /// Why a file cannot be used.
    public enum Failure: Error, Hashable, Sendable {
        /// It cannot be opened or read; the system's own words.
        case unreadable(reason: String)
        case tooLarge(limit: Int)
        case wrongHash(expected: String, found: String)
        /// OpenSSL computes no SHA-256 here, so the file cannot be told from another.
        case hashUnavailable
    }

    /// Where `scripts/fetch-models` puts everything: `JASK_MODELS`, else `XDG_CACHE_HOME/jask/models`, else
    /// `HOME/.cache/jask/models`. Nil where none of them is set.
    public static func defaultFolder(environment: [String: String]) -> String? {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        return value("JASK_MODELS") ?? value("XDG_CACHE_HOME").map { $0 + "/jask/models" }
            ?? value("HOME").map { $0 + "/.cache/jask/models" }
    }

    /// The bytes of a file.
    /// - Parameters:
    ///   - limit: in bytes; not more is read.
    ///   - sha256: what they must hash to, in lower-case hexadecimal; nil leaves it unchecked.
    static func contents(of path: String, limit: Int, sha256: String? = nil) throws(Failure) -> [UInt8] {
        let bytes = try read(path, limit: limit)
        if let sha256 {
            let found = try hash(of: bytes)
            guard found == sha256 else { throw .wrongHash(expected: sha256, found: found) }
        }
        return bytes
    }

    /// The SHA-256 of bytes, as 64 lower-case hexadecimal digits.
    static func hash(of bytes: [UInt8]) throws(Failure) -> String {
        var digest = [UInt8](repeating: 0, count: Int(JASK_SHA256_SIZE))
        guard jask_sha256(bytes, bytes.count, &digest) == 1 else { throw .hashUnavailable }
        let digits = Array("0123456789abcdef")
        return String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 0xF)]] })
    }

    private static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        // Opening a pipe would wait for its writer, and reading one too.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw .unreadable(reason: reason(errno)) }
        defer { close(file) }
        var facts = stat()
        guard fstat(file, &facts) == 0 else { throw .unreadable(reason: reason(errno)) }
        guard facts.st_mode & S_IFMT == S_IFREG else { throw .unreadable(reason: "it is not a regular file") }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = block.withUnsafeMutableBytes { systemRead(file, $0.baseAddress, $0.count) }
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw .unreadable(reason: reason(errno))
            }
            bytes.append(contentsOf: block[..<count])
            guard bytes.count <= limit else { throw .tooLarge(limit: limit) }
        }
    }

    private static func reason(_ code: Int32) -> String {
        strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }
}

/// The system's `read`, which a function of that name hides.
private func systemRead(_ file: Int32, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(file, bytes, count)
}
