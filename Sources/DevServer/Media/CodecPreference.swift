import RTCCore

/// Puts the codec that a client named for a track of pictures first in an answer: clients send what they find first.
enum CodecPreference {
    /// - Parameters:
    ///   - offer: what is answered; it names the tracks.
    ///   - codecs: names as in `rtpmap`, in any case, by the client's ids of its tracks.
    static func apply(to answer: String, of offer: String, _ codecs: [String: String]) -> String {
        guard !codecs.isEmpty, var description = try? SessionDescription(parsing: answer),
            let offered = try? SessionDescription(parsing: offer)
        else { return answer }
        for (index, section) in description.media.enumerated()
        where section.mediaKind == .video && offered.media.indices.contains(index) {
            guard let track = offered.media[index].msid?.trackID, let wanted = codecs[track] else { continue }
            let primary = section.codecs.filter { $0.isNamed(wanted) }.map(\.payloadType)
            let repairs = section.codecs.filter { $0.associatedPayloadType.map(primary.contains) ?? false }
            let first = (primary + repairs.map(\.payloadType)).map(String.init)
            description.media[index].formats = first + section.formats.filter { !first.contains($0) }
        }
        return description.text
    }
}
