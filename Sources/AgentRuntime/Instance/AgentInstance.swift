import Foundation
import SansIO

/// One run of a worker process, as the attributes of its participants name it.
public struct AgentInstance: Sendable, Hashable, CustomStringConvertible {
    /// The attribute with the instance's id.
    public static let attribute: AttributeKey = "jask.instance"
    /// The attribute by which a participant answers whether it is alive.
    public static let aliveAttribute: AttributeKey = "jask.alive"
    /// The attribute in which it then also says of what its worker takes care: a `WorkerDigest`.
    static let digestAttribute: AttributeKey = "jask.worker"
    /// The topic on which it is asked, through the server's API and so without a sender.
    public static let probeTopic: TopicName = "jask.probe"
    /// The topic on which it is told of rooms of a dead worker that are dispatched anew, likewise.
    static let foretellTopic: TopicName = "jask.foretell"

    /// Unique; ordered among instances.
    public let id: String

    public init(id: String) { self.id = id }

    /// 64 random bits in hexadecimal.
    public init(random: inout RandomSource) {
        let bits = String(random.next(), radix: 16)
        id = String(repeating: "0", count: 16 - bits.count) + bits
    }

    public var description: String { id }

    /// The identity of the assistant in the room of that sid.
    public static func identity(ofRoom sid: String) -> String { "jask-" + sid }
}

/// Says which instances on this machine live: each holds a lock on a file of its own, which ends with its process,
/// however that ends.
final class InstanceRegistry: Sendable {
    private let folder: String
    private let own: AgentInstance
    private let descriptor: Int32

    /// Registers `own` in `folder`, which is made where it is missing.
    /// - Throws: what kept the file from being made or locked.
    init(folder: String, own: AgentInstance) throws {
        self.folder = folder
        self.own = own
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        descriptor = open(Self.path(own.id, in: folder), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
        sweep()
    }

    deinit {
        unlink(Self.path(own.id, in: folder))
        close(descriptor)
    }

    /// Whether another instance lives; `nil` where this machine does not know it.
    func isAlive(_ id: String) -> Bool? {
        guard Self.isValid(id) else { return nil }
        let other = open(Self.path(id, in: folder), O_RDWR | O_CLOEXEC)
        guard other >= 0 else { return nil }
        defer { close(other) }
        // Shared, so that two who ask at once do not take each other for the living.
        guard flock(other, LOCK_SH | LOCK_NB) == 0 else { return true }
        flock(other, LOCK_UN)
        return false
    }

    /// Files of the dead are kept for a day: so long may somebody ask for them.
    private func sweep() {
        let dayAgo = Date(timeIntervalSinceNow: -86_400)
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            guard name.hasSuffix(".lock") else { continue }
            let path = folder + "/" + name
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            guard let changed = attributes?[.modificationDate] as? Date, changed < dayAgo,
                isAlive(String(name.dropLast(5))) == false
            else { continue }
            unlink(path)
        }
    }

    /// Ids come from other participants' attributes: nothing that would lead out of the folder.
    private static func isValid(_ id: String) -> Bool {
        id.count == 16 && id.allSatisfy { $0.isASCII && $0.isHexDigit }
    }

    private static func path(_ id: String, in folder: String) -> String { folder + "/" + id + ".lock" }
}
