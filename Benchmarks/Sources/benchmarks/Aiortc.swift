import Foundation

/// The same load between two aiortc peers, measured by `Tests/Interop/aiortc_peer.py`.
enum Aiortc {
    private struct Rate: Decodable {
        var megabits: Double
        var cpu: Double
    }

    private static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Megabits a second and core; `nil` where the Python environment is missing.
    static func goodput(seconds: Int) throws -> Double? {
        let python = package.appendingPathComponent(".venv/bin/python")
        guard FileManager.default.isExecutableFile(atPath: python.path) else { return nil }
        let process = Process()
        process.executableURL = python
        process.arguments = [
            package.appendingPathComponent("Tests/Interop/aiortc_peer.py").path, "--measure", "\(seconds)",
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let rate = try JSONDecoder().decode(Rate.self, from: output.fileHandleForReading.readDataToEndOfFile())
        process.waitUntilExit()
        return rate.megabits / rate.cpu
    }
}
