import Testing

@testable import LiveKit

@Suite struct AwaitedTracksTests {
    private func begun(_ sids: [String] = ["TR_1"]) -> AwaitedTracks {
        var tracks = AwaitedTracks()
        tracks.begin(sids)
        return tracks
    }

    @Test("a track that was there and is allowed is offered for; one that is only there is not")
    func allowedTracksAreOfferedFor() {
        var tracks = begun()
        #expect(!tracks.takeOffer { _ in false })
        tracks.allow("TR_1")
        #expect(tracks.takeOffer { _ in false })
    }

    @Test("what a section carries already needs no offer, nor does what comes after it")
    func carriedTracksNeedNone() {
        var tracks = begun()
        tracks.allow("TR_1")
        #expect(!tracks.takeOffer { $0 == "TR_1" })
        tracks.allow("TR_1")
        #expect(!tracks.takeOffer { _ in false })
    }

    @Test("tracks that began after us are the server's to ask for")
    func laterTracksAreNot() {
        var tracks = begun()
        tracks.allow("TR_2")
        #expect(!tracks.takeOffer { _ in false })
    }

    @Test("a track that never comes costs two offers a session")
    func offersAreBounded() {
        var tracks = begun()
        tracks.allow("TR_1")
        #expect((0..<5).count { _ in tracks.takeOffer { _ in false } } == AwaitedTracks.mostOffers)
        tracks.begin(["TR_1"])
        tracks.allow("TR_1")
        #expect(tracks.takeOffer { _ in false })
    }
}
