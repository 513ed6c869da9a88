import Foundation
import SansIO

/// JSON in and out of the wire contract. Pure functions; the only place where a session meets Foundation.
package enum WireCoding {
    /// The contract's version.
    package static let version = 1
    /// Largest JSON message; a file of 1 MiB may be escaped to more.
    package static let maximumBytes = 4 << 20

    private struct Envelope: Decodable {
        var type: String
        var version: Int
    }

    /// Whatever is JSON.
    private struct AnyValue: Decodable {
        init(from decoder: any Decoder) {}
    }

    /// Strict about version, types and bounds; members that the contract does not name are passed over.
    package static func decode<Message: Decodable>(
        _ type: Message.Type, topic: TopicName, from bytes: [UInt8], limit: Int = maximumBytes
    ) throws(WireError) -> Message {
        guard bytes.count <= limit else {
            throw WireError(.tooLarge, "the message has \(bytes.count) bytes, the limit is \(limit)")
        }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw WireError(.notUTF8, "the message is not UTF-8")
        }
        guard !JSONDepth.isExceeded(by: bytes) else {
            throw WireError(.notJSON, "the message is nested deeper than \(JSONDepth.most) levels")
        }
        let decoder = JSONDecoder()
        let data = Data(bytes)
        do {
            let envelope = try decoder.decode(Envelope.self, from: data)
            guard TopicName(envelope.type) == topic else {
                throw WireError(.wrongMessage, "type is not '\(topic)', the topic it was sent on")
            }
            guard envelope.version == version else {
                throw WireError(.unknownVersion, "version \(envelope.version) is not known, only \(version)")
            }
            return try decoder.decode(type, from: data)
        } catch let error as WireError {
            throw error
        } catch let error as DecodingError {
            // Foundation reports a number that is too large as it does broken JSON.
            guard (try? decoder.decode(AnyValue.self, from: data)) != nil else {
                throw WireError(.notJSON, "the message is not JSON")
            }
            throw wireError(error)
        } catch {
            throw WireError(.notJSON, "the message is not JSON")
        }
    }

    /// With sorted keys, so that equal messages have equal bytes.
    package static func encode(_ message: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Nothing here fails to encode: no number is infinite, every key is a string.
        return (try? encoder.encode(message)).map { Array($0) } ?? []
    }

    private static func wireError(_ error: DecodingError) -> WireError {
        switch error {
        case .keyNotFound(let key, let context):
            WireError(.missingMember, "'\(path(context.codingPath + [key]))' is missing")
        case .typeMismatch(let type, let context):
            WireError(.wrongType, "'\(path(context.codingPath))' is not \(name(of: type))")
        case .valueNotFound(let type, let context):
            WireError(.wrongType, "'\(path(context.codingPath))' is null, not \(name(of: type))")
        case .dataCorrupted(let context):
            WireError(
                .outOfRange,
                "'\(path(context.codingPath))' has a value that is not allowed, or a number that is too large")
        @unknown default: WireError(.notJSON, "the message cannot be read")
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.isEmpty ? "message" : keys.map { $0.intValue.map { "\($0)" } ?? $0.stringValue }.joined(separator: ".")
    }

    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Int.Type, is Int64.Type: "a whole number"
        case is Double.Type: "a number"
        case is Bool.Type: "true or false"
        case is [Any].Type: "an array"
        default: "\(type)".hasPrefix("Array") ? "an array" : "an object"
        }
    }
}
