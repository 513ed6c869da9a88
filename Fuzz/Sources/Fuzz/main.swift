import Foundation
import FuzzTargets

// Fuzz list                        the names of the targets
// Fuzz run TARGET RUNS [SEED]      that many made-up inputs; exit 1 if one broke a rule
// Fuzz keep TARGET                 keeps the input that was under test when a run trapped
//
// The input under test stands in Fuzz/work/TARGET.current, which is mapped into memory: it is there after a trap.

/// Written at once, also into a pipe.
func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

func fail(_ message: String) -> Never {
    FileHandle.standardError.write(Data("fuzz: \(message)\n".utf8))
    exit(2)
}

func target(_ name: String) -> FuzzTarget {
    guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
        fail("no target '\(name)'; there are \(FuzzTarget.all.map(\.name).joined(separator: ", "))")
    }
    return target
}

/// An input that takes longer has met an endless loop: SIGALRM ends the process, as a trap would. In seconds.
let longestInput: UInt32 = 20

func run(_ target: FuzzTarget, runs: Int, seed: UInt64) throws -> Int {
    let seeds = target.seeds(SeedStore())
    guard !seeds.isEmpty else { fail("no seeds for \(target.name): are the recordings of Tests/Fixtures there?") }
    let current = try CurrentInput(of: target.name)
    var broken = 0
    func attempt(_ input: [UInt8]) throws {
        current.set(input)
        alarm(longestInput)
        defer { alarm(0) }
        do {
            try target.run(input)
        } catch {
            broken += 1
            guard broken <= 5 else { return }
            say("  \(error)\n  kept as \(try Regressions.keep(input, of: target.name).path)")
        }
    }
    let began = Date()
    for input in seeds { try attempt(input) }
    var mutator = Mutator(seeds: seeds, largest: target.largestInput, seed: seed)
    for _ in 0..<runs { try attempt(mutator.next()) }
    let seconds = Date().timeIntervalSince(began)
    let rate = Double(runs) / max(seconds, 0.001)
    say(
        target.name.padding(toLength: 18, withPad: " ", startingAt: 0)
            + String(format: "%9d runs %5d seeds %7.1f s %9.0f/s  seed %llu  ", runs, seeds.count, seconds, rate, seed)
            + (broken == 0 ? "nothing found" : "\(broken) inputs broke a rule"))
    return broken
}

let arguments = Array(CommandLine.arguments.dropFirst())
switch arguments.first {
case "list" where arguments.count == 1:
    for target in FuzzTarget.all { say(target.name) }
case "run" where arguments.count == 3 || arguments.count == 4:
    guard let runs = Int(arguments[2]), runs >= 0 else { fail("'\(arguments[2])' is not a number of runs") }
    let seed = arguments.count == 4 ? UInt64(arguments[3]) : UInt64.random(in: 0...UInt64.max)
    guard let seed else { fail("'\(arguments[3])' is not a seed") }
    exit(try run(target(arguments[1]), runs: runs, seed: seed) == 0 ? 0 : 1)
case "keep" where arguments.count == 2:
    let name = target(arguments[1]).name
    guard let input = try CurrentInput.last(of: name) else { fail("nothing was under test in \(name)") }
    say("kept as \(try Regressions.keep(input, of: name).path)")
default:
    fail("usage: Fuzz list | run TARGET RUNS [SEED] | keep TARGET")
}
