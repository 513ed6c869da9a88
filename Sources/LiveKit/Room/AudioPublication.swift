import NIOCore
import RTCCore
import RTCMedia
import RTCNetwork
import SansIO

/// How the one audio track that a client may publish is sent.
public struct AudioPublicationOptions: Sendable {
    public var name = "microphone"
    public var usesRED = true
    public var opus = OpusEncoder.Configuration()

    public init() {}
}

/// An audio track that we publish: asked for, negotiated, then fed with samples. Lives through resumes and rejoins.
final class AudioPublication {
    private let options: AudioPublicationOptions
    private let cid: String
    private var encoder: AudioTrackEncoder?
    private var transceiver: TransceiverID?
    private var info: Livekit_TrackPublishedResponse?
    private var isMuted = false
    /// What the server was told last.
    private var isMutedThere = false
    private let onPublished: (String) -> Void

    init(options: AudioPublicationOptions, cid: String, onPublished: @escaping (String) -> Void) {
        self.options = options
        self.cid = cid
        self.onPublished = onPublished
    }

    var sid: String? { info?.track.sid }

    var syncState: [Livekit_TrackPublishedResponse] { info.map { [$0] } ?? [] }

    /// Asks the server for the track, at the start of each session.
    func begin(on engine: RoomEngine) {
        info = nil
        transceiver = nil
        // A session has a source of its own, whose numbers begin anew in the lower half.
        encoder = nil
        isMutedThere = isMuted
        engine.signal.send(
            .with {
                $0.addTrack.cid = cid
                $0.addTrack.name = options.name
                $0.addTrack.type = .audio
                $0.addTrack.source = .microphone
                $0.addTrack.disableRed = !options.usesRED
                $0.addTrack.muted = isMuted
            })
    }

    func published(_ response: Livekit_TrackPublishedResponse, on engine: RoomEngine) {
        guard response.cid == cid, transceiver == nil, let transports = engine.transports else { return }
        info = response
        // Muted or unmuted while the track had no sid to say it of.
        if isMuted != isMutedThere { setMuted(isMuted, on: engine) }
        transceiver = transports.publisher.perform { connection, _ in
            connection.addTransceiver(
                .audio, direction: .sendonly, track: LocalTrack(streamID: engine.local?.sid ?? "-", trackID: cid))
        }
        transports.offer()
    }

    /// The server has taken the track away: its section is of no use any more.
    func unpublished(_ sid: String, on engine: RoomEngine) {
        guard sid == self.sid else { return }
        engine.endSection(of: transceiver)
        info = nil
        transceiver = nil
    }

    /// After an answer: the payload types are known, sending may begin.
    func negotiated(on engine: RoomEngine) {
        guard let transceiver, let transports = engine.transports else { return }
        let codecs = transports.publisher.perform { connection, _ in connection.codecs(of: transceiver) }
        guard let opus = codecs.first(where: { $0.isNamed("opus") }), let sid else { return }
        let red = options.usesRED ? codecs.first { $0.isRedundancy }?.payloadType : nil
        let format = AudioFormat(opusPayloadType: opus.payloadType, redPayloadType: red)
        guard encoder?.format != format else { return }
        encoder = try? AudioTrackEncoder(format: format, configuration: options.opus, random: .system)
        onPublished(sid)
    }

    /// Sends one frame of 10 or 20 ms at the encoder's rate. Before the track is up it is let go.
    func send(_ samples: [Int16], on engine: RoomEngine) throws(OpusError) {
        guard !isMuted else {
            encoder?.skip(samples: samples.count)
            return
        }
        guard let transceiver, let packet = try encoder?.encode(samples) else { return }
        engine.transports?.publisher.perform { connection, now in
            _ = connection.sendRTP(
                OutgoingRTP(
                    payloadType: packet.payloadType, marker: packet.marker, sequenceNumber: packet.sequenceNumber,
                    timestamp: packet.timestamp, payload: packet.payload),
                on: transceiver, at: now)
        }
    }

    func setMuted(_ muted: Bool, on engine: RoomEngine) {
        isMuted = muted
        guard let sid else { return }
        isMutedThere = muted
        engine.signal.send(
            .with {
                $0.mute.sid = sid
                $0.mute.muted = muted
            })
    }
}

extension RoomEngine {
    /// Publishes the microphone; `onPublished` gets the track's sid, again after each rejoin.
    public func publishAudio(
        _ options: AudioPublicationOptions = .init(), onPublished: @escaping (String) -> Void = { _ in }
    ) {
        var random = RandomSource.system
        let publication = AudioPublication(
            options: options, cid: OutgoingStream.uuid(&random), onPublished: onPublished)
        self.publication = publication
        if transports != nil { publication.begin(on: self) }
    }

    /// Sends one frame of the published audio.
    public func sendAudio(_ samples: [Int16]) throws(OpusError) {
        try publication?.send(samples, on: self)
    }

    /// Mutes the published audio, for everyone to see.
    public func setMuted(_ muted: Bool) { publication?.setMuted(muted, on: self) }
}
