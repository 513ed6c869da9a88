import SansIO
import Wire

/// The documents of a room, kept per sender, as their clients last described them. A value without clock or lock.
///
/// Sizes are bounded; what comes in is checked and either taken whole or refused whole. Line ends become `\n`.
public struct Workspace: Sendable {
    public var limits: Limits
    private var senders: [Identity: Sender] = [:]

    /// How much is kept.
    public struct Limits: Sendable, Hashable {
        /// Bytes of UTF-8 a document. Default 1 MiB.
        public var documentBytes: Int
        /// Lines a document. Default 50,000.
        public var documentLines: Int
        /// The one that was not changed for longest makes room for a further one. Default 8.
        public var documentsPerSender: Int
        /// Default 32.
        public var senders: Int
        /// Bytes of all documents together: while it is not known who the candidate is, everybody's are kept. Beyond it who
        /// has the most loses the document that was not changed for longest. Default 16 MiB.
        public var roomBytes: Int
        /// Ranged edits in one change. Default 512.
        public var editsPerChange: Int
        /// Lines that the edits of one change replace and put in their place, all together. Default 100,000: as many as
        /// one document for another.
        public var editedLinesPerChange: Int
        /// Bytes of a path or a language's name. Default 512.
        public var nameBytes: Int

        public init(
            documentBytes: Int = 1 << 20, documentLines: Int = 50_000, documentsPerSender: Int = 8, senders: Int = 32,
            roomBytes: Int = 16 << 20, editsPerChange: Int = 512, editedLinesPerChange: Int = 100_000,
            nameBytes: Int = 512
        ) {
            self.documentBytes = documentBytes
            self.documentLines = documentLines
            self.documentsPerSender = documentsPerSender
            self.senders = senders
            self.roomBytes = roomBytes
            self.editsPerChange = editsPerChange
            self.editedLinesPerChange = editedLinesPerChange
            self.nameBytes = nameBytes
        }
    }

    private struct Sender: Sendable {
        var documents: [DocumentPath: Document] = [:]
        var current: DocumentPath?
    }

    public init(limits: Limits = Limits()) {
        self.limits = limits
    }

    // MARK: Changes

    /// Takes a whole file.
    /// - Parameter revision: must be above the one that is here, but after `restartRevisions` and where counting has come
    ///   to its end (`Int.max`); nil where the client does not count, then one is added.
    /// - Returns: whether the text differs from what was here.
    @discardableResult
    public mutating func replace(
        path: DocumentPath, language: String, revision: Int?, text: String, from sender: Identity, at now: Instant
    ) throws(WorkspaceError) -> Bool {
        let old = senders[sender]?.documents[path]
        do throws(WorkspaceError.Reason) {
            try checkNames(path: path, language: language)
            if let old, let revision, revision <= old.revision, !old.mayRestart {
                throw .staleRevision(given: revision)
            }
            try checkSize(bytes: text.utf8.count, lines: Lines.count(text))
            let document = Document(
                language: language, revision: revision ?? old?.nextRevision ?? 1, text: SourceText(text), editedAt: now)
            return try keep(document, insteadOf: old, path: path, from: sender)
        } catch {
            throw refusal(error, path: path, revision: old?.revision)
        }
    }

    private mutating func keep(
        _ document: Document, insteadOf old: Document?, path: DocumentPath, from sender: Identity
    ) throws(WorkspaceError.Reason) -> Bool {
        var document = document
        let changed = old.map { document.noteChange(from: $0) } ?? true
        try keep(document, path: path, from: sender)
        return changed
    }

    /// Takes ranged edits, each applied to what the one before it left.
    /// - Parameters:
    ///   - base: the revision the edits build on; must be the one that is here.
    ///   - revision: the revision they lead to; above `base`.
    public mutating func edit(
        path: DocumentPath, base: Int, revision: Int, edits: [TextEdit], from sender: Identity, at now: Instant
    ) throws(WorkspaceError) {
        let old = senders[sender]?.documents[path]
        do throws(WorkspaceError.Reason) {
            guard var document = old else { throw .unknownBase(given: base) }
            if document.mayRestart, base != document.revision { throw .unknownBase(given: base) }
            guard revision > document.revision, revision > base else { throw .staleRevision(given: revision) }
            guard base == document.revision else { throw .unknownBase(given: base) }
            try apply(edits, to: &document)
            document.edited(to: revision, at: now)
            try keep(document, path: path, from: sender)
        } catch {
            throw refusal(error, path: path, revision: old?.revision)
        }
    }

    private func apply(_ edits: [TextEdit], to document: inout Document) throws(WorkspaceError.Reason) {
        guard edits.count <= limits.editsPerChange else { throw .tooMany(.edits, limit: limits.editsPerChange) }
        var editedLines = 0
        for (index, edit) in edits.enumerated() {
            guard let count = document.apply(edit) else { throw .invalidRange(edit: index) }
            editedLines += count
            guard editedLines <= limits.editedLinesPerChange else {
                throw .tooMany(.editedLines, limit: limits.editedLinesPerChange)
            }
            try checkSize(bytes: document.text.byteCount, lines: document.text.lineCount)
        }
    }

    /// The participant's client began anew, and may count its revisions from the start: the next whole text of each file
    /// counts whatever its revision is.
    public mutating func restartRevisions(of sender: Identity) {
        guard let paths = senders[sender]?.documents.keys else { return }
        for path in paths { senders[sender]?.documents[path]?.mayRestart = true }
    }

    /// Forgets all that a participant sent.
    public mutating func forget(sender: Identity) {
        senders[sender] = nil
    }

    // MARK: What is here

    /// The file that the participant changed last.
    public func currentDocument(of sender: Identity) -> SourceDocument? {
        guard let entry = senders[sender], let path = entry.current else { return nil }
        return document(path: path, of: sender)
    }

    public func document(path: DocumentPath, of sender: Identity) -> SourceDocument? {
        guard let document = senders[sender]?.documents[path] else { return nil }
        return SourceDocument(
            path: path, language: document.language, revision: document.revision, content: document.text,
            editedLines: document.editedLines)
    }

    /// Of whom there is any file, in a fixed order.
    public var authors: [Identity] { senders.keys.sorted() }

    /// When the participant last changed any file.
    public func lastEdit(of sender: Identity) -> Instant? {
        senders[sender]?.documents.values.map(\.editedAt).max()
    }

    // MARK: Keeping

    private func refusal(_ reason: WorkspaceError.Reason, path: DocumentPath, revision: Int?) -> WorkspaceError {
        // A scalar has at most four bytes.
        let shown =
            path.utf8Count <= limits.nameBytes
            ? path : DocumentPath(String(path.text.unicodeScalars.prefix(limits.nameBytes / 4)))
        return WorkspaceError(reason, path: shown, revision: revision)
    }

    private func checkNames(path: DocumentPath, language: String) throws(WorkspaceError.Reason) {
        guard !path.isEmpty else { throw .pathEmpty }
        guard path.utf8Count <= limits.nameBytes, language.utf8.count <= limits.nameBytes else {
            throw .nameTooLong(limit: limits.nameBytes)
        }
    }

    private func checkSize(bytes: Int, lines: Int) throws(WorkspaceError.Reason) {
        guard bytes <= limits.documentBytes else { throw .tooLarge(limit: limits.documentBytes) }
        guard lines <= limits.documentLines else { throw .tooMany(.lines, limit: limits.documentLines) }
    }

    private mutating func keep(
        _ document: Document, path: DocumentPath, from sender: Identity
    ) throws(WorkspaceError.Reason) {
        var entry = senders[sender] ?? Sender()
        guard senders[sender] != nil || senders.count < limits.senders else {
            throw .tooMany(.senders, limit: limits.senders)
        }
        if entry.documents[path] == nil, entry.documents.count >= limits.documentsPerSender,
            let oldest = entry.documents.min(by: { ($0.value.editedAt, $0.key) < ($1.value.editedAt, $1.key) })
        {
            entry.documents[oldest.key] = nil
        }
        entry.documents[path] = document
        entry.current = path
        senders[sender] = entry
        makeRoom(sparing: path, of: sender)
    }

    private mutating func makeRoom(sparing path: DocumentPath, of sender: Identity) {
        var sizes = senders.mapValues { $0.documents.values.reduce(0) { $0 + $1.text.byteCount } }
        var total = sizes.values.reduce(0, +)
        while total > limits.roomBytes {
            // The newest one of somebody who has nothing else stays.
            if senders[sender]?.documents.count == 1 { sizes[sender] = nil }
            guard let most = sizes.max(by: { ($0.value, $1.key) < ($1.value, $0.key) })?.key,
                let oldest = senders[most]?.documents.filter({ most != sender || $0.key != path })
                    .min(by: { ($0.value.editedAt, $0.key) < ($1.value.editedAt, $1.key) })
            else { return }
            total -= oldest.value.text.byteCount
            sizes[most, default: 0] -= oldest.value.text.byteCount
            drop(oldest.key, of: most)
            if senders[most] == nil { sizes[most] = nil }
        }
    }

    private mutating func drop(_ path: DocumentPath, of sender: Identity) {
        guard var entry = senders[sender] else { return }
        entry.documents[path] = nil
        if entry.current == path {
            entry.current = entry.documents.max { ($0.value.editedAt, $0.key) < ($1.value.editedAt, $1.key) }?.key
        }
        senders[sender] = entry.documents.isEmpty ? nil : entry
    }
}
