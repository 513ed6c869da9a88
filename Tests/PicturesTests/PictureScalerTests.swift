import Foundation
import Pictures
import Testing

private let installedFFmpeg = ["/usr/bin/ffmpeg", "/usr/local/bin/ffmpeg"].first {
    FileManager.default.isExecutableFile(atPath: $0)
}

/// Scaling by area, against its definition computed pixel by pixel, and against ffmpeg where it is installed.
struct PictureScalerTests {
    private struct Samples {
        var width: Int
        var height: Int
        var range = SampleRange.limited
        /// Luma, then the colour differences, as they lie in the picture.
        var bytes: [UInt8]

        /// Waves and noise over a seed.
        init(width: Int, height: Int, range: SampleRange = .limited, seed: UInt64, noise: Int = 64) {
            (self.width, self.height, self.range) = (width, height, range)
            let count = width * height + 2 * ((width + 1) / 2) * ((height + 1) / 2)
            var state = seed
            bytes = (0..<count).map { index in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let wave = 128 + 90 * sin(Double(index % width) / 23) * cos(Double(index / width) / 17)
                return UInt8(clamping: Int(wave) + Int(state >> 33) % (noise + 1) - noise / 2)
            }
        }

        func picture() throws -> I420Picture {
            try PicturePool().makePicture(width: width, height: height, range: range) { planes in
                let (luma, chroma) = (width * height, planes.chromaStride * planes.chromaHeight)
                for index in 0..<luma { planes.y[index] = bytes[index] }
                for index in 0..<chroma {
                    planes.u[index] = bytes[luma + index]
                    planes.v[index] = bytes[luma + chroma + index]
                }
            }
        }

        private func plane(_ index: Int) -> (start: Int, width: Int, height: Int) {
            let (wide, high) = ((width + 1) / 2, (height + 1) / 2)
            return index == 0 ? (0, width, height) : (width * height + (index - 1) * wide * high, wide, high)
        }

        /// The mean of a plane over a rectangle given in shares of it: the definition.
        func mean(_ index: Int, _ x: ClosedRange<Double>, _ y: ClosedRange<Double>) -> Double {
            let plane = plane(index)
            let (left, right) = (x.lowerBound * Double(plane.width), x.upperBound * Double(plane.width))
            let (top, bottom) = (y.lowerBound * Double(plane.height), y.upperBound * Double(plane.height))
            var (sum, area) = (0.0, 0.0)
            for row in Int(top)..<min(plane.height, Int(bottom.rounded(.up))) {
                let high = min(bottom, Double(row + 1)) - max(top, Double(row))
                for column in Int(left)..<min(plane.width, Int(right.rounded(.up))) {
                    let share = (min(right, Double(column + 1)) - max(left, Double(column))) * high
                    sum += share * Double(bytes[plane.start + row * plane.width + column])
                    area += share
                }
            }
            return sum / area
        }

        /// Red, green and blue of a cell of a grid over the picture, 0…255.
        func colour(_ column: Int, _ row: Int, of columns: Int, _ rows: Int) -> [Double] {
            let x = Double(column) / Double(columns)...Double(column + 1) / Double(columns)
            let y = Double(row) / Double(rows)...Double(row + 1) / Double(rows)
            let isFull = range == .full
            let luma = isFull ? mean(0, x, y) : (mean(0, x, y) - 16) * 255 / 219
            let scale = isFull ? 1 : 255.0 / 224
            let (blue, red) = ((mean(1, x, y) - 128) * scale, (mean(2, x, y) - 128) * scale)
            return [luma + 1.402 * red, luma - 0.344136 * blue - 0.714136 * red, luma + 1.772 * blue].map {
                min(max($0, 0), 255)
            }
        }
    }

    @Test(
        arguments: [
            (640, 360, 320), (320, 180, 320), (333, 187, 320), (853, 480, 320), (64, 48, 7), (2, 2, 320), (1, 1, 1),
            (9, 300, 5), (1_280, 720, 320),
        ], [SampleRange.limited, .full])
    func coloursAreTheMeansOfWhatTheyCover(size: (Int, Int, Int), range: SampleRange) throws {
        let samples = Samples(width: size.0, height: size.1, range: range, seed: 5)
        var scaler = PictureScaler()
        let found = scaler.rgb(try samples.picture(), width: size.2)
        #expect(found.width == min(size.0, size.2))
        #expect(abs(Double(found.height) - Double(size.1 * found.width) / Double(size.0)) <= 0.5 || found.height == 1)
        var largest = 0.0
        for row in stride(from: 0, to: found.height, by: max(1, found.height / 23)) {
            for column in stride(from: 0, to: found.width, by: max(1, found.width / 37)) {
                let expected = samples.colour(column, row, of: found.width, found.height)
                for colour in 0..<3 {
                    let byte = found.bytes[(row * found.width + column) * 3 + colour]
                    largest = max(largest, abs(Double(byte) - expected[colour]))
                }
            }
        }
        // Half a step is rounding; sizes without a common part are weighed in 1/257.
        #expect(largest < ([9, 333, 853].contains(size.0) ? 1.6 : 0.51), "\(largest)")
    }

    @Test(arguments: [(640, 360), (320, 180), (1_280, 720), (1_920, 1_080), (48, 27), (30, 20), (641, 359)])
    func lumaCellsAreTheMeansOfWhatTheyCover(width: Int, height: Int) throws {
        let samples = Samples(width: width, height: height, seed: 9)
        var scaler = PictureScaler()
        let grid = scaler.luma(try samples.picture(), columns: 48, rows: 27)
        #expect(grid.columns == 48 && grid.rows == 27 && grid.cells.count == 48 * 27)
        var largest = 0.0
        for row in 0..<27 {
            for column in 0..<48 {
                let mean = samples.mean(
                    0, Double(column) / 48...Double(column + 1) / 48, Double(row) / 27...Double(row + 1) / 27)
                let expected = min(max((mean - 16) * 255 / 219, 0), 255)
                largest = max(largest, abs(Double(grid.cells[row * 48 + column]) - expected))
            }
        }
        #expect(largest < (width == 641 ? 0.8 : 0.01), "\(largest)")
    }

    @Test func sizesMayChangeFromPictureToPicture() throws {
        var scaler = PictureScaler()
        for (width, height) in [(640, 360), (320, 180), (640, 360), (180, 320)] {
            let samples = Samples(width: width, height: height, seed: UInt64(width))
            let (again, found) = (
                scaler.rgb(try samples.picture(), width: 160), try PictureScalerTests.fresh(samples.picture())
            )
            #expect(again == found)
            #expect(scaler.luma(try samples.picture(), columns: 6, rows: 4).cells.count == 24)
        }
    }

    private static func fresh(_ picture: I420Picture) -> RGBPicture {
        var scaler = PictureScaler()
        return scaler.rgb(picture, width: 160)
    }

    @Test func blackAndWhiteOfBothRangesAreBlackAndWhite() throws {
        for (range, black, white) in [(SampleRange.limited, UInt8(16), UInt8(235)), (.full, 0, 255)] {
            for (luma, expected) in [(black, UInt8(0)), (white, 255)] {
                var samples = Samples(width: 20, height: 10, range: range, seed: 0)
                samples.bytes = [UInt8](repeating: luma, count: 200) + [UInt8](repeating: 128, count: 100)
                var scaler = PictureScaler()
                let picture = try samples.picture()
                #expect(scaler.rgb(picture, width: 10).bytes.allSatisfy { $0 == expected })
                #expect(scaler.luma(picture, columns: 3, rows: 3).cells.allSatisfy { abs($0 - Float(expected)) < 0.01 })
            }
        }
    }

    @Test func widthsBelowOneAndGridsBeyondAllBoundsAreTakenAsTheNearestThereIs() throws {
        var scaler = PictureScaler()
        let picture = try Samples(width: 4, height: 4, seed: 1).picture()
        #expect(scaler.rgb(picture, width: -3).width == 1)
        #expect(scaler.rgb(picture, width: .max).width == 4)
        #expect(scaler.luma(picture, columns: 0, rows: -1).cells.count == 1)
        #expect(scaler.luma(picture, columns: .max, rows: 1).columns == PicturePool.greatestSide)
    }

    /// What ffmpeg's scaler makes of the same samples.
    private func scaledByFFmpeg(_ samples: Samples, toWidth: Int, _ toHeight: Int) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(filePath: installedFFmpeg ?? "")
        let range = samples.range == .full ? "full" : "limited"
        process.arguments = [
            "-v", "error", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "\(samples.width)x\(samples.height)",
            "-i", "pipe:0", "-vf",
            "scale=\(toWidth):\(toHeight):flags=area+accurate_rnd+full_chroma_int+full_chroma_inp:in_range=\(range)"
                + ":in_color_matrix=bt601",
            "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1",
        ]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        Thread.detachNewThread {
            try? input.fileHandleForWriting.write(contentsOf: Data(samples.bytes))
            try? input.fileHandleForWriting.close()
        }
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Array(bytes)
    }

    @Test(
        .enabled(if: installedFFmpeg != nil, "ffmpeg is not installed"),
        arguments: [(640, 360, 320), (1_280, 720, 320), (640, 480, 320), (960, 540, 320)],
        [SampleRange.limited, .full])
    func picturesAreThoseOfFFmpegsScalerByArea(size: (Int, Int, Int), range: SampleRange) throws {
        let samples = Samples(width: size.0, height: size.1, range: range, seed: 3, noise: 40)
        var scaler = PictureScaler()
        let found = scaler.rgb(try samples.picture(), width: size.2)
        let expected = try scaledByFFmpeg(samples, toWidth: found.width, found.height)
        try #require(expected.count == found.bytes.count)
        let differences = zip(found.bytes, expected).map { abs(Int($0) - Int($1)) }
        let mean = Double(differences.reduce(0, +)) / Double(differences.count)
        print(
            "\(size.0) × \(size.1), \(range): differs from ffmpeg by \(mean) on average, \(differences.max() ?? 0) at most"
        )
        #expect(mean < 0.05 && differences.allSatisfy { $0 <= 1 })
    }
}
