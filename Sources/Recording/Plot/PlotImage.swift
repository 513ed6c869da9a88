import Foundation

/// Makes pixels of a drawing by librsvg: ffmpeg has it in Debian, and `rsvg-convert` has it where ffmpeg has not. The drawing
/// goes through a pipe, so that no small picture in it is written but to where the plot is wanted.
public enum PlotImage {
    /// - Throws: ``PlotError``, which says what to install.
    public static func png(svg: String) throws -> Data {
        let input = Data(svg.utf8)
        var reasons: [String] = []
        let ways = [
            (
                "ffmpeg",
                // Without its size ffmpeg takes a drawing for several.
                ["-v", "error", "-f", "svg_pipe", "-frame_size", "\(input.count)", "-i", "pipe:0", "-frames:v", "1"]
                    + ["-c:v", "png", "-f", "image2pipe", "-"]
            ),
            ("rsvg-convert", ["--format", "png"]),
        ]
        for (tool, arguments) in ways where MediaProcess.path(of: tool) != nil {
            let answer = try MediaProcess.run(tool, arguments, input: input)
            if answer.status == 0, answer.output.starts(with: [0x89, 0x50, 0x4E, 0x47]) { return answer.output }
            reasons.append("\(tool): \(answer.complaints.last ?? "no picture")")
        }
        throw PlotError(reasons: reasons)
    }
}

/// Why there is no picture of a plot.
public struct PlotError: Error, Hashable, Sendable, CustomStringConvertible {
    public var reasons: [String]

    public var description: String {
        "a PNG needs an ffmpeg with librsvg, as Debian's, or rsvg-convert (apt-get install librsvg2-bin)"
            + (reasons.isEmpty ? "" : " (" + reasons.joined(separator: "; ") + ")") + "; an .svg needs neither"
    }
}
