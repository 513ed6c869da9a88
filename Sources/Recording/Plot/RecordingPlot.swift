import Foundation
import Perception
import SansIO
import Settings

/// Draws a report: voice probability with its thresholds, pauses, what the looks say of each gesture with its threshold,
/// events as bars, moments, and where the report has them small pictures of what was seen. A long file goes on in further
/// rows.
public struct RecordingPlot: Sendable {
    let configuration: PerceptionConfiguration

    static let width = 1_600.0
    static let margin = 24.0
    /// The column of the lanes' names.
    static let names = 132.0
    /// The column of the thresholds' values, on the right.
    static let values = 72.0
    static let head = 64.0

    public init(configuration: PerceptionConfiguration) { self.configuration = configuration }

    /// The lanes of a row.
    enum Lane: CaseIterable {
        case frames, voice, pauses, raised, palm, moments, axis

        var height: Double {
            switch self {
            case .frames: 66
            case .voice, .raised, .palm: 52
            case .pauses, .moments: 22
            case .axis: 34
            }
        }
    }

    /// - Returns: an SVG file.
    public func svg(of report: RecordingReport, file: String) -> String {
        let time = PlotTime(
            report.duration, left: Self.margin + Self.names,
            width: Self.width - 2 * Self.margin - Self.names - Self.values)
        let scores = PlotScores(report.looks, configuration.gesture)
        let rows = (0..<time.rows).map { lanes(of: report, row: $0, time) }
        let height = Self.head + rows.joined().reduce(0) { $0 + $1.height } + Self.margin
        var drawing = SVGDrawing(width: Self.width, height: height)
        drawing.rectangle(x: 0, y: 0, width: Self.width, height: height, fill: PlotColours.surface)
        drawHead(&drawing, report, file)
        var y = Self.head
        for (row, lanes) in rows.enumerated() {
            var painter = PlotRow(report: report, scores: scores, configuration: configuration, time: time, row: row)
            painter.draw(lanes, from: y, on: &drawing)
            y += lanes.reduce(0) { $0 + $1.height }
        }
        return drawing.text(title: "\(file): what Jask perceives")
    }

    private func lanes(of report: RecordingReport, row: Int, _ time: PlotTime) -> [Lane] {
        Lane.allCases.filter { lane in
            switch lane {
            case .frames: report.frames.contains { time.isIn(row: row, $0.at) }
            case .voice, .pauses: !report.chunks.isEmpty
            case .raised, .palm: report.pictures > 0
            case .moments, .axis: true
            }
        }
    }

    private func drawHead(_ drawing: inout SVGDrawing, _ report: RecordingReport, _ file: String) {
        let name = URL(fileURLWithPath: file).lastPathComponent
        drawing.label(
            name.count > 90 ? name.prefix(89) + "…" : name, x: Self.margin, y: 30, colour: PlotColours.text, size: 18,
            isStrong: true)
        let pauses = report.spans(of: "pause").count
        let gestures = Gesture.Kind.allCases.map { kind in
            let count = report.events.count { $0.subject == .gesture(kind, .begin) }
            return kind.rawValue.replacingOccurrences(of: "_", with: " ") + " \(count)"
        }
        var facts = [Instant.zero.advanced(by: report.duration).clock, report.content]
        if !report.chunks.isEmpty { facts.append("\(pauses) \(pauses == 1 ? "pause" : "pauses")") }
        if report.pictures > 0 { facts += gestures + ["\(report.looks.count) looks of \(report.pictures) pictures"] }
        drawing.label(
            facts.joined(separator: "  ·  "), x: Self.margin, y: 50, colour: PlotColours.text2,
            size: 13)
    }
}
