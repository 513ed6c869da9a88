/// How a journal is written.
public struct JournalConfiguration: Sendable, Hashable {
    /// When the disk is made to keep what was written. Without it a crash of the process loses nothing either; a crash
    /// of the machine may lose the last seconds.
    public enum Sync: String, Sendable, Hashable, CaseIterable {
        case always
        /// After entries that `JournalEntry.isImportant`, in the background.
        case important
        case never
    }

    public var sync: Sync
    /// Above this the file is written anew with what a restart needs.
    public var maximumBytes: Int

    public init(sync: Sync = .important, maximumBytes: Int = 4 << 20) {
        self.sync = sync
        self.maximumBytes = maximumBytes
    }
}
