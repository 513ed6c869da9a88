import Perception
import SansIO
import Testing

@Suite("Gestures over time")
struct GestureDetectorTests {
    @Test("a hand that stays up is a raised hand after the dwell, and over a second after it was last seen")
    func raisedHand() throws {
        var ann = WatchedPerson()
        ann.show([], for: 1)
        ann.show([HandSamples.raised], for: 3)
        ann.show([], for: 5)
        let gesture = try #require(ann.begun.first)
        #expect(ann.begun.count == 1 && gesture.kind == .raisedHand && gesture.participant == "ann")
        #expect(WatchedPerson.tenths(gesture.since) == 1 && WatchedPerson.tenths(gesture.at) == 1.8)
        #expect(gesture.confidence > 0.85 && gesture.reasons == [.handModel])
        #expect(ann.ended == ["raised_hand 1.0-3.8 unmade"])
    }

    @Test("a palm needs longer")
    func palm() throws {
        var ann = WatchedPerson()
        ann.show([HandSamples.palm], for: 1)
        #expect(ann.begun.isEmpty)
        ann.look([HandSamples.palm])
        let gesture = try #require(ann.begun.first)
        #expect(gesture.kind == .palmToForehead && gesture.reasons == [.handModel, .foreheadCovered])
    }

    @Test("a wave, a hand that passes and drinking are none")
    func passing() {
        var ann = WatchedPerson()
        for _ in 0..<5 {
            ann.show([HandSamples.raised], for: 0.6)
            ann.show([HandSamples.cheek], for: 0.8)
        }
        ann.show([HandSamples.palm], for: 0.8)
        ann.show([], for: 3)
        #expect(ann.signals.isEmpty)
    }

    @Test("a hand that is on its way when the dwell is over is not held; it is one as soon as it stays")
    func held() {
        func hand(across: Float, below: Float, wrist: Float, knuckles: Float) -> HandScores {
            HandSamples.hand(
                lin: below + 0.3 * across, across: across, clear: across - 0.25, wrist: wrist, knuckles: knuckles)
        }
        // As measured at a wave: it comes up, swings, and goes down again.
        let wave = [
            hand(across: 1.44, below: 0.58, wrist: 1.30, knuckles: 0.86),
            hand(across: 0.76, below: -0.11, wrist: 0.61, knuckles: 0.15),
            hand(across: 1.73, below: -0.10, wrist: 0.63, knuckles: 0.18),
            hand(across: 0.91, below: -0.10, wrist: 0.63, knuckles: 0.16),
            hand(across: 1.08, below: 0.79, wrist: 1.47, knuckles: 1.04),
        ]
        var ann = WatchedPerson()
        for hand in wave { ann.show([hand], for: 0.2) }
        #expect(ann.begun.isEmpty)
        // Somebody else's hand that stays holds no other one.
        var two = WatchedPerson()
        for hand in wave { two.show([HandSamples.cheek, hand], for: 0.2) }
        #expect(two.begun.isEmpty)
        two.show([HandSamples.cheek, wave[4]], for: 0.2)
        #expect(two.begun.count == 1)
    }

    @Test("of two hands that are up each is where it was")
    func heldByTwo() {
        var ann = WatchedPerson()
        var other = HandSamples.raised
        other.across = Thousandths(2.1)
        // Now the one is the surer, now the other.
        for round in 0..<6 {
            other.presence = Score(round % 2 == 0 ? 0.95 : 0.85)
            ann.show([HandSamples.raised, other], for: 0.2)
        }
        #expect(ann.begun.count == 1)
    }

    @Test("of the looks, most must see it")
    func share() {
        var ann = WatchedPerson()
        for _ in 0..<10 {
            ann.show([HandSamples.raised], for: 0.2)
            ann.show([], for: 0.4)
        }
        #expect(ann.begun.isEmpty, "a third is not enough")
        ann.show([], for: 0.6)
        ann.show([HandSamples.raised], for: 1.2)
        #expect(ann.begun.count == 1)
    }

    @Test("what comes again within 2.5 s is the same gesture, and tells nothing; later it is another")
    func merging() {
        var ann = WatchedPerson()
        ann.show([HandSamples.raised], for: 2)
        ann.show([], for: 2)
        ann.show([HandSamples.raised], for: 2)
        #expect(ann.begun.count == 1 && ann.ended.isEmpty)
        ann.show([], for: 4)
        #expect(ann.ended == ["raised_hand 0.0-5.8 unmade"])
        ann.show([HandSamples.raised], for: 2)
        #expect(ann.begun.count == 2)
    }

    @Test("a hand that comes again too late, while the old one is not over yet, is told after its end")
    func lateAgain() {
        var ann = WatchedPerson()
        ann.show([HandSamples.raised], for: 1.2)
        ann.show([], for: 1.4)
        ann.seconds += 1.5
        ann.show([HandSamples.raised], for: 1.2)
        #expect(ann.begun.count == 2 && ann.ended.count == 1)
        if case .gestureEnded? = ann.signals.dropFirst().first {} else { Issue.record("\(ann.signals)") }
    }

    @Test("two people may make two gestures at once")
    func twoKinds() {
        var ann = WatchedPerson()
        ann.show([HandSamples.raised, HandSamples.palm], for: 2)
        #expect(Set(ann.begun.map(\.kind)) == [.raisedHand, .palmToForehead])
        #expect(ann.detector.attention == [.raisedHandOn, .palmOn])
    }

    @Test("of slow pictures two in a row are enough, 3 s apart at most, and count for less")
    func slowPictures() throws {
        var ann = WatchedPerson(every: 2)
        ann.look([HandSamples.raised])
        ann.seconds += 2
        ann.look([])
        ann.seconds += 2
        ann.look([HandSamples.raised])
        #expect(ann.begun.isEmpty, "one in between did not show it")
        ann.seconds += 2
        ann.look([HandSamples.raised])
        let gesture = try #require(ann.begun.first)
        #expect(gesture.reasons == [.handModel, .slowPictures] && gesture.confidence < 0.7)
        var slower = WatchedPerson(every: 4)
        for _ in 0..<4 {
            slower.look([HandSamples.raised])
            slower.seconds += 4
        }
        #expect(slower.begun.isEmpty)
    }

    @Test(
        "two pictures a second go by the ordinary rule, also where a timer is a little late",
        arguments: [0.5, 0.51, 0.56])
    func twoASecond(interval: Double) {
        var ann = WatchedPerson(every: interval)
        ann.look([HandSamples.raised])
        ann.seconds += interval
        ann.look([HandSamples.raised])
        ann.seconds += interval
        #expect(ann.begun.isEmpty)
        ann.look([HandSamples.raised])
        #expect(ann.begun.count == 1 && ann.begun.first?.reasons == [.handModel])
    }

    @Test(
        "two slow pictures that are nearer to each other than the dwell are a wave, and not enough",
        arguments: [0.6, 0.68])
    func slowWave(interval: Double) throws {
        var ann = WatchedPerson(every: interval)
        ann.look([HandSamples.raised])
        ann.seconds += interval
        ann.look([HandSamples.raised])
        ann.seconds += interval
        #expect(ann.begun.isEmpty)
        ann.look([HandSamples.raised])
        let gesture = try #require(ann.begun.first)
        #expect(gesture.reasons == [.handModel, .slowPictures])
    }

    @Test("weak looks make a less sure gesture, and say why")
    func weak() throws {
        var ann = WatchedPerson()
        var hand = HandSamples.palm
        hand.presence = Score(0.1)
        ann.show([hand], for: 2)
        let gesture = try #require(ann.begun.first)
        #expect(gesture.reasons.first == .palmDetector && gesture.confidence < 0.6)
    }

    @Test("a camera that goes away ends what is on and forgets what was being decided")
    func interrupted() {
        var ann = WatchedPerson()
        ann.show([HandSamples.raised], for: 0.6)
        ann.interrupt()
        #expect(ann.detector.attention == [] && ann.signals.isEmpty)
        ann.show([HandSamples.raised], for: 2)
        ann.interrupt()
        #expect(ann.ended == ["raised_hand 0.6-2.4 unseen"])
    }

    @Test("looks that do not come later than the last are left out")
    func outOfOrder() {
        var ann = WatchedPerson()
        for _ in 0..<10 { ann.look([HandSamples.raised]) }
        #expect(ann.begun.isEmpty)
    }

    @Test("a replay with other thresholds says where a look is missing that they need")
    func missingLooks() {
        let recorded = [0.0, 6.0, 12.0].map { HandSamples.look(at: $0, [HandSamples.cheek]) }
        func replay(_ change: (inout GestureConfiguration) -> Void) -> [Signal] {
            var configuration = GestureConfiguration()
            change(&configuration)
            var detector = GestureDetector(participant: "ann", configuration: configuration)
            var signals: [Signal] = []
            for look in recorded {
                detector.receive(look)
                while let signal = detector.pollOutput() { signals.append(signal) }
            }
            return signals
        }
        #expect(replay { _ in }.isEmpty, "with the thresholds of the recording nothing is missing")
        let missing = replay {
            $0.palmBelow = 0.8
            $0.freeLikeness = 1
        }
        #expect(
            missing == [
                .lookMissing(participant: "ann", since: recorded[0].at, at: recorded[1].at),
                .lookMissing(participant: "ann", since: recorded[1].at, at: recorded[2].at),
            ])
    }

    @Test("random looks: begin and end alternate in each kind, times do not go back, the same looks say the same")
    func randomLooks() {
        for seed in 0..<200 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let choices = [[], [HandSamples.raised], [HandSamples.palm], [HandSamples.cheek, HandSamples.raised]]
            var now = 0.0
            var looks: [GestureLook] = []
            for _ in 0..<200 {
                now += [0.2, 0.25, 0.5, 1.5, 6][Int(random.next() % 5)]
                looks.append(
                    HandSamples.look(
                        at: now, interval: random.next() % 5 == 0 ? 1 : 0.2,
                        attention: GestureAttention(rawValue: UInt8(random.next() % 16)),
                        choices[Int(random.next() % 4)]))
            }
            let said = [0, 1].map { _ in
                var detector = GestureDetector(participant: "ann")
                var signals: [Signal] = []
                for look in looks {
                    detector.receive(look)
                    while let signal = detector.pollOutput() { signals.append(signal) }
                }
                return signals
            }
            #expect(said[0] == said[1], "seed \(seed)")
            var open: [Gesture.Kind: Instant] = [:]
            for signal in said[0] {
                switch signal {
                case .gestureBegan(let gesture):
                    #expect(open.updateValue(gesture.since, forKey: gesture.kind) == nil, "seed \(seed)")
                    #expect(gesture.since <= gesture.at && (0...1).contains(gesture.confidence), "seed \(seed)")
                case .gestureEnded(_, let kind, let since, let at, _):
                    #expect(open.removeValue(forKey: kind) == since && since <= at, "seed \(seed)")
                case .lookMissing(_, let since, let at): #expect(since < at, "seed \(seed)")
                default: Issue.record("\(signal)")
                }
            }
        }
    }
}
