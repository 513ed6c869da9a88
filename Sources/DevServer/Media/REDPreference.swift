import RTCCore

/// Puts redundant audio first in an answer, since clients send what they find first.
enum REDPreference {
    /// - Parameters:
    ///   - offer: what is answered; it names the tracks.
    ///   - plain: the client's ids of tracks that are to be sent without redundancy.
    static func apply(to answer: String, of offer: String, except plain: Set<String>) -> String {
        guard var description = try? SessionDescription(parsing: answer),
            let offered = try? SessionDescription(parsing: offer)
        else { return answer }
        for (index, section) in description.media.enumerated()
        where section.mediaKind == .audio && offered.media.indices.contains(index) {
            guard offered.direction(of: offered.media[index]).sends else { continue }
            if let track = offered.media[index].msid?.trackID, plain.contains(track) { continue }
            guard let red = section.codecs.first(where: \.isRedundancy) else { continue }
            let type = String(red.payloadType)
            description.media[index].formats = [type] + section.formats.filter { $0 != type }
        }
        return description.text
    }
}
