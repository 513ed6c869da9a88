/// The configuration in words: what counts and why, and what there is to set.
extension Configuration {
    /// One setting with its value and where it comes from. Secrets are never shown.
    public struct Explanation: Sendable, Hashable {
        public var setting: SettingDefinition
        /// Nil where nothing sets it.
        public var value: String?
        public var origin: Origin?
    }

    /// The value that counts, as people read it; a secret is not shown.
    public func shown(_ key: String) -> String {
        guard let setting = Schema.setting(key), let value = entry(key)?.value else { return "(not set)" }
        return setting.isSecret ? "(redacted)" : value.description
    }

    /// Every setting, or those whose key begins with `prefix`.
    public func explain(_ prefix: String = "") -> [Explanation] {
        Schema.settings.filter { $0.key.hasPrefix(prefix) }.map { setting in
            let entry = entry(setting.key)
            let value = entry.map { setting.isSecret ? "(redacted)" : $0.value.description }
            return Explanation(setting: setting, value: value, origin: entry?.origin)
        }
    }

    /// `explain` as lines of text, in columns.
    public func explanation(_ prefix: String = "") -> String {
        let rows = explain(prefix).map { row in
            [row.setting.key, row.value ?? "(not set)", row.setting.bounds, row.origin?.description ?? "–"]
        }
        let widths = rows.reduce(into: [0, 0, 0, 0]) { widths, row in
            for column in widths.indices { widths[column] = max(widths[column], min(40, row[column].count)) }
        }
        return rows.map { row in
            let columns = zip(row, widths).dropLast().map { Self.padded($0, $1) } + row.suffix(1)
            return columns.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

extension Schema {
    /// The documentation of every setting, as Markdown.
    public static var documentation: String {
        var lines = [
            "# Configuration", "",
            "Made from the schema in `Sources/Settings`; a test keeps it true.", "",
            "Later wins: built-in default, file (YAML: `section:` with `name: value` under it; `jask start --config FILE`",
            "or `JASK_CONFIG`), environment (`JASK_SECTION_NAME`, and where there is one the name that LiveKit or",
            "Anthropic use), command line, then for the settings marked *session* the job's metadata and the room's",
            "(`{\"jask\":{\"settings\":{\"policy.cooldown\":\"90s\"}}}`). Durations have a unit (`250ms`, `8s`, `2min`, `1h`);",
            "a bare number is seconds. `jask config` shows what counts and where it comes from. What another value would have",
            "done can be seen by replaying a recorded session, unless it says *not replayable*: that decides what is recorded.",
        ]
        var section = ""
        for setting in settings {
            if setting.section != section {
                section = setting.section
                lines += [
                    "", "## \(section)", "", "| setting | type | allowed | default | session | what it does |",
                    "|---|---|---|---|---|---|",
                ]
            }
            let value = setting.defaultValue.map { $0.description.isEmpty ? "(empty)" : "`\($0)`" } ?? "–"
            var help = setting.help
            if let alias = setting.alias { help += " Also `\(alias)`." }
            if setting.isSecret { help += " Secret: never shown." }
            if !setting.isReplayable { help += " *Not replayable.*" }
            lines.append(
                "| `\(setting.key)` | \(setting.type) | \(setting.allowed) | \(value) "
                    + "| \(setting.scope == .session ? "yes" : "") | \(help) |")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
