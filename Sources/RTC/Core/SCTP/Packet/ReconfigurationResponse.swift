import NIOCore

/// The answer to a re-configuration request (RFC 6525 §4.4).
public struct ReconfigurationResponse: Hashable, Sendable {
    static let type: UInt16 = 16

    public struct Result: RawRepresentable, Hashable, Sendable {
        public var rawValue: UInt32

        public init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        public static let nothingToDo = Result(rawValue: 0)
        public static let performed = Result(rawValue: 1)
        public static let denied = Result(rawValue: 2)
        public static let wrongStream = Result(rawValue: 3)
        public static let badSequenceNumber = Result(rawValue: 5)
        /// Data sent before the reset is still missing.
        public static let inProgress = Result(rawValue: 6)
    }

    public var responseSequence: UInt32
    public var result: Result
    /// The two TSNs that follow where an association reset is answered; kept as they are.
    public var trailer: ByteBuffer

    public init(responseSequence: UInt32, result: Result, trailer: ByteBuffer = ByteBuffer()) {
        self.responseSequence = responseSequence
        self.result = result
        self.trailer = trailer
    }

    init(value: ByteBuffer) throws(SCTPParseError) {
        var value = value
        guard let (response, result) = value.readMultipleIntegers(as: (UInt32, UInt32).self) else {
            throw .parameterTooShort(type: Self.type)
        }
        self.init(responseSequence: response, result: Result(rawValue: result), trailer: value)
    }

    func write(into chunk: inout ByteBuffer) {
        chunk.writeParameter(Self.type) { body in
            body.writeMultipleIntegers(responseSequence, result.rawValue)
            body.writeImmutableBuffer(trailer)
        }
    }
}
