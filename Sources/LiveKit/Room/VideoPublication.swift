import NIOCore
import RTCCore
import RTCMedia
import RTCNetwork
import SansIO

/// How the one camera that a client may publish is sent: in one layer, or VP8 in several (simulcast).
public struct VideoPublicationOptions: Sendable {
    /// One size in which the camera is sent.
    public struct Layer: Sendable, Hashable {
        public var width: Int
        public var height: Int
        /// Bits a second, as the server is told.
        public var bitrate: Int

        public init(width: Int, height: Int, bitrate: Int) {
            self.width = width
            self.height = height
            self.bitrate = bitrate
        }
    }

    public var name = "camera"
    /// VP8; or JPEG (RFC 2435), where `RoomOptions.offersJPEG` is set, of which one layer is sent.
    public var codec = VideoCodec.vp8
    /// Smallest first; from one to three count.
    public var layers: [Layer]

    public init(layers: [Layer]) { self.layers = layers }
}

/// The camera that we publish: asked for, negotiated, then fed with encoded frames. Lives through resumes and rejoins.
final class VideoPublication {
    /// The names that LiveKit's clients give to layers.
    private static let layerNames = ["q", "h", "f"]

    private let layers: [VideoPublicationOptions.Layer]
    private let name: String
    private let cid: String
    private let codec: VideoCodec
    private var packetisers: [Packetiser] = []
    private var payloadType: UInt8?
    private var transceiver: TransceiverID?
    private var info: Livekit_TrackPublishedResponse?
    private var hasWarned = false
    private let onPublished: (String) -> Void
    private let onKeyFrameNeeded: (Int) -> Void

    init(
        options: VideoPublicationOptions, cid: String, onPublished: @escaping (String) -> Void,
        onKeyFrameNeeded: @escaping (Int) -> Void
    ) {
        codec = options.codec
        layers = Array(options.layers.prefix(codec == .vp8 ? Self.layerNames.count : 1))
        name = options.name
        self.cid = cid
        self.onPublished = onPublished
        self.onKeyFrameNeeded = onKeyFrameNeeded
    }

    var sid: String? { info?.track.sid }

    var syncState: [Livekit_TrackPublishedResponse] { info.map { [$0] } ?? [] }

    /// Asks the server for the track, at the start of each session.
    func begin(on engine: RoomEngine) {
        info = nil
        transceiver = nil
        payloadType = nil
        // A session has sources of its own, whose numbers begin anew.
        packetisers = layers.map { _ in Packetiser(codec) }
        let described = layers.enumerated().map { index, layer in
            Livekit_VideoLayer.with {
                // As LiveKit's clients have it: the larger of two is a medium one.
                $0.quality = layers.count == 1 ? .high : [.low, .medium, .high][index]
                $0.width = UInt32(clamping: layer.width)
                $0.height = UInt32(clamping: layer.height)
                $0.bitrate = UInt32(clamping: layer.bitrate)
            }
        }
        engine.signal.send(
            .with {
                $0.addTrack.cid = cid
                $0.addTrack.name = name
                $0.addTrack.type = .video
                $0.addTrack.source = .camera
                $0.addTrack.width = described.last?.width ?? 0
                $0.addTrack.height = described.last?.height ?? 0
                $0.addTrack.layers = described
                $0.addTrack.simulcastCodecs = [
                    .with {
                        $0.codec = codec.rawValue.lowercased()
                        $0.cid = cid
                        $0.layers = described
                    }
                ]
            })
    }

    func published(_ response: Livekit_TrackPublishedResponse, on engine: RoomEngine) {
        guard response.cid == cid, transceiver == nil, let transports = engine.transports else { return }
        info = response
        let names = layers.count > 1 ? Array(Self.layerNames.prefix(layers.count)) : []
        transceiver = transports.publisher.perform { connection, _ in
            connection.addTransceiver(
                .video, direction: .sendonly,
                track: LocalTrack(streamID: engine.local?.sid ?? "-", trackID: cid, layers: names))
        }
        transports.offer()
    }

    /// The server has taken the track away: its section is of no use any more.
    func unpublished(_ sid: String, on engine: RoomEngine) {
        guard sid == self.sid else { return }
        engine.endSection(of: transceiver)
        info = nil
        transceiver = nil
        payloadType = nil
    }

    /// After an answer: the payload types are known, sending may begin.
    func negotiated(on engine: RoomEngine) {
        guard let transceiver, let transports = engine.transports else { return }
        let codecs = transports.publisher.perform { connection, _ in connection.codecs(of: transceiver) }
        guard let type = codecs.first(where: { $0.isNamed(codec.rawValue) })?.payloadType, let sid, payloadType != type
        else {
            return
        }
        payloadType = type
        onPublished(sid)
    }

    func keyFrameRequested(_ id: TransceiverID, layer: Int) {
        if id == transceiver { onKeyFrameNeeded(layer) }
    }

    /// Sends one frame of a layer. Before the track is up it is let go.
    func send(
        _ frame: ByteBuffer, layer: Int, temporal: TemporalPlace?, timestamp: UInt32, on engine: RoomEngine
    ) {
        guard let transceiver, let payloadType, packetisers.indices.contains(layer) else { return }
        let packets: [VP8Packetiser.Packet]
        do {
            packets = try packetisers[layer].packets(of: frame, temporal, timestamp: timestamp)
        } catch {
            // One that cannot be carried is hardly ever the last.
            if !hasWarned { engine.emit(.warning("a picture cannot be sent: \(error)")) }
            hasWarned = true
            return
        }
        engine.transports?.publisher.perform { connection, now in
            for packet in packets {
                _ = connection.sendRTP(
                    OutgoingRTP(
                        payloadType: payloadType, marker: packet.marker, sequenceNumber: packet.sequenceNumber,
                        timestamp: packet.timestamp, payload: packet.payload, layer: layer),
                    on: transceiver, at: now)
            }
        }
    }
}

/// Makes RTP payloads of one layer's frames.
private enum Packetiser {
    case vp8(VP8Packetiser)
    case jpeg(nextNumber: UInt16)

    init(_ codec: VideoCodec) {
        var random = RandomSource.system
        self =
            codec == .jpeg
            // In the lower half, so that the first packets of a source do not wrap before SRTP has synchronised.
            ? .jpeg(nextNumber: UInt16(truncatingIfNeeded: random.next()) & 0x7FFF)
            : .vp8(VP8Packetiser(random: random))
    }

    mutating func packets(
        of frame: ByteBuffer, _ temporal: TemporalPlace?, timestamp: UInt32
    ) throws(JPEGPacketisingError) -> [VP8Packetiser.Packet] {
        switch self {
        case .vp8(var packetiser):
            defer { self = .vp8(packetiser) }
            return packetiser.packets(of: frame, timestamp: timestamp, temporal: temporal)
        case .jpeg(let first):
            let payloads = try JPEGPacketiser.payloads(of: frame, mostBytes: VP8Packetiser.usualPayload)
            self = .jpeg(nextNumber: first &+ UInt16(truncatingIfNeeded: payloads.count))
            return payloads.enumerated().map { index, payload in
                VP8Packetiser.Packet(
                    marker: index == payloads.count - 1, sequenceNumber: first &+ UInt16(truncatingIfNeeded: index),
                    timestamp: timestamp, payload: payload)
            }
        }
    }
}

extension RoomEngine {
    /// Publishes the camera.
    /// - Parameters:
    ///   - onPublished: gets the track's sid, again after each rejoin.
    ///   - onKeyFrameNeeded: a receiver of that layer can go on only with a key frame. Often: encoders should not answer
    ///     more than twice a second.
    public func publishVideo(
        _ options: VideoPublicationOptions, onPublished: @escaping (String) -> Void = { _ in },
        onKeyFrameNeeded: @escaping (Int) -> Void
    ) {
        var random = RandomSource.system
        let publication = VideoPublication(
            options: options, cid: OutgoingStream.uuid(&random), onPublished: onPublished,
            onKeyFrameNeeded: onKeyFrameNeeded)
        camera = publication
        if transports != nil { publication.begin(on: self) }
    }

    /// Sends one encoded frame of the published camera.
    /// - Parameters:
    ///   - frame: VP8, or a JFIF file as RFC 2435 can carry it.
    ///   - layer: its place among the layers.
    ///   - temporal: where it stands among the temporal layers of VP8, if it has any.
    ///   - timestamp: in 90 kHz ticks, the same for all layers of one picture.
    public func sendVideo(_ frame: ByteBuffer, layer: Int, temporal: TemporalPlace? = nil, timestamp: UInt32) {
        camera?.send(frame, layer: layer, temporal: temporal, timestamp: timestamp, on: self)
    }
}
