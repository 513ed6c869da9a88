import COpenSSL

/// Bytes of a key: wiped when the last who holds them lets go, and never printed.
final class SecretBytes: Sendable {
    static let count = Int(JASK_AES_256_KEY_SIZE)

    /// Written once, in the initialiser.
    private nonisolated(unsafe) let bytes: UnsafeMutableBufferPointer<UInt8>

    /// - Returns: nil unless there are 32.
    init?(_ source: [UInt8]) {
        guard source.count == Self.count else { return nil }
        bytes = .allocate(capacity: Self.count)
        _ = bytes.initialize(from: source)
    }

    deinit {
        jask_cleanse(bytes.baseAddress, bytes.count)
        bytes.deallocate()
    }

    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // Not wiped before the call has returned.
        defer { withExtendedLifetime(self) {} }
        return try body(UnsafeBufferPointer(bytes))
    }
}

extension SecretBytes: CustomReflectable {
    /// Nothing, for what dumps values shows all that they hold.
    var customMirror: Mirror { Mirror(self, children: []) }
}
