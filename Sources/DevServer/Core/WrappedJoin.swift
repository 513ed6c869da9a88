import LiveKit
import NIOCore
import Web

/// The join request of signalling v1, which travels as one query parameter: a message, perhaps compressed, in a message, in
/// base64url. The texts of what is wrong with it are livekit-server's.
enum WrappedJoin {
    /// Bytes of the message, expanded, that are taken at most.
    static let largest = 1 << 20

    /// - Returns: `nil` for a client that speaks v0.
    static func message(in request: WebRequest) throws(Authorization.Refusal) -> Livekit_JoinRequest? {
        guard let text = request.query["join_request"], !text.isEmpty else {
            if request.path.hasPrefix("/rtc/v1") { throw .init(.badRequest, "join_request is required") }
            return nil
        }
        guard let bytes = Base64URL.decode(text) else {
            throw .init(.badRequest, "cannot base64 decode wrapped join request")
        }
        guard let wrapped = try? Livekit_WrappedJoinRequest(serializedBytes: bytes) else {
            throw .init(.badRequest, "cannot unmarshal wrapped join request")
        }
        let content = try unwrap(wrapped)
        guard let message = try? Livekit_JoinRequest(serializedBytes: content) else {
            throw .init(.badRequest, "cannot unmarshal join request")
        }
        return message
    }

    private static func unwrap(_ wrapped: Livekit_WrappedJoinRequest) throws(Authorization.Refusal) -> [UInt8] {
        guard wrapped.compression == .gzip else {
            guard wrapped.joinRequest.count <= largest else { throw .init(.badRequest, "join request too large") }
            return Array(wrapped.joinRequest)
        }
        do {
            let packed = ByteBuffer(bytes: wrapped.joinRequest)
            return Array(try Deflate.inflate(packed, format: .gzip, limit: largest).readableBytesView)
        } catch {
            if case .tooLarge = error { throw .init(.badRequest, "join request too large") }
            throw .init(.badRequest, "cannot read decompressed join request")
        }
    }
}
