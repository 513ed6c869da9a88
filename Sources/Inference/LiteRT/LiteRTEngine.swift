import CLiteRT
import Synchronization

/// LiteRT, the library that runs the vision models, opened at run time from one pinned release.
///
/// May be used by any thread. Nothing links against the library: where it is missing, or another one, only what needs it is
/// missing.
public final class LiteRTEngine: Sendable {
    /// The name of the released file, of the PyPI package ai-edge-litert 2.3.0.
    public static let fileName = "libLiteRt.so"
    /// The SHA-256 of the released file for x86-64.
    public static let releasedSHA256 = "eec47eb35e2924b3166015887e652a58edc9af823ae38e02bf83bef2548300bb"
    /// No library or model is larger.
    static let largestFile = 64 << 20

    /// LiteRT does not promise that its environment takes two calls at once.
    private let handle: Mutex<Handle>

    struct Handle: @unchecked Sendable {
        let pointer: OpaquePointer
    }

    /// Opens the library, once its hash is right.
    ///
    /// Blocks for some tens of milliseconds.
    /// - Parameter sha256: what the file must hash to before it is opened.
    public init(library path: String, sha256: String = LiteRTEngine.releasedSHA256) throws(LiteRTError) {
        let checked: CheckedLibrary
        do throws(ModelFile.Failure) {
            checked = try CheckedLibrary(
                ModelFile.contents(of: path, limit: Self.largestFile, sha256: sha256), sha256: sha256)
        } catch {
            throw LiteRTError(.file(error), path: path)
        }
        var failure = jask_litert_failure()
        guard let pointer = jask_litert_engine_open(checked.path, &failure) else {
            throw LiteRTError(failure, naming: path, insteadOf: checked.path)
        }
        handle = Mutex(Handle(pointer: pointer))
    }

    deinit { handle.withLock { jask_litert_engine_close($0.pointer) } }

    /// Gives back to the system what models that are gone have left with the allocator: tens of megabytes.
    ///
    /// Blocks for some milliseconds.
    public static func trim() { jask_litert_trim() }

    /// Calls into the environment, one after the other.
    func exclusively<Result: Sendable>(
        _ body: (OpaquePointer) throws(LiteRTError) -> Result
    ) throws(LiteRTError) -> Result {
        try handle.withLock { handle throws(LiteRTError) in try body(handle.pointer) }
    }
}

extension LiteRTError {
    init(_ failure: jask_litert_failure) { self.init(status: Int(failure.status), text: Self.text(failure)) }

    /// Of a library that was opened under another name.
    fileprivate init(_ failure: jask_litert_failure, naming path: String, insteadOf name: String) {
        let text = Self.text(failure)
        let named = text.hasPrefix(name) ? path + text.dropFirst(name.count) : text
        self = LiteRTError(status: Int(failure.status), text: named).at(path)
    }

    private static func text(_ failure: jask_litert_failure) -> String {
        withUnsafeBytes(of: failure.text) { bytes in String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
