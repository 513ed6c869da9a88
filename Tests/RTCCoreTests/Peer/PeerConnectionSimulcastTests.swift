import NIOCore
import SansIO
import Simulation
import Testing

@testable import RTCCore

@Suite struct PeerConnectionSimulcastTests {
    private static func vp8(_ number: UInt16, layer: Int) -> OutgoingRTP {
        OutgoingRTP(
            payloadType: 96, marker: true, sequenceNumber: number, timestamp: 0,
            payload: ByteBuffer(string: "layer \(layer)"), layer: layer)
    }

    private func pair(accepting: Bool) throws -> (PeerPair, TransceiverID) {
        let pair = try PeerPair {
            $0.acceptsSimulcast = accepting
            $0.video.extensions.append(HeaderExtension(id: 10, uri: HeaderExtension.streamIDURI))
        }
        let camera = pair.left.connection.addTransceiver(
            .video, direction: .sendonly, track: LocalTrack(streamID: "s", trackID: "t", layers: ["q", "h"]))
        try pair.negotiate()
        let isUp = pair.run(for: .seconds(3)) { $0.areConnected }
        try #require(isUp)
        return (pair, camera)
    }

    @Test("the layers of a track arrive as sources that say which they are, and each can be asked for a key frame")
    func layers() throws {
        let (pair, camera) = try pair(accepting: true)
        for number in UInt16(1)...3 {
            for layer in 0..<2 {
                let sent = pair.left.connection.sendRTP(Self.vp8(number, layer: layer), on: camera, at: pair.now)
                #expect(sent)
            }
            let beyond = pair.left.connection.sendRTP(Self.vp8(number, layer: 2), on: camera, at: pair.now)
            #expect(!beyond, "there is no third layer")
            pair.run(for: .milliseconds(20))
        }
        #expect(pair.right.tracks.map(\.trackID) == ["t"])
        #expect(pair.right.packets.count == 6)
        var sources: [String: UInt32] = [:]
        for packet in pair.right.packets {
            let ssrc = packet.packet.header.ssrc
            let said = pair.right.connection.streamID(ofSource: ssrc)
            let name = try #require(said)
            #expect(String(buffer: packet.packet.payload) == (name == "q" ? "layer 0" : "layer 1"))
            #expect(sources[name] ?? ssrc == ssrc)
            sources[name] = ssrc
        }
        for (layer, name) in ["q", "h"].enumerated() {
            let source = try #require(sources[name])
            pair.right.connection.sendPictureLossIndication(mediaSSRC: source, at: pair.now)
            pair.run(for: .milliseconds(100))
            guard case .keyFrameRequested(camera, layer: layer)? = pair.left.events.last else {
                Issue.record("\(name): \(String(describing: pair.left.events.last))")
                continue
            }
        }
    }

    @Test("another track in the section has other sources for all its layers")
    func anotherTrack() throws {
        let (pair, camera) = try pair(accepting: true)
        func send() {
            for layer in 0..<2 {
                pair.left.connection.sendRTP(Self.vp8(1, layer: layer), on: camera, at: pair.now)
            }
            pair.run(for: .milliseconds(20))
        }
        send()
        try pair.left.connection.setTrack(
            LocalTrack(streamID: "s", trackID: "u", layers: ["q", "h"]), direction: .sendonly, on: camera)
        try pair.negotiate()
        send()
        #expect(Set(pair.right.packets.map(\.packet.header.ssrc)).count == 4)
        #expect(pair.left.connection.media.senders.count == 2, "those of the first track are forgotten")
    }

    @Test("an estimate of the bandwidth is one packet with its sources")
    func estimates() throws {
        let (pair, camera) = try pair(accepting: true)
        pair.left.connection.sendRTP(Self.vp8(1, layer: 0), on: camera, at: pair.now)
        pair.run(for: .milliseconds(20))
        let source = try #require(pair.right.packets.first).packet.header.ssrc
        var sizes: [Int] = []
        pair.right.connection.sendBandwidthEstimate(5_000_000, mediaSSRCs: [source], at: pair.now)
        while let output = pair.right.connection.pollOutput() {
            if case .transmit(let datagram) = output { sizes.append(datagram.payload.readableBytes) }
        }
        // Header, sender, media, identifier, rate, one source; then SRTCP's index and tag.
        #expect(sizes == [24 + 4 + 16])
    }
}
