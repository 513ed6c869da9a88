import Foundation

/// Inputs that once broke something, kept in `Fuzz/Regressions/<target>/`.
public enum Regressions {
    public static let folder = SeedStore.package.appendingPathComponent("Fuzz/Regressions")

    public static func inputs(of target: FuzzTarget) -> [(name: String, bytes: [UInt8])] {
        let folder = folder.appendingPathComponent(target.name)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.sorted().compactMap { name in
            (try? Data(contentsOf: folder.appendingPathComponent(name))).map { (name, Array($0)) }
        }
    }

    /// Keeps an input under a name made of its content.
    /// - Returns: where it is.
    public static func keep(_ input: [UInt8], of target: String) throws -> URL {
        let folder = folder.appendingPathComponent(target)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let hash = input.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        let file = folder.appendingPathComponent(String(hash, radix: 16))
        try Data(input).write(to: file)
        return file
    }
}
