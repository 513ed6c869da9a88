import Foundation
import Inference
import PerceptionModels
import Pictures
import VisionModelFixtures

extension Benchmark {
    /// Decoded pictures made small, and each vision model from picture to answer beside the engine alone on the same numbers.
    static let vision = Benchmark(name: "vision") {
        guard ReleasedVision.isThere else { throw Skipped(reason: ReleasedVision.absence) }
        return try scaling() + VisionRounds().measurements()
    }

    private static func scaling() throws -> [Measurement] {
        var lines: [Measurement] = []
        for (width, height) in [(320, 180), (640, 360), (1_280, 720)] {
            let picture = try PicturePool().makePicture(width: width, height: height, range: .limited) { planes in
                for index in 0..<width * height { planes.y[index] = UInt8(truncatingIfNeeded: index &* 7) }
                for index in 0..<planes.chromaStride * planes.chromaHeight {
                    planes.u[index] = UInt8(truncatingIfNeeded: index)
                    planes.v[index] = UInt8(truncatingIfNeeded: index &* 3)
                }
            }
            var (scaler, seen) = (PictureScaler(), 0)
            let colour = median(rounds: 300) { seen += scaler.rgb(picture, width: 320).width }
            let grid = median(rounds: 300) { seen += scaler.luma(picture, columns: 48, rows: 27).columns }
            guard seen == 305 * (320 + 48) else { throw Failed(reason: "pictures came out in another size") }
            lines.append(
                Measurement(
                    what: "\(width) × \(height) to red, green, blue, 320 wide", value: colour, unit: "µs",
                    comparison: "to 48 × 27 cells of luma: \(grid.rounded()) µs"))
        }
        return lines
    }

    /// The median of some runs, after five that do not count; in microseconds.
    static func median(rounds: Int, _ body: () throws -> Void) rethrows -> Double {
        var times: [Double] = []
        for round in 0..<rounds + 5 {
            let took = try threadMicroseconds(body)
            if round >= 5 { times.append(took) }
        }
        return times.median
    }
}

/// How long this thread ran for it: what others have of the core meanwhile does not count.
func threadMicroseconds(_ body: () throws -> Void) rethrows -> Double {
    func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
    }
    let began = now()
    try body()
    return now() - began
}

/// A rendered person, looked at by each model, by turns with the bare engine.
private struct VisionRounds {
    private let picture: RGBPicture
    private let engine: LiteRTEngine
    private let face: Detection
    private let hand: PictureRegion

    init() throws {
        picture = try ReferencePictures.checkedIn().picture("wide")
        let models = try ReleasedVision.models()
        engine = try LiteRTEngine(library: (ReleasedVision.folder ?? "") + "/" + LiteRTEngine.fileName)
        guard let face = try models.facesNear(in: picture, from: 0.5).first,
            let palm = try models.palms(in: picture, from: 0.5).first,
            let hand = PictureRegion(palm: palm, width: picture.width, height: picture.height)
        else { throw Failed(reason: "no face or palm is found in the rendered person") }
        (self.face, self.hand) = (face, hand)
    }

    /// Where tensors happen to lie in memory, and so which of them push each other out of caches, makes up to
    /// a sixth of a small model's time: models and engine are each made so many times, all at other places.
    private static let placements = 8

    func measurements() throws -> [Measurement] {
        try VisionModelFile.allCases.map { file in
            let graph = try LiteRTGraph(
                engine: engine, path: (ReleasedVision.folder ?? "") + "/" + file.fileName, sha256: file.sha256)
            // All of them stay, so that none takes another's place.
            var made: [(LiteRTVisionModels, LiteRTModel)] = []
            var (whole, alone): ([Double], [Double]) = ([], [])
            for _ in 0..<Self.placements {
                let (models, bare) = (try ReleasedVision.models(), try graph.makeModel())
                made.append((models, bare))
                let medians = try rounds(file, models, bare)
                whole.append(medians.whole)
                alone.append(medians.alone)
            }
            let (all, engine) = (whole.reduce(0, +), alone.reduce(0, +))
            let (most, least) = (
                zip(whole, alone).map { $0 / $1 }.max() ?? 0, zip(whole, alone).map { $0 / $1 }.min() ?? 0
            )
            return Measurement(
                what: "\(file.rawValue), from picture to answer", value: all / engine, unit: "× the engine",
                comparison: "\((all / Double(made.count)).rounded()) of \((engine / Double(made.count)).rounded()) µs;"
                    + " \(String(format: "%.2f to %.2f", least, most)) by where tensors lie",
                bar: .atMost(1.1))
        }
    }

    /// The medians of runs by turns, one each: both find the processor's caches as the other left them, as
    /// models do that run a few times a second. In microseconds.
    private func rounds(
        _ file: VisionModelFile, _ models: LiteRTVisionModels, _ bare: LiteRTModel
    ) throws -> (whole: Double, alone: Double) {
        var (whole, alone): ([Double], [Double]) = ([], [])
        for round in 0..<45 {
            let times = (
                try threadMicroseconds { try look(file, models) }, try threadMicroseconds { try bare.run() }
            )
            guard round >= 5 else { continue }
            whole.append(times.0)
            alone.append(times.1)
        }
        return (whole.median, alone.median)
    }

    private func look(_ file: VisionModelFile, _ models: LiteRTVisionModels) throws {
        switch file {
        case .faceNear: _ = try models.facesNear(in: picture, from: 0.25)
        case .faceFar: _ = try models.facesFar(in: picture, from: 0.25)
        case .facePresence: _ = try models.facePresence(in: picture, of: face)
        case .palm: _ = try models.palms(in: picture, from: 0.35)
        case .hand, .handFull: _ = try models.hand(in: picture, region: hand, full: file == .handFull)
        }
    }
}
