import SansIO

/// Whose voice a microphone hears out of a loudspeaker: its own levels beside those of the others' tracks, a
/// `LoudspeakerPath` for each of the first few who speak.
struct Loudspeaker: Sendable {
    private struct Source: Sendable {
        var identity: Identity
        var isSpeaking: Bool
        /// Their track is not there (any more): nothing says whether the path still holds.
        var isUnheard = false
        var path = LoudspeakerPath()

        var givesWay: Bool { !isSpeaking && (isUnheard || path.isForgotten) }
    }

    private var own = LevelEnvelope()
    private var sources: [Source] = []

    /// More voices than this are not compared; whose path is not known gives way, or who is not there any more.
    static let mostSources = 4

    /// Another began to speak, or no longer does.
    mutating func setSpeaking(_ identity: Identity, _ isSpeaking: Bool) {
        if let index = sources.firstIndex(where: { $0.identity == identity }) {
            sources[index].isSpeaking = isSpeaking
        } else if isSpeaking {
            if sources.count >= Self.mostSources {
                guard let index = sources.firstIndex(where: \.givesWay) else { return }
                sources.remove(at: index)
            }
            sources.append(Source(identity: identity, isSpeaking: true))
        }
    }

    /// Takes the microphone's next chunk, and says whether it is no more than what comes of another's voice.
    /// - Parameter voices: what was heard of everybody so far; who is not in it is not compared.
    mutating func isAnothers(
        _ chunk: VoiceChunk, beside voices: [Identity: LevelEnvelope], _ configuration: VoiceSegmenter.Configuration
    ) -> Bool {
        own.receive(chunk)
        var isExplained = false
        for index in sources.indices {
            let voice = voices[sources[index].identity]
            sources[index].isUnheard = voice == nil
            guard let other = voice else { continue }
            isExplained = sources[index].path.explains(own, of: other, configuration) || isExplained
            sources[index].path.learn(own, of: other, isSpeaking: sources[index].isSpeaking, configuration)
        }
        return isExplained
    }
}
