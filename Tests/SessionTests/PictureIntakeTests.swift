import SansIO
import Testing
import Wire

@testable import Session

@Suite struct PictureIntakeTests {
    private struct Client {
        var intake = PictureIntake()
        var budget = PictureBudget()
        var configuration = PictureConfiguration()
        var now = Instant(nanoseconds: 100_000_000_000)
        /// By how much the client's clock is ahead of the origin of ours.
        var clock = Duration.seconds(1_795_341_600)

        mutating func send(
            bytes: Int = 20_000, type: String = "image/jpeg", attributes: [AttributeKey: String] = [:]
        ) -> PictureIntake.Verdict {
            intake.receive(
                ArrivedPicture(mediaType: type, attributes: attributes, byteCount: bytes), configuration, &budget,
                at: now)
        }

        /// A picture that was taken `age` ago, by the client's clock.
        mutating func send(takenAgo age: Duration, sequence: Int? = nil) -> PictureIntake.Verdict {
            let captured = Timestamp(milliseconds: (now - age + clock).nanoseconds / 1_000_000)
            return send(attributes: FrameAttributes(capturedAt: captured, sequence: sequence).attributes)
        }

        mutating func pass(_ duration: Duration) { now = now + duration }
    }

    @Test("Without attributes a picture counts by its arrival")
    func plain() {
        var client = Client()
        for _ in 0..<20 {
            #expect(client.send() == .look(takenAt: client.now))
            client.pass(.milliseconds(250))
        }
    }

    @Test("Four a second are read for ever, and twenty a second are answered once until there is room again")
    func rate() {
        var client = Client()
        for _ in 0..<100 {
            #expect(client.send() == .look(takenAt: client.now))
            client.pass(.milliseconds(250))
        }
        var looked = 0
        var told = 0
        for _ in 0..<200 {
            switch client.send() {
            case .look: looked += 1
            case .excess(let isNews): told += isNews ? 1 : 0
            default: Issue.record("neither read nor too much")
            }
            client.pass(.milliseconds(50))
        }
        // Ten seconds at five a second, and what the bucket held.
        #expect((50...60).contains(looked))
        #expect(told == 1)
        client.pass(.seconds(5))
        for _ in 0..<4 { #expect(client.send() == .look(takenAt: client.now)) }
        for _ in 0..<20 { _ = client.send() }
        client.pass(.seconds(5))
        #expect(client.send() == .look(takenAt: client.now))
    }

    @Test("The rate that is asked for is the one that is read")
    func slowRate() {
        var client = Client()
        client.configuration.rate = 1
        var looked = 0
        for _ in 0..<100 {
            if case .look = client.send() { looked += 1 }
            client.pass(.milliseconds(250))
        }
        #expect((31...36).contains(looked), "\(looked)")
    }

    @Test("What is too large, empty or no JPEG is refused, and says why")
    func refused() {
        var client = Client()
        func code(_ verdict: PictureIntake.Verdict) -> WireError.Code? {
            if case .refused(let error) = verdict { error.code } else { nil }
        }
        #expect(code(client.send(bytes: 256 << 10)) == nil)
        #expect(code(client.send(bytes: 256 << 10 + 1)) == .tooLarge)
        client.pass(.seconds(10))
        #expect(code(client.send(bytes: 0)) == .badPicture)
        #expect(code(client.send(type: "image/png")) == .badPicture)
        #expect(code(client.send(type: "IMAGE/JPEG")) == nil)
        client.pass(.seconds(10))
        #expect(code(client.send(attributes: ["sequence": "one"])) == .wrongType)
        #expect(code(client.send(attributes: ["sequence": "-1"])) == .outOfRange)
        #expect(code(client.send(attributes: ["captured_at": "yesterday"])) == .wrongType)
        #expect(code(client.send(attributes: ["captured_at": "", "sequence": "", "other": "x"])) == nil)
    }

    @Test("The time at which a picture was taken is told by the client's clock, and delay is taken off")
    func capturedAt() {
        var client = Client()
        // The fastest took 40 ms, which nobody can tell from the clocks' distance.
        #expect(client.send(takenAgo: .milliseconds(40)) == .look(takenAt: client.now))
        client.pass(.milliseconds(500))
        #expect(client.send(takenAgo: .milliseconds(340)) == .look(takenAt: client.now - .milliseconds(300)))
        client.pass(.milliseconds(500))
        #expect(client.send(takenAgo: .milliseconds(40)) == .look(takenAt: client.now))
    }

    @Test("Pictures that overtook each other, or come again, are passed over without a word")
    func late() {
        var client = Client()
        #expect(client.send(takenAgo: .milliseconds(100)) != .late)
        #expect(client.send(takenAgo: .milliseconds(300)) == .late)
        #expect(client.send(takenAgo: .milliseconds(100)) == .late)
        var numbered = Client()
        #expect(numbered.send(attributes: ["sequence": "100"]) != .late)
        #expect(numbered.send(attributes: ["sequence": "99"]) == .late)
        #expect(numbered.send(attributes: ["sequence": "100"]) == .late)
        #expect(numbered.send(attributes: ["sequence": "101"]) != .late)
        numbered.pass(.seconds(5))
        // A page that was loaded anew counts from the beginning.
        #expect(numbered.send(attributes: ["sequence": "0"]) != .late)
        #expect(numbered.send(attributes: ["sequence": "1"]) != .late)
    }

    @Test("A picture that was on its way for long is late, and a clock that was set is followed")
    func oldPictures() {
        var client = Client()
        #expect(client.send(takenAgo: .zero) != .late)
        client.pass(.seconds(10))
        #expect(client.send(takenAgo: .seconds(4)) == .late)
        client.pass(.seconds(1))
        client.clock = client.clock - .seconds(3_600)
        #expect(client.send(takenAgo: .zero) == .look(takenAt: client.now))
        client.pass(.seconds(1))
        client.clock = client.clock + .seconds(7_200)
        #expect(client.send(takenAgo: .zero) == .look(takenAt: client.now))
    }

    @Test(
        "A clock that was put back by less than a minute makes no picture late where their numbers grow",
        arguments: [2, 5, 30])
    func putBack(seconds: Int) {
        var client = Client()
        for sequence in 0..<40 {
            if sequence == 20 { client.clock = client.clock - .seconds(seconds) }
            #expect(client.send(takenAgo: .zero, sequence: sequence) == .look(takenAt: client.now))
            client.pass(.milliseconds(250))
        }
        #expect(client.send(takenAgo: .seconds(1), sequence: 38) == .late)
    }

    @Test("A clock that runs a thousandth too slow does not make pictures late")
    func drift() {
        var client = Client()
        for _ in 0..<4_000 {
            client.clock = client.clock - .microseconds(250)
            guard case .look(let taken) = client.send(takenAgo: .zero) else {
                Issue.record("late after \(client.now)")
                return
            }
            #expect(client.now - taken <= .milliseconds(40))
            client.pass(.milliseconds(250))
        }
    }

    @Test("Times at the end of the calendar do no harm")
    func extremeTimes() {
        var client = Client()
        for text in ["9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"] {
            guard case .look(let taken) = client.send(attributes: ["captured_at": text]) else {
                Issue.record("\(text) is not looked at")
                continue
            }
            #expect(taken <= client.now)
        }
    }
}
