import SansIO
import Testing

@Suite struct LeftBehindTests {
    @Test func whatWasKeptIsTakenOnce() {
        var left = LeftBehind<Int>(limit: 2)
        left.keep(7, of: "ada") { $0 == 0 }
        left.keep(8, of: "ada") { $0 == 0 }
        #expect(left.take("ada") == 8 && left.take("ada") == nil && left.count == 0)
        left.keep(0, of: "ada") { $0 == 0 }
        #expect(left.count == 0, "it says nothing")
        left.keep(9, of: "ada") { $0 == 0 }
        left.keep(0, of: "ada") { $0 == 0 }
        #expect(left.take("ada") == nil, "what says nothing takes the place of what did")
    }

    @Test func whoeverComesUnderNewNamesPushesOutWhatIsOldestAndNothingGrows() {
        var left = LeftBehind<Int>(limit: 16)
        for number in 0..<1000 { left.keep(number + 1, of: Identity("p\(number)")) { $0 == 0 } }
        #expect(left.count == 16)
        #expect(left.take("p983") == nil && left.take("p984") == 985)
    }

    @Test func whoCameBackAndLeftAgainLeftLast() {
        var left = LeftBehind<Int>(limit: 3)
        for name in ["p1", "p2"] as [Identity] { left.keep(1, of: name) { $0 == 0 } }
        #expect(left.take("p1") == 1)
        left.keep(9, of: "p1") { $0 == 0 }
        left.keep(1, of: "p3") { $0 == 0 }
        #expect(left.count == 3, "there is room for all of them")
        left.keep(1, of: "p4") { $0 == 0 }
        #expect(left.take("p2") == nil && left.take("p1") == 9)
    }

    @Test func whatSaysNothingAnyMoreGoesFirst() {
        var left = LeftBehind<Int>(limit: 4)
        for number in 1...4 { left.keep(number, of: Identity("p\(number)")) { _ in false } }
        left.keep(5, of: "p5") { $0 == 3 }
        #expect(left.take("p1") == 1 && left.take("p3") == nil && left.take("p5") == 5)
    }
}
