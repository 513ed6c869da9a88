import Foundation
import FoundationXML
import Perception
import Pictures
import SansIO
import Testing

@testable import Recording

/// What an SVG file consists of, by a foreign parser.
private final class Elements: NSObject, XMLParserDelegate {
    private(set) var names: [String: Int] = [:]
    private(set) var groups: [String] = []
    private var written: [String] = []
    private(set) var images: [String] = []
    private(set) var isWhole = false

    var texts: [String] { written.map { $0.trimmingCharacters(in: .newlines) } }

    init(_ svg: String) {
        super.init()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = self
        isWhole = parser.parse()
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        names[name, default: 0] += 1
        if name == "g" { groups.append(attributes["class"] ?? "") }
        if name == "text" { written.append("") }
        if name == "image" { images.append(attributes["xlink:href"] ?? "") }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
        if !written.isEmpty { written[written.count - 1] += string }
    }
}

@Suite struct RecordingPlotTests {
    private func at(_ seconds: Double) -> Instant { .zero + .seconds(seconds) }

    private func report(seconds: Double, hasPictures: Bool = true, hasFrames: Bool = false) -> RecordingReport {
        var report = RecordingReport()
        report.duration = .seconds(seconds)
        report.content = "opus sound"
        report.chunks = (0..<Int(seconds / 0.032)).map {
            VoiceChunk(start: .zero + .milliseconds(32 * $0), probability: $0 % 400 < 200 ? 0.9 : 0.02, level: -30)
        }
        report.events = [
            RecordingEvent(.pause(.begin), at: at(4), known: at(7)),
            RecordingEvent(.pause(.end), at: at(8), known: at(8), since: at(4)),
        ]
        guard hasPictures else { return report }
        report.pictures = Int(seconds * 5)
        report.events += [
            RecordingEvent(.gesture(.raisedHand, .begin), at: at(9), known: at(10), confidence: 0.87),
            RecordingEvent(.helpMoment(.raisedHand, isRequest: true), at: at(10), known: at(10), confidence: 0.87),
            RecordingEvent(.gesture(.raisedHand, .end), at: at(12), known: at(14), since: at(9)),
        ]
        if hasFrames, let picture = RGBPicture(width: 16, height: 9, bytes: Array(repeating: 90, count: 432)) {
            report.frames = [RecordingFrame(at: at(10), picture: picture)]
        }
        return report
    }

    private func svg(_ report: RecordingReport, file: String = "a.webm") -> String {
        RecordingPlot(configuration: .init()).svg(of: report, file: file)
    }

    @Test("a plot has its lanes, thresholds, events and times, and is XML whatever the file's name is")
    func lanes() {
        let elements = Elements(svg(report(seconds: 60), file: "a <b> & \"c\"\u{1}.webm"))
        #expect(elements.isWhole)
        #expect(
            elements.groups == ["voice", "pauses", "raised", "palm", "moments", "axis"].map { "lane \($0)" })
        for text in [
            "a <b> & \"c\" .webm", "voice", "pauses", "raised hand", "palm to forehead", "help moments", "0.60 begins",
            "0.50 counts", "4.0 s", "0.87", "raised hand 0.87", "0:00:00", "0:00:30",
        ] {
            #expect(elements.texts.contains(text), "\(text) in \(elements.texts)")
        }
        #expect(elements.images.isEmpty)
    }

    @Test("sound alone has no lanes of gestures, an hour has rows, each with its times")
    func rows() {
        let short = Elements(svg(report(seconds: 60, hasPictures: false)))
        #expect(short.groups == ["voice", "pauses", "moments", "axis"].map { "lane \($0)" })
        let hour = svg(report(seconds: 3_600))
        let elements = Elements(hour)
        #expect(elements.isWhole && elements.groups.count == 36)
        #expect(elements.texts.contains("0:59:00") && elements.texts.contains("0:10:00"))
        #expect(hour.utf8.count < 1_500_000, "\(hour.utf8.count)")
    }

    @Test("pictures are in it only where the report has them")
    func frames() throws {
        let elements = Elements(svg(report(seconds: 60, hasFrames: true)))
        #expect(elements.groups.first == "lane frames" && elements.images.count == 1)
        let beginning = "data:image/png;base64,"
        let image = try #require(elements.images.first)
        let bytes = try #require(Data(base64Encoded: String(image.dropFirst(beginning.count))))
        #expect(image.hasPrefix(beginning) && bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    }

    @Test("a small picture comes out of its PNG as it went in", .enabled(if: MediaProcess.path(of: "ffmpeg") != nil))
    func png() throws {
        var random = SplitMix64(seed: 5)
        let bytes = (0..<33 * 17 * 3).map { _ in UInt8.random(in: 0...255, using: &random) }
        let picture = try #require(RGBPicture(width: 33, height: 17, bytes: bytes))
        let png = try #require(PNGPicture.bytes(of: picture))
        let answer = try MediaProcess.run(
            "ffmpeg",
            ["-v", "error", "-f", "png_pipe", "-i", "pipe:0", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
            input: Data(png))
        #expect(Array(answer.output) == bytes && answer.complaints == [])
    }

    @Test("a look counts where its hand is, with how sure the model was, also below the threshold")
    func scores() {
        func hand(presence: Float, across: Float) -> HandScores {
            HandScores(
                palm: Score(0.9), presence: Score(presence), facePresence: nil, lin: Thousandths(0.3 * across - 0.4),
                across: Thousandths(across), clear: Thousandths(1.1), wrist: Thousandths(0.4),
                knuckles: Thousandths(-0.2), forehead: nil)
        }
        let looks = [[hand(presence: 0.3, across: 1.4)], [hand(presence: 0.9, across: 0.1)], []].enumerated().map {
            GestureLook(
                at: at(Double($0)), interval: .milliseconds(200), reason: .change, attention: [], hands: $1)
        }
        let points = PlotScores(looks, .init()).points
        #expect(points.map { $0.raised.map { ($0 * 10).rounded() } } == [3, nil, nil])
        #expect(points.map { $0.palm.map { ($0 * 10).rounded() } } == [nil, 9, nil])
    }

    @Test("a drawing becomes pixels, and where nothing can make them it is said what to install")
    func pixels() throws {
        do {
            let png = try PlotImage.png(svg: svg(report(seconds: 900, hasFrames: true)))
            // Width and height stand behind the header.
            #expect(png.count > 10_000 && Array(png[16..<20]) == [0, 0, 6, 64])
        } catch let error as PlotError {
            #expect(error.description.contains("apt-get install librsvg2-bin"))
        }
    }
}
