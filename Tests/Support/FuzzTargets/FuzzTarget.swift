import SansIO

/// Something that takes bytes from the network, driven by made-up input.
public struct FuzzTarget: Sendable {
    /// The name on the command line and of the folder of regressions.
    public var name: String
    /// Recorded inputs to change; at least one.
    public var recordings: @Sendable (SeedStore) -> [[UInt8]]
    /// Made-up inputs beside them: what no recording has.
    public var inventions: [[UInt8]] = []
    /// Inputs are kept below this many bytes.
    public var largestInput = 4096
    /// Feeds one input in. It must not trap; what else must hold is thrown when it does not.
    public var run: @Sendable ([UInt8]) throws -> Void

    /// What the made-up inputs start from; none if there are no recordings.
    public func seeds(_ store: SeedStore) -> [[UInt8]] {
        let recorded = recordings(store)
        return recorded.isEmpty ? [] : recorded + inventions
    }

    /// All targets, in the order in which they run.
    public static let all: [FuzzTarget] = [
        .stun, .candidate, .rtp, .rtcp, .sdp, .sctpPacket, .sctpAssociation, .dcep, .red, .signal, .data,
        .code, .vp8Payloads, .vp9Payloads, .h264Payloads, .videoReceiver, .jpegPayload, .jpegFile, .h264Parameters,
        .vp8Frame, .vp9Frame, .h264Frame, .jpegFrame, .sealing,
    ]
}

/// Something that should hold for every input and did not.
public struct FuzzFailure: Error, CustomStringConvertible {
    public var description: String

    init(_ description: String) { self.description = description }

    /// What was parsed must be the same after writing and parsing it again.
    static func check<Value: Equatable>(_ value: Value, survives again: () throws -> Value) throws {
        let copy: Value
        do {
            copy = try again()
        } catch {
            throw FuzzFailure("written again it cannot be parsed: \(error)\n  \(value)")
        }
        guard copy == value else { throw FuzzFailure("it changes when written and parsed:\n  \(value)\n  \(copy)") }
    }
}

extension FuzzFailure {
    /// Whoever calls back at a core's deadline would otherwise do so without end.
    static func check(deadline: Instant?, isAfter now: Instant, of core: String) throws {
        if let deadline, deadline <= now { throw FuzzFailure("\(core) is due again as soon as it was served") }
    }
}

/// Inputs of several messages: each with two bytes of length before it.
public enum MessageSequence {
    static func join(_ messages: [[UInt8]]) -> [UInt8] {
        messages.flatMap { [UInt8(truncatingIfNeeded: $0.count >> 8), UInt8(truncatingIfNeeded: $0.count)] + $0 }
    }

    /// The messages of an input, however broken: the last may be short.
    static func split(_ input: [UInt8]) -> [ArraySlice<UInt8>] {
        var messages: [ArraySlice<UInt8>] = []
        var at = 0
        while at + 2 <= input.count {
            let end = min(input.count, at + 2 + Int(input[at]) << 8 + Int(input[at + 1]))
            messages.append(input[(at + 2)..<end])
            at = end
        }
        return messages
    }
}
