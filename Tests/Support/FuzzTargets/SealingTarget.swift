import SansIO
import Sealing
import Simulation

extension FuzzTarget {
    /// Sealed data and lists of keys, as a damaged or forged store and a hasty admin have them: typed errors, and nothing
    /// opens that was not sealed here.
    static let sealing = FuzzTarget(
        name: "sealing",
        recordings: { _ in
            guard let known = try? KnownSeal() else { return [] }
            return [
                [0] + known.key.wrapped, [1] + known.sealed,
                [2] + Array("\(known.entry), \(known.other)".utf8),
            ]
        },
        run: { input in
            guard let kind = input.first else { return }
            let (content, known) = (Array(input.dropFirst()), try KnownSeal())
            switch kind % 3 {
            case 0:
                guard (try? DataKey(session: "RM_1", wrapped: content, ring: known.ring)) != nil else { return }
                guard content == known.key.wrapped else { throw FuzzFailure("a forged data key was taken") }
            case 1:
                guard (try? known.key.open(content, for: KnownSeal.place)) != nil else { return }
                guard content == known.sealed else { throw FuzzFailure("forged data were opened") }
            default:
                let text = String(decoding: content, as: UTF8.self)
                guard let ring = try? KeyRing(parsing: text) else { return }
                guard ring.keys.count == text.count(where: { $0 == "," }) + 1 else {
                    throw FuzzFailure("\(ring.keys.count) keys of \(text)")
                }
            }
        })
}

/// A ring, a data key and what it sealed, the same each time.
private struct KnownSeal {
    static let place = SealedPlace(table: "hints", column: "text", row: "01J")
    /// Of two keys, as a list has them.
    let entry: String
    let other: String
    let ring: KeyRing
    let key: DataKey
    let sealed: [UInt8]

    init() throws {
        var random = RandomSource.seeded(1)
        entry = try KeyRing.newEntry(id: "a", random: &random)
        other = try KeyRing.newEntry(id: "b", random: &random)
        ring = try KeyRing(parsing: entry)
        key = try DataKey(session: "RM_1", wrappedBy: ring, random: &random)
        sealed = try key.seal(Array("look at line 3".utf8), for: Self.place, random: &random)
    }
}
