/// Why the engine or one of its models cannot be used, with the file, and what to do.
public struct LiteRTError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Problem: Hashable, Sendable {
        /// The file cannot be read, or is another one.
        case file(ModelFile.Failure)
        /// The loader cannot open the library; its own words.
        case notLoaded(reason: String)
        /// The library lacks a function.
        case missingFunction(name: String)
        case outOfMemory
        /// The engine refused a call; `status` is LiteRT's.
        case refused(call: String, status: Int)
        /// A tensor is no list of 32-bit floats of a fixed length.
        case wrongTensor(what: String)
        /// The model takes or gives other tensors than those it is known by, counted in numbers.
        case wrongShape(expected: [Int], found: [Int])
        /// The model runs, and gives other numbers than the release.
        case wrongAnswer(output: Int, index: Int, expected: Float, found: Float)
    }

    public var problem: Problem
    /// The file, where there is one.
    public var path: String?

    public init(_ problem: Problem, path: String? = nil) {
        self.problem = problem
        self.path = path
    }

    /// - Parameter failure: as a shim wrote it.
    init(status: Int, text: String) {
        let problem: Problem =
            switch status {
            case -1: .notLoaded(reason: text)
            case -2: .missingFunction(name: text)
            case -3: .outOfMemory
            case -4: .wrongTensor(what: text)
            default: .refused(call: text, status: status)
            }
        self.init(problem)
    }

    /// The same with the file that it was about, where none is known yet.
    func at(_ path: String) -> LiteRTError { LiteRTError(problem, path: self.path ?? path) }

    public var description: String { (path ?? "vision model") + " " + complaint + "; " + advice }

    private var complaint: String {
        switch problem {
        case .file(.unreadable(let reason)): "cannot be read (\(reason))"
        case .file(.tooLarge(let limit)): "is larger than \(limit) bytes, so it is another file"
        case .file(.wrongHash(let expected, let found)): "has SHA-256 \(found), expected \(expected)"
        case .file(.hashUnavailable): "cannot be checked: OpenSSL computes no SHA-256 on this machine"
        case .notLoaded(let reason): "cannot be loaded (\(reason))"
        case .missingFunction(let name): "has no function \(name)"
        case .outOfMemory: "needs more memory than there is"
        case .refused(let call, let status): "cannot be used: \(call) gives status \(status)"
        case .wrongTensor(let what): "has a tensor that is not known (\(what))"
        case .wrongShape(let expected, let found): "has tensors of \(found) numbers, expected \(expected)"
        case .wrongAnswer(let output, let index, let expected, let found):
            "gives \(found) as number \(index) of output \(output) for the known picture, expected \(expected)"
        }
    }

    private var advice: String {
        switch problem {
        case .file(.hashUnavailable): "see why libcrypto lacks it"
        case .notLoaded: "it needs x86-64 Linux with glibc 2.27 or later and libstdc++6"
        case .outOfMemory: "give the process more"
        case .wrongAnswer: "this processor computes otherwise than the models were checked on: please report it"
        case .file, .missingFunction, .refused, .wrongTensor, .wrongShape: "get it with scripts/fetch-models"
        }
    }
}
