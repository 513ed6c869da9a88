import SansIO
import Testing

@testable import Recording

@Suite struct PlotTimeTests {
    private func time(_ seconds: Double) -> PlotTime { PlotTime(.seconds(seconds), left: 100, width: 1_000) }

    @Test(
        "a short recording fills one row, a long one goes on in further rows",
        arguments: [
            (0.0, 1, 5.0), (42, 1, 42), (300, 1, 300), (301, 2, 300), (1_200, 4, 300), (1_201, 3, 600), (3_600, 6, 600),
            (3_601, 5, 900), (14_400, 8, 1_800), (86_400, 24, 3_600), (864_000, 24, 36_000),
        ])
    func rows(seconds: Double, rows: Int, span: Double) {
        let time = time(seconds)
        #expect(time.rows == rows && time.span == .seconds(span))
    }

    @Test("what goes over the end of a row goes on in the next")
    func parts() {
        let time = time(1_200)
        let pause = (Instant.zero + .seconds(290))..<(Instant.zero + .seconds(610))
        #expect(time.part(pause, ofRow: 0) == pause.lowerBound..<(.zero + .seconds(300)))
        #expect(time.part(pause, ofRow: 1) == (.zero + .seconds(300))..<(.zero + .seconds(600)))
        #expect(time.part(pause, ofRow: 2) == (.zero + .seconds(600))..<pause.upperBound)
        #expect(time.part(pause, ofRow: 3) == nil)
        #expect(time.x(.zero + .seconds(450), inRow: 1) == 600)
        #expect((0..<4).filter { time.isIn(row: $0, .zero + .seconds(300)) } == [1], "an edge is in one row")
    }

    @Test("times are written where there is room", arguments: [7.0, 59, 300, 3_600, 40_000])
    func ticks(seconds: Double) {
        let time = time(seconds)
        let places = time.ticks(ofRow: 0).map { time.x($0, inRow: 0) }
        #expect(places.first == 100 && places.count >= 4)
        #expect(zip(places, places.dropFirst()).allSatisfy { $1 - $0 >= 64 })
    }
}
