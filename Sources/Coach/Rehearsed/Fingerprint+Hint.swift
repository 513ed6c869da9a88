extension Fingerprint {
    /// Of a hint: the same for two that differ only in case, punctuation or the lines they point at.
    public static func ofHint(_ text: String) -> String {
        let key = RehearsedCoach.key(of: text)
        return of(key.isEmpty ? text : key)
    }
}
