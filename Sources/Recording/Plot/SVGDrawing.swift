/// A drawing as text: what is drawn later lies above. Lengths are pixels.
struct SVGDrawing {
    enum Anchor: String {
        case start, middle, end
    }

    /// How a line is drawn.
    struct Stroke {
        var colour: String
        var width = 1.0
        /// Lengths of dashes and gaps; empty for none.
        var dashes = ""

        fileprivate var attributes: String {
            #" stroke="\#(colour)" stroke-width="\#(width.short)""#
                + (dashes.isEmpty ? "" : #" stroke-dasharray="\#(dashes)""#)
        }
    }

    let width: Double
    var height: Double
    private var elements: [String] = []

    init(width: Double, height: Double) {
        self.width = width
        self.height = height
    }

    /// The whole file.
    func text(title: String) -> String {
        let size = #"width="\#(width.short)" height="\#(height.short)" viewBox="0 0 \#(width.short) \#(height.short)""#
        let head =
            #"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" \#(size) "#
            + #"font-family="system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif" font-size="12">"#
        let title = "<title>\(Self.escaped(title))</title>"
        return ([head, title] + elements + ["</svg>", ""]).joined(separator: "\n")
    }

    mutating func rectangle(
        x: Double, y: Double, width: Double, height: Double, fill: String, radius: Double = 0, stroke: Stroke? = nil
    ) {
        elements.append(
            #"<rect x="\#(x.short)" y="\#(y.short)" width="\#(width.short)" height="\#(height.short)" fill="\#(fill)""#
                + (radius > 0 ? #" rx="\#(radius.short)""# : "") + (stroke?.attributes ?? "") + "/>")
    }

    mutating func line(_ from: (x: Double, y: Double), _ to: (x: Double, y: Double), _ stroke: Stroke) {
        elements.append(
            #"<line x1="\#(from.x.short)" y1="\#(from.y.short)" x2="\#(to.x.short)" y2="\#(to.y.short)""#
                + stroke.attributes + "/>")
    }

    /// - Parameter commands: as SVG has them.
    mutating func path(_ commands: String, fill: String = "none", stroke: Stroke? = nil) {
        guard !commands.isEmpty else { return }
        elements.append(#"<path d="\#(commands)" fill="\#(fill)""# + (stroke?.attributes ?? "") + "/>")
    }

    mutating func label(
        _ text: String, x: Double, y: Double, colour: String, size: Double = 12, anchor: Anchor = .start,
        isStrong: Bool = false
    ) {
        elements.append(
            #"<text x="\#(x.short)" y="\#(y.short)" fill="\#(colour)" font-size="\#(size.short)""#
                + (anchor == .start ? "" : #" text-anchor="\#(anchor.rawValue)""#)
                + (isStrong ? #" font-weight="600""# : "") + ">" + Self.escaped(text) + "</text>")
    }

    /// - Parameter png: in base64.
    mutating func image(png: String, x: Double, y: Double, width: Double, height: Double) {
        elements.append(
            #"<image x="\#(x.short)" y="\#(y.short)" width="\#(width.short)" height="\#(height.short)" "#
                + #"xlink:href="data:image/png;base64,\#(png)"/>"#)
    }

    /// What follows is one thing, of this name.
    mutating func group(_ name: String, _ body: (inout SVGDrawing) -> Void) {
        elements.append(#"<g class="\#(Self.escaped(name))">"#)
        body(&self)
        elements.append("</g>")
    }

    /// Without what XML does not take.
    static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { escaped, scalar in
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F || (0xFFFE...0xFFFF).contains(scalar.value):
                escaped += " "
            default: escaped.unicodeScalars.append(scalar)
            }
        }
    }
}

extension Double {
    /// A tenth of a pixel is enough, and a file of thousands of places is to be small.
    var short: String {
        let text = decimals(1)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
