import COpenSSL

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension SileroModel {
    /// No voice model is larger; the released one has 1,289,603 bytes.
    static let largestFile = 16 << 20

    /// Where `scripts/fetch-models` puts the model: `JASK_MODELS`, else `XDG_CACHE_HOME/jask/models`, else
    /// `HOME/.cache/jask/models`. Nil where none of them is set.
    public static func defaultPath(environment: [String: String]) -> String? {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let folder =
            value("JASK_MODELS") ?? value("XDG_CACHE_HOME").map { $0 + "/jask/models" }
            ?? value("HOME").map { $0 + "/.cache/jask/models" }
        return folder.map { $0 + "/" + fileName }
    }

    /// Reads the released model from a file and checks it: its hash, and that it gives the release's own answers.
    ///
    /// Blocks for some milliseconds: once at start, not on an event loop.
    /// - Throws: what is wrong with which file, and how to get a good one.
    public static func load(path: String) throws(SileroModelError) -> SileroModel {
        do throws(SileroModelError) {
            let model = try SileroModel(onnx: contents(of: path))
            try model.checkKnownAnswer()
            return model
        } catch {
            throw SileroModelError(error.problem, path: path)
        }
    }

    /// The SHA-256 of a file's bytes, as 64 lower-case hexadecimal digits.
    static func sha256(of bytes: [UInt8]) throws(SileroModelError) -> String {
        var digest = [UInt8](repeating: 0, count: Int(JASK_SHA256_SIZE))
        guard jask_sha256(bytes, bytes.count, &digest) == 1 else { throw SileroModelError(.hashUnavailable) }
        let digits = Array("0123456789abcdef")
        return String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 0xF)]] })
    }

    private static func contents(of path: String) throws(SileroModelError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw SileroModelError(.unreadable(reason: reason(errno))) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = block.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw SileroModelError(.unreadable(reason: reason(errno)))
            }
            bytes.append(contentsOf: block[..<count])
            guard bytes.count <= largestFile else { throw SileroModelError(.tooLarge(limit: largestFile)) }
        }
    }

    private static func reason(_ code: Int32) -> String {
        strerror(code).map { String(cString: $0) } ?? "error \(code)"
    }
}
