import Settings

/// How a journal is written.
public struct JournalConfiguration: Sendable, Hashable {
    public var sync: JournalSync
    /// Above this the file is written anew with what a restart needs.
    public var maximumBytes: Int

    public init(
        sync: JournalSync = Schema.state.journalSync.defaultValue,
        maximumBytes: Int = Schema.state.journalMaximumBytes.defaultValue
    ) {
        self.sync = sync
        self.maximumBytes = maximumBytes
    }
}
