import NIOCore

/// RE-CONFIG: one or two requests or responses about streams (RFC 6525 §3.1).
public struct ReconfigurationChunk: Hashable, Sendable {
    public enum Parameter: Hashable, Sendable {
        case outgoingReset(OutgoingResetRequest)
        case incomingReset(IncomingResetRequest)
        case response(ReconfigurationResponse)
        /// A request of a kind that is refused: reset of the association, more streams.
        case unsupported(UnsupportedRequest)
    }

    public var parameters: [Parameter]

    public init(parameters: [Parameter]) {
        self.parameters = parameters
    }

    init(body: ByteBuffer) throws(SCTPParseError) {
        var body = body
        parameters = []
        while let (type, value) = try body.readParameter() {
            switch type {
            case OutgoingResetRequest.type:
                parameters.append(.outgoingReset(try OutgoingResetRequest(value: value)))
            case IncomingResetRequest.type:
                parameters.append(.incomingReset(try IncomingResetRequest(value: value)))
            case ReconfigurationResponse.type:
                parameters.append(.response(try ReconfigurationResponse(value: value)))
            default:
                parameters.append(.unsupported(try UnsupportedRequest(type: type, value: value)))
            }
        }
    }

    func write(into packet: inout ByteBuffer) {
        packet.writeChunk(.reconfiguration) { body in
            for parameter in parameters {
                switch parameter {
                case .outgoingReset(let request): request.write(into: &body)
                case .incomingReset(let request): request.write(into: &body)
                case .response(let response): response.write(into: &body)
                case .unsupported(let request): request.write(into: &body)
                }
            }
        }
    }
}

extension ByteBuffer {
    /// The rest of the buffer as stream numbers.
    mutating func readStreams(ofParameter type: UInt16) throws(SCTPParseError) -> [UInt16] {
        guard readableBytes & 1 == 0 else { throw .parameterTooShort(type: type) }
        var streams: [UInt16] = []
        while let stream = readInteger(as: UInt16.self) { streams.append(stream) }
        return streams
    }
}
