import SansIO

/// Whether the datagrams of a connection are read as each comes, or together at the beat of a clock.
///
/// To be woken costs more than a packet of sound does. So where media come steadily and may wait a little, those that came
/// meanwhile are read at once. The beats are those of the clock and not of the connection: connections on one loop are read
/// in one wake. Whatever is not steady (handshakes, bulk data, floods, silence) is read as it comes.
struct ReadingPace: Sendable {
    /// From one reading to the next where datagrams are read together; zero: they never are.
    let interval: Duration
    private(set) var isShared = false
    private var windowBegan = Instant.zero
    private var inWindow = 0
    private var idleBeats = 0

    /// How long media must have come steadily.
    private static let window = Duration.milliseconds(500)
    /// Media a beat below which nothing is gained.
    private static let leastABeat = 2.0
    private static let mostAtOnceSteadily = Double(mostAtOnce) * 3 / 4
    /// Beats in a row without media after which each datagram is waited for again.
    private static let mostIdleBeats = 3
    /// Datagrams at one reading that are more than steady media, and those among them that are none.
    static let mostAtOnce = 32
    private static let mostOthers = 4

    init(interval: Duration) { self.interval = interval }

    /// A packet of media came by itself.
    mutating func receivedMedia(at now: Instant) {
        guard interval > .zero, !isShared else { return }
        let passed = now - windowBegan
        if passed > Self.window {
            // As many beats as fit the window, each with its share; one that began long ago says nothing. Well below what
            // ends it, so that it does not go to and fro.
            let beats = Double(Self.window.wholeNanoseconds) / Double(min(interval, Self.window).wholeNanoseconds)
            let aBeat = Double(inWindow) / beats
            isShared =
                passed < Self.window * 2 && (Self.leastABeat...Self.mostAtOnceSteadily).contains(aBeat)
            (windowBegan, inWindow, idleBeats) = (now, 0, 0)
        }
        inWindow += 1
    }

    /// Datagrams were read together: so many of media, and so many others.
    mutating func read(media: Int, others: Int) {
        idleBeats = media > 0 ? 0 : idleBeats + 1
        let isSteady = media + others < Self.mostAtOnce && others < Self.mostOthers && idleBeats < Self.mostIdleBeats
        if !isSteady { readEach() }
    }

    /// From now on each is read as it comes, until media have come steadily again.
    mutating func readEach() {
        isShared = false
        (windowBegan, inWindow) = (.zero, 0)
    }

    /// The beat after `now`.
    func nextBeat(after now: Instant) -> Instant {
        let interval = max(1, interval.wholeNanoseconds)
        return Instant(nanoseconds: (now.nanoseconds / interval + 1) * interval)
    }
}
