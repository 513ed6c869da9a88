import NIOCore

/// Why an ABORT or ERROR was sent (RFC 9260 §3.3.10).
public struct ErrorCause: Hashable, Sendable {
    public struct Code: RawRepresentable, Hashable, Sendable {
        public var rawValue: UInt16

        public init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        public static let invalidStreamIdentifier = Code(rawValue: 1)
        public static let missingMandatoryParameter = Code(rawValue: 2)
        public static let staleCookie = Code(rawValue: 3)
        public static let outOfResource = Code(rawValue: 4)
        public static let unrecognizedChunkType = Code(rawValue: 6)
        public static let invalidMandatoryParameter = Code(rawValue: 7)
        public static let unrecognizedParameters = Code(rawValue: 8)
        public static let noUserData = Code(rawValue: 9)
        public static let userInitiatedAbort = Code(rawValue: 12)
        public static let protocolViolation = Code(rawValue: 13)
    }

    public var code: Code
    /// The cause's own information; text where the code is `userInitiatedAbort` or `protocolViolation`.
    public var information: ByteBuffer

    public init(_ code: Code, information: ByteBuffer = ByteBuffer()) {
        self.code = code
        self.information = information
    }

    /// A cause with a sentence for the peer's log, cut at 256 bytes.
    public init(_ code: Code, text: String) {
        self.init(code, information: ByteBuffer(bytes: text.utf8.prefix(256)))
    }

    /// The peer used a stream that it was not given.
    static func invalidStream(_ stream: UInt16) -> ErrorCause {
        var information = ByteBuffer()
        information.writeMultipleIntegers(stream, UInt16(0))
        return ErrorCause(.invalidStreamIdentifier, information: information)
    }

    /// A DATA chunk with this TSN carried nothing.
    static func noUserData(_ tsn: TSN) -> ErrorCause {
        ErrorCause(.noUserData, information: ByteBuffer(integer: tsn.rawValue))
    }

    /// An INIT or INIT ACK lacks a parameter.
    static func missing(parameter: UInt16) -> ErrorCause {
        var information = ByteBuffer()
        information.writeMultipleIntegers(UInt32(1), parameter)
        return ErrorCause(.missingMandatoryParameter, information: information)
    }

    static func list(parsing body: ByteBuffer) throws(SCTPParseError) -> [ErrorCause] {
        var body = body
        var causes: [ErrorCause] = []
        while let (code, information) = try body.readParameter() {
            causes.append(ErrorCause(Code(rawValue: code), information: information))
        }
        return causes
    }

    func write(into chunk: inout ByteBuffer) {
        chunk.writeParameter(code.rawValue) { $0.writeImmutableBuffer(information) }
    }
}
