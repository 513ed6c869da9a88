import Foundation
import Settings
import Yams

/// Layers from a YAML file and from the environment.
extension Configuration.Layer {
    /// Reads `section: {name: value}` from a file. All that is wrong is told at once, each with its line.
    public static func file(_ path: String) throws(ConfigurationErrors) -> Configuration.Layer {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw unreadable(path, line: 0, "cannot be read: \(error.localizedDescription)")
        }
        guard data.count <= 1 << 20 else { throw unreadable(path, line: 0, "is larger than 1 MiB") }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw unreadable(path, line: 0, "is not UTF-8")
        }
        return try yaml(text, path: path)
    }

    /// Reads the text of a configuration file; `path` is what errors name.
    public static func yaml(_ text: String, path: String) throws(ConfigurationErrors) -> Configuration.Layer {
        let root: Node?
        do {
            root = try compose(yaml: text)
        } catch let error as YamlError {
            let (line, reason) = explain(error)
            throw unreadable(path, line: line, "is not YAML: \(reason)")
        } catch {
            throw unreadable(path, line: 0, "is not YAML")
        }
        var layer = Configuration.Layer()
        var errors: [ConfigurationError] = []
        // An empty file, or one with nothing but comments, sets nothing.
        guard let root, root.null == nil else { return layer }
        guard let sections = root.mapping else {
            throw ConfigurationErrors([
                ConfigurationError(
                    origin: .file(path: path, line: root.mark?.line ?? 1), key: "",
                    problem: .wrongShape(expected: "sections, each with its settings"))
            ])
        }
        for (name, content) in sections { layer.take(section: name, content, path: path, &errors) }
        if !errors.isEmpty { throw ConfigurationErrors(errors) }
        return layer
    }

    private mutating func take(section name: Node, _ content: Node, path: String, _ errors: inout [ConfigurationError])
    {
        let section = name.string ?? ""
        let origin = Configuration.Origin.file(path: path, line: name.mark?.line ?? 0)
        guard Schema.settings.contains(where: { $0.section == section }) else {
            let known = Schema.settings.first { $0.key.hasPrefix(section.prefix(3)) && section.count >= 3 }?.section
            errors.append(ConfigurationError(origin: origin, key: section, problem: .unknownKey(similar: known)))
            return
        }
        // A section with nothing under it.
        if content.null != nil { return }
        guard let settings = content.mapping else {
            let problem = ConfigurationError.Problem.wrongShape(expected: "a section with settings")
            errors.append(ConfigurationError(origin: origin, key: section, problem: problem))
            return
        }
        for (settingName, value) in settings {
            let key = "\(section).\(settingName.string ?? "")"
            let origin = Configuration.Origin.file(path: path, line: settingName.mark?.line ?? 0)
            guard let scalar = value.scalar else {
                let bounds = Schema.setting(key).map { ": \($0.bounds)" } ?? ""
                let problem = ConfigurationError.Problem.wrongShape(expected: "a single value" + bounds)
                errors.append(ConfigurationError(origin: origin, key: key, problem: problem))
                continue
            }
            do throws(ConfigurationError) { try set(key, to: scalar.string, origin: origin) } catch {
                errors.append(error)
            }
        }
    }

    private static func unreadable(_ path: String, line: Int, _ reason: String) -> ConfigurationErrors {
        ConfigurationErrors([
            ConfigurationError(origin: .file(path: path, line: line), key: "", problem: .unreadable(reason))
        ])
    }

    private static func explain(_ error: YamlError) -> (line: Int, reason: String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            (mark.line, problem)
        case .duplicatedKeysInMapping(let duplicates, let context):
            (context.mark.line, "'\(duplicates.first ?? "")' is there twice")
        case .reader(let problem, let offset, _, let yaml):
            // Not its description: that quotes the line, which may hold a secret.
            (1 + yaml.prefix(offset ?? 0).count(where: \.isNewline), problem)
        default: (0, "\(error)")
        }
    }

    /// Reads `JASK_SECTION_NAME` and the names that LiveKit and Anthropic gave some of the settings; of both, the first
    /// counts. A `JASK_…` that is no setting is an error, unless it is named in `passing`, or tells of a service of that
    /// name as Kubernetes does to every pod beside one.
    public static func environment(
        _ variables: [String: String], passing others: Set<String> = ["JASK_CONFIG", "JASK_MODELS"]
    ) throws(ConfigurationErrors) -> Configuration.Layer {
        var layer = Configuration.Layer()
        var errors: [ConfigurationError] = []
        var known = others
        for setting in Schema.settings {
            known.insert(setting.environmentName)
            for name in [setting.alias, setting.environmentName].compactMap(\.self) {
                guard let text = variables[name], !text.isEmpty else { continue }
                do throws(ConfigurationError) {
                    try layer.set(setting.key, to: text, origin: .environment(name: name))
                } catch {
                    errors.append(error)
                }
            }
        }
        for name in variables.keys.sorted()
        where name.hasPrefix("JASK_") && !known.contains(name) && !isServiceLink(name) {
            let similar = Schema.settings.first {
                $0.key == Schema.similar(to: name.dropFirst(5).lowercased().replacingOccurrences(of: "_", with: "."))
            }
            errors.append(
                ConfigurationError(
                    origin: .environment(name: name), key: name,
                    problem: .unknownKey(similar: similar?.environmentName)))
        }
        if !errors.isEmpty { throw ConfigurationErrors(errors) }
        return layer
    }
}

/// Whether Kubernetes puts a variable of this name into pods for a service: `…_SERVICE_HOST`, `…_SERVICE_PORT[_NAME]`,
/// `…_PORT` and `…_PORT_80_TCP[_ADDR]`.
private func isServiceLink(_ name: String) -> Bool {
    let words = name.split(separator: "_")
    if name.hasSuffix("_SERVICE_HOST") || name.contains("_SERVICE_PORT") || words.last == "PORT" { return true }
    guard let port = words.lastIndex(of: "PORT"), port + 2 < words.count else { return false }
    return UInt16(words[port + 1]) != nil && ["TCP", "UDP", "SCTP"].contains(words[port + 2])
}

extension Configuration {
    /// The configuration of a process: defaults, the file, the environment, checked as a whole.
    /// - Parameter file: nil for none.
    public static func load(file: String?, environment: [String: String]) throws(ConfigurationErrors) -> Configuration {
        var configuration = Configuration()
        if let file { configuration = configuration.adding(try .file(file)) }
        configuration = configuration.adding(try .environment(environment))
        try configuration.validatedForProcess()
        return configuration
    }
}
