import Foundation
import SansIO
import Settings
import Wire

/// What the metadata of a job or a room says to Jask.
///
/// A job's metadata comes from whoever dispatched it, so it may name people. A room's is visible to everyone in it and
/// may belong to the application, so only its member `jask` is read. Neither carries a rubric or a reference solution.
public struct SessionMetadata: Sendable, Hashable {
    /// The candidate's identity.
    public var candidate: Identity?
    /// Identities.
    public var interviewers: [Identity]
    /// The problem statement.
    public var problem: String?
    /// Settings by key.
    public var settings: Configuration.Layer
    /// What was left out, and why: the first few, and then how many more there are.
    public private(set) var problems: [String]
    /// How many are told one by one. Each is a line of the log, and looking for a similar name takes its time.
    static let mostProblems = 8

    static let empty = SessionMetadata(
        candidate: nil, interviewers: [], problem: nil, settings: Configuration.Layer(), problems: [])

    private struct Content: Decodable {
        var candidate: Identity?
        var interviewers: [Identity]?
        var problem: String?
        var settings: [String: Scalar]?
    }

    private struct Wrapper: Decodable {
        var jask: Content?
    }

    /// A value as people write it, or as JSON has it.
    private enum Scalar: Decodable {
        case text(String), number(Double), flag(Bool)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let flag = try? container.decode(Bool.self) {
                self = .flag(flag)
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }

        var text: String {
            switch self {
            case .text(let text): text
            case .number(let number): SettingDefinition.Value.number(number).description
            case .flag(let flag): "\(flag)"
            }
        }
    }

    /// `{"candidate","interviewers","problem","settings"}`, bare or as the member `jask`. Empty metadata says nothing.
    public init(job text: String) {
        self = .empty
        guard !text.allSatisfy(\.isWhitespace) else { return }
        guard !JSONDepth.isExceeded(by: text.utf8) else {
            problems.append("the job's metadata is nested deeper than \(JSONDepth.most) levels, and is left out")
            return
        }
        do {
            let data = Data(text.utf8)
            let wrapped = try JSONDecoder().decode(Wrapper.self, from: data).jask
            take(try wrapped ?? JSONDecoder().decode(Content.self, from: data), origin: .jobMetadata)
        } catch {
            problems.append("the job's metadata is not the JSON object that Jask reads, and is left out")
        }
    }

    /// `{"jask":{"problem","settings"}}` among whatever else the application keeps there.
    public init(room text: String) {
        self = .empty
        // Metadata that is not ours need not be JSON.
        guard text.contains("\"jask\"") else { return }
        guard !JSONDepth.isExceeded(by: text.utf8) else {
            problems.append("the room's metadata is nested deeper than \(JSONDepth.most) levels, and is left out")
            return
        }
        do {
            guard let content = try JSONDecoder().decode(Wrapper.self, from: Data(text.utf8)).jask else { return }
            if content.candidate?.isEmpty == false || content.interviewers?.isEmpty == false {
                problems.append("the room's metadata cannot say who is who; the job's metadata can")
            }
            take(content, origin: .roomMetadata)
            candidate = nil
            interviewers = []
        } catch {
            problems.append("'jask' in the room's metadata is not what Jask reads, and is left out")
        }
    }

    private init(
        candidate: Identity?, interviewers: [Identity], problem: String?, settings: Configuration.Layer,
        problems: [String]
    ) {
        self.candidate = candidate
        self.interviewers = interviewers
        self.problem = problem
        self.settings = settings
        self.problems = problems
    }

    private mutating func take(_ content: Content, origin: Configuration.Origin) {
        candidate = content.candidate.flatMap { $0.isEmpty ? nil : $0 }
        interviewers = content.interviewers ?? []
        if let text = content.problem {
            if text.utf8.count <= ProblemMessage.textLimit {
                problem = text
            } else {
                problems.append("\(origin): the problem statement has more than \(ProblemMessage.textLimit) bytes")
            }
        }
        var more = 0
        for (key, value) in (content.settings ?? [:]).sorted(by: { $0.key < $1.key }) {
            let setting = Schema.setting(key)
            // There are not many that exist; of others there may be any number.
            guard setting != nil || problems.count < Self.mostProblems else {
                more += 1
                continue
            }
            do throws(ConfigurationError) {
                if let setting, setting.scope != .session {
                    throw ConfigurationError(origin: origin, key: key, problem: .notForMetadata)
                }
                try settings.set(key, to: value.text, origin: origin)
            } catch {
                if problems.count < Self.mostProblems { problems.append(error.description) } else { more += 1 }
            }
        }
        if more > 0 { problems.append("\(origin): and \(more) more settings that cannot be used") }
    }
}
