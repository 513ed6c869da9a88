import Foundation
import Perception
import SansIO

/// Draws one row of a plot, lane below lane.
struct PlotRow {
    typealias Place = (top: Double, bottom: Double)

    let report: RecordingReport
    let scores: PlotScores
    let configuration: PerceptionConfiguration
    let time: PlotTime
    let row: Int

    private var right: Double { time.left + time.width }
    /// Where the recording ends, or the row does.
    private var endX: Double { min(time.x(.zero + report.duration, inRow: row), right) }

    mutating func draw(_ lanes: [RecordingPlot.Lane], from y: Double, on drawing: inout SVGDrawing) {
        let height = lanes.filter { $0 != .axis }.reduce(0) { $0 + $1.height }
        drawing.rectangle(
            x: time.left, y: y, width: max(endX - time.left, 0), height: height, fill: PlotColours.surface,
            stroke: .init(colour: PlotColours.line))
        for tick in time.ticks(ofRow: row) where time.x(tick, inRow: row) <= endX + 0.5 {
            let x = time.x(tick, inRow: row)
            drawing.line((x, y), (x, y + height), .init(colour: PlotColours.grid))
        }
        var top = y
        for lane in lanes {
            let place = (top, top + lane.height)
            drawing.group("lane \(lane)") { draw(lane, place, on: &$0) }
            top += lane.height
        }
    }

    private func draw(_ lane: RecordingPlot.Lane, _ place: Place, on drawing: inout SVGDrawing) {
        if lane != .axis {
            drawing.line((time.left, place.bottom), (endX, place.bottom), .init(colour: PlotColours.line))
        }
        switch lane {
        case .frames: drawFrames(place, on: &drawing)
        case .voice: drawVoice(place, on: &drawing)
        case .pauses: drawPauses(place, on: &drawing)
        case .raised: drawGesture(.raisedHand, place, on: &drawing)
        case .palm: drawGesture(.palmToForehead, place, on: &drawing)
        case .moments: drawMoments(place, on: &drawing)
        case .axis: drawAxis(place, on: &drawing)
        }
    }

    // MARK: Shared

    private func name(_ text: String, _ place: Place, on drawing: inout SVGDrawing) {
        drawing.label(
            text, x: time.left - 12, y: (place.top + place.bottom) / 2 + 4, colour: PlotColours.text2, anchor: .end)
    }

    /// From 0 at the bottom of a lane of scores to 1 at its top, bars of events left below.
    private func y(_ score: Double, _ place: Place) -> Double {
        let (bottom, top) = (place.bottom - Self.strip - 3, place.top + 5)
        return bottom - min(max(score, 0), 1) * (bottom - top)
    }

    /// How high bars of events are, in pixels.
    private static let strip = 8.0

    private func threshold(
        _ value: Double, _ text: String, _ colour: String, dashes: String, _ place: Place, on drawing: inout SVGDrawing
    ) {
        let y = y(value, place)
        drawing.line((time.left, y), (endX, y), .init(colour: colour, width: 0.8, dashes: dashes))
        drawing.label(text, x: endX + 6, y: y + 4, colour: PlotColours.text3, size: 11)
    }

    /// A bar for each time that something lasted.
    private func bars(_ signal: String, _ place: Place, fill: String, on drawing: inout SVGDrawing) {
        for span in report.spans(of: signal) {
            guard let part = time.part(span, ofRow: row) else { continue }
            let x = time.x(part.lowerBound, inRow: row)
            drawing.rectangle(
                x: x, y: place.bottom - Self.strip - 1, width: max(time.x(part.upperBound, inRow: row) - x, 1.5),
                height: Self.strip, fill: fill, radius: 2)
        }
    }

    // MARK: Sound

    private func drawVoice(_ place: Place, on drawing: inout SVGDrawing) {
        name("voice", place, on: &drawing)
        drawing.path(voiceShape(place), fill: PlotColours.voiceFill)
        let voice = configuration.pause.voice
        threshold(
            Double(voice.activation), "\(Double(voice.activation).decimals(2)) begins", PlotColours.voice,
            dashes: "", place, on: &drawing)
        drawing.line(
            (time.left, y(Double(voice.deactivation), place)), (endX, y(Double(voice.deactivation), place)),
            .init(colour: PlotColours.voice, width: 0.8, dashes: "2 3"))
        bars("voice", place, fill: PlotColours.voice, on: &drawing)
    }

    /// The greatest probability in each pixel column.
    private func voiceShape(_ place: Place) -> String {
        var columns = [Double?](repeating: nil, count: Int(time.width) + 1)
        for chunk in report.chunks {
            guard let part = time.part(chunk.start..<chunk.end, ofRow: row), part.lowerBound < part.upperBound else {
                continue
            }
            let last = min(time.column(part.upperBound, inRow: row), columns.count - 1)
            for column in min(time.column(part.lowerBound, inRow: row), last)...last {
                columns[column] = max(columns[column] ?? 0, chunk.speech.value)
            }
        }
        var path = ""
        var isOpen = false
        let floor = y(0, place)
        for (column, value) in columns.enumerated() {
            let x = time.left + Double(column)
            if let value {
                if !isOpen { path += "M\(x.short) \(floor.short)" }
                path += "L\(x.short) \(y(value, place).short)"
            } else if isOpen {
                path += "L\((x - 1).short) \(floor.short)Z"
            }
            isOpen = value != nil
        }
        return isOpen ? path + "L\((time.left + time.width).short) \(floor.short)Z" : path
    }

    private func drawPauses(_ place: Place, on drawing: inout SVGDrawing) {
        name("pauses", place, on: &drawing)
        let middle = (place.top + place.bottom) / 2
        for span in report.spans(of: "pause") {
            guard let part = time.part(span, ofRow: row) else { continue }
            let x = time.x(part.lowerBound, inRow: row)
            let width = max(time.x(part.upperBound, inRow: row) - x, 1.5)
            drawing.rectangle(
                x: x, y: middle - 6, width: width, height: 12, fill: PlotColours.sunken, radius: 2,
                stroke: .init(colour: PlotColours.lineStrong))
            let text = (span.upperBound - span.lowerBound).shown
            guard width > 7 * Double(text.count) else { continue }
            drawing.label(text, x: x + 6, y: middle + 4, colour: PlotColours.text2, size: 11)
        }
        for event in report.events where event.subject == .longPause && time.isIn(row: row, event.at) {
            let x = time.x(event.at, inRow: row)
            drawing.line((x, middle - 8), (x, middle + 8), .init(colour: PlotColours.bad, width: 2))
        }
    }

    // MARK: Pictures

    private func drawGesture(_ kind: Gesture.Kind, _ place: Place, on drawing: inout SVGDrawing) {
        let isPalm = kind == .palmToForehead
        let colour = isPalm ? PlotColours.palm : PlotColours.hand
        name(isPalm ? "palm to forehead" : "raised hand", place, on: &drawing)
        let floor = y(0, place)
        var (looks, stems, dots, weak) = ("", "", "", "")
        for point in scores.points where time.isIn(row: row, point.at) {
            let x = time.x(point.at, inRow: row).short
            looks += "M\(x) \(floor.short)v2"
            if let score = isPalm ? point.palm : point.raised {
                stems += "M\(x) \(floor.short)V\(y(score, place).short)"
                dots += dot(x, y(score, place))
            }
            if isPalm, let score = point.weakPalm { weak += dot(x, y(score, place)) }
        }
        drawing.path(looks, stroke: .init(colour: PlotColours.lineStrong))
        drawing.path(stems, stroke: .init(colour: colour, width: 0.8, dashes: isPalm ? "2 1.5" : ""))
        drawing.path(dots, fill: colour)
        drawing.path(weak, fill: PlotColours.surface, stroke: .init(colour: colour))
        let presence = configuration.gesture.handPresence
        threshold(
            presence, "\(presence.decimals(2)) counts", colour, dashes: isPalm ? "5 3" : "", place, on: &drawing)
        bars(kind.rawValue, place, fill: colour, on: &drawing)
        drawConfidences(kind, colour, place, on: &drawing)
    }

    private func dot(_ x: String, _ y: Double) -> String { "M\(x) \((y - 1.8).short)a1.8 1.8 0 1 0 .01 0z" }

    /// How sure a gesture was, beside its bar where there is room.
    private func drawConfidences(
        _ kind: Gesture.Kind, _ colour: String, _ place: Place, on drawing: inout SVGDrawing
    ) {
        var free = time.left
        for event in report.events where event.signal == kind.rawValue && time.isIn(row: row, event.at) {
            let x = time.x(event.at, inRow: row)
            if let confidence = event.confidence, x - 30 >= free {
                drawing.label(
                    confidence.decimals(2), x: x - 4, y: place.bottom - 2, colour: colour, size: 11, anchor: .end)
            }
            free = x + 2
        }
    }

    private func drawFrames(_ place: Place, on drawing: inout SVGDrawing) {
        name("seen", place, on: &drawing)
        var free = time.left
        for frame in report.frames where time.isIn(row: row, frame.at) {
            let height = place.bottom - place.top - 10
            let width = height * Double(frame.picture.width) / Double(frame.picture.height)
            let middle = time.x(frame.at, inRow: row)
            let x = min(max(middle - width / 2, free), right - width)
            // Where there is no room, an event has no picture.
            guard x >= free, abs(x + width / 2 - middle) <= width, let png = PNGPicture.bytes(of: frame.picture) else {
                continue
            }
            drawing.line((middle, place.bottom - 8), (middle, place.bottom), .init(colour: PlotColours.text3))
            drawing.image(
                png: Data(png).base64EncodedString(), x: x, y: place.top + 2, width: width, height: height)
            free = x + width + 4
        }
    }

    // MARK: What follows

    private func drawMoments(_ place: Place, on drawing: inout SVGDrawing) {
        name("help moments", place, on: &drawing)
        let middle = (place.top + place.bottom) / 2
        var moments: [(x: Double, text: String)] = []
        for event in report.events where time.isIn(row: row, event.at) {
            guard case .helpMoment(let kind, _) = event.subject else { continue }
            let words = kind.rawValue.replacingOccurrences(of: "_", with: " ")
            moments.append(
                (time.x(event.at, inRow: row), words + (event.confidence.map { " \($0.decimals(2))" } ?? "")))
        }
        for (index, moment) in moments.enumerated() {
            drawing.path("M\(moment.x.short) \((middle - 5).short)l5 10h-10z", fill: PlotColours.accent)
            let next = index + 1 < moments.count ? moments[index + 1].x - 8 : RecordingPlot.width
            guard moment.x + 9 + 6.5 * Double(moment.text.count) < next else { continue }
            drawing.label(moment.text, x: moment.x + 9, y: middle + 4, colour: PlotColours.accent, size: 11)
        }
    }

    private func drawAxis(_ place: Place, on drawing: inout SVGDrawing) {
        for tick in time.ticks(ofRow: row) {
            let x = time.x(tick, inRow: row)
            guard x <= endX + 0.5 else { continue }
            drawing.line((x, place.top), (x, place.top + 4), .init(colour: PlotColours.lineStrong))
            drawing.label(
                String(tick.clock.dropLast(2)), x: x, y: place.top + 16, colour: PlotColours.text3, size: 11,
                anchor: .middle)
        }
    }
}
