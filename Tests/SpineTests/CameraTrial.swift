import Foundation
import PythonPeers
import Testing

/// A film before the camera of a foreign client, and what the product makes of it, in seconds since 1970.
struct CameraTrial {
    /// Something that is to be seen in the film, or not.
    struct Label: Sendable, Hashable {
        var kind: String
        /// In seconds of the film.
        var start: Double
        var end: Double
        /// By how much longer than others it may take, in seconds.
        var grace = 0.0
    }

    /// A gesture that was told.
    struct Told: Sendable, Hashable {
        var kind: String
        var at: Double
        var confidence: Double
    }

    /// From a gesture's begin to when it counts, in seconds.
    static let dwell = ["raised_hand": 0.8, "palm_to_forehead": 1.0]

    let worker: JaskProcess
    let room: String

    /// Of the log's lines.
    var told: [Told] {
        let texts = [
            "raised_hand": "raises a hand: confidence ", "palm_to_forehead": "puts a palm to the forehead: confidence ",
        ]
        let offset = Date().timeIntervalSince1970
        let now = ContinuousClock.now
        return worker.lines(with: "room \(room): ").compactMap { line in
            for (kind, text) in texts where line.text.contains(text) {
                let confidence = line.text.components(separatedBy: text).last.flatMap(Double.init) ?? 0
                return Told(kind: kind, at: offset - now.seconds(since: line.at), confidence: confidence)
            }
            return nil
        }
    }

    /// Codec and size of the pictures that came of the camera, each time that the size was another one.
    var pictures: [String] {
        worker.lines(with: "room \(room): ", "picture").compactMap { line in
            let isTold = [" first picture of ", " pictures of another size of "].contains { line.text.contains($0) }
            return isTold ? line.text.components(separatedBy: ": ").last : nil
        }
    }

    /// Each label is told once, in time, and nothing else is: over the first showing of the film.
    ///
    /// - Parameter reel: when the film began.
    /// - Returns: how late each label was told.
    @discardableResult
    func expect(_ labels: [Label], reel: Double, bar: Double, _ message: @autoclosure () -> String) -> [Double] {
        var open = labels
        var late: [Double] = []
        for told in told {
            let at = told.at - reel
            guard
                let index = open.firstIndex(where: { $0.kind == told.kind && $0.start < at && at < $0.end + 1 })
            else {
                Issue.record("\(room): \(told.kind) told at \(at) s of \(labels): \(message())")
                continue
            }
            let label = open.remove(at: index)
            late.append(at - label.start)
            #expect(
                at - label.start <= (Self.dwell[told.kind] ?? 0) + bar + label.grace,
                "\(room): \(told.kind) at \(at) s: \(message())"
            )
        }
        #expect(open.isEmpty, "\(room): not told: \(open): \(message())")
        return late
    }
}

extension PythonPeer {
    /// Waits for when its film began, in seconds since 1970.
    func reel(within seconds: Double = 20) async throws -> Double {
        let began = try await wait(seconds) { $0.lines("reel").first?["wall"]?.number }
        return try #require(began, "\(lines)\n\(errors)")
    }
}
