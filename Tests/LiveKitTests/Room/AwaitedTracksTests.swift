import SansIO
import Testing

@testable import LiveKit

@Suite struct AwaitedTracksTests {
    private let start = Instant.zero

    private func allowed(_ sids: String...) -> AwaitedTracks {
        var tracks = AwaitedTracks()
        for sid in sids { tracks.allow(sid) }
        return tracks
    }

    /// How many offers are made for what no section ever carries.
    private func offers(_ tracks: inout AwaitedTracks, at now: Instant) -> Int {
        (0..<100).count { _ in tracks.takeOffer(at: now) { _ in false } }
    }

    @Test("a track that we were subscribed to is offered for, also long after the session began")
    func allowedTracksAreOfferedFor() {
        var tracks = AwaitedTracks()
        #expect(!tracks.takeOffer(at: start) { _ in false })
        tracks.allow("TR_1")
        #expect(tracks.takeOffer(at: start) { _ in false })
        #expect(!tracks.takeOffer(at: start) { $0 == "TR_1" })
        tracks.allow("TR_2")
        #expect(tracks.takeOffer(at: start + .seconds(60)) { $0 == "TR_1" })
    }

    @Test("what a section carries already needs no offer, nor does what comes after it")
    func carriedTracksNeedNone() {
        var tracks = allowed("TR_1")
        #expect(!tracks.takeOffer(at: start) { $0 == "TR_1" })
        tracks.allow("TR_1")
        #expect(!tracks.takeOffer(at: start) { $0 == "TR_1" })
    }

    @Test("a track that never comes costs two offers, however often it is allowed meanwhile")
    func offersAreBounded() {
        var tracks = allowed("TR_1")
        #expect(tracks.takeOffer(at: start) { _ in false })
        tracks.allow("TR_1")
        #expect(offers(&tracks, at: start) == AwaitedTracks.mostOffers - 1)
        tracks.begin()
        tracks.allow("TR_1")
        #expect(tracks.takeOffer(at: start) { _ in false })
    }

    @Test("who publishes again and again costs as many offers as the server would ask for, after the first few")
    func publishingInALoopIsPaced() {
        var tracks = AwaitedTracks()
        var now = start
        var made = 0
        // A track each 10 ms for 15 s.
        for number in 0..<1500 {
            tracks.allow("TR_\(number)")
            made += offers(&tracks, at: now)
            now = now + .milliseconds(10)
        }
        #expect((90...120).contains(made), "\(made) offers in 15 s")
    }

    @Test("a track that is gone is offered for no more")
    func goneTracksAreForgotten() {
        var tracks = allowed("TR_1", "TR_2")
        tracks.forget("TR_1")
        #expect(Array(tracks.sids) == ["TR_2"])
        tracks.forget("TR_2")
        #expect(!tracks.takeOffer(at: start) { _ in false })
    }

    @Test("asked for at odd times, the pace is kept all the same")
    func paceKeepsFractions() {
        var tracks = allowed("TR_0")
        var made = offers(&tracks, at: start)
        for number in 1...200 {
            tracks.allow("TR_\(number)")
            made += offers(&tracks, at: start + .milliseconds(290 * number))
        }
        // Two a track, of the 387 that the time allows for.
        #expect((380...396).contains(made), "\(made)")
    }

    @Test("no more than a bounded number of tracks is waited for")
    func tracksAreBounded() {
        var tracks = AwaitedTracks()
        for number in 0..<10_000 { tracks.allow("TR_\(number)") }
        var asked: Set<String> = []
        _ = tracks.takeOffer(at: start) { sid in
            asked.insert(sid)
            return false
        }
        #expect(asked.count == AwaitedTracks.mostTracks)
    }
}
