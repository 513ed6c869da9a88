import Foundation

// benchmarks [NAME…]: measures what is named, or everything, and prints a table.
// Exit 1 if a bar is missed or something did not work.

/// Written at once, also into a pipe.
func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

if CommandLine.arguments.dropFirst().first == CandidatesProcess.argument {
    try await CandidatesProcess.main(Array(CommandLine.arguments.dropFirst(2)))
    exit(0)
}

let wanted = Set(CommandLine.arguments.dropFirst())
let unknown = wanted.subtracting(Benchmark.all.map(\.name))
guard unknown.isEmpty else {
    say(
        "no benchmark \(unknown.sorted().joined(separator: ", ")); there are \(Benchmark.all.map(\.name).joined(separator: ", "))"
    )
    exit(2)
}

func cell(_ text: String, _ width: Int) -> String {
    text.padding(toLength: max(width, text.count), withPad: " ", startingAt: 0)
}

@Sendable func number(_ value: Double) -> String { String(format: abs(value) >= 100 ? "%.0f" : "%.3f", value) }

let cores = ProcessInfo.processInfo.activeProcessorCount
say(
    "\(cores) cores, load \(number(machineLoad)) at the start"
        + (machineLoad > Double(cores) / 2 ? " (busy: figures are worse than they need be)" : ""))
var missed = 0
for benchmark in Benchmark.all where wanted.isEmpty || wanted.contains(benchmark.name) {
    say("\n\(benchmark.name) (load \(number(machineLoad)))")
    do {
        for line in try await benchmark.run() {
            let bar =
                switch line.bar {
                case .atMost(let limit): "bar ≤ \(number(limit))"
                case .atLeast(let limit): "bar ≥ \(number(limit))"
                case nil: ""
                }
            let verdict = line.isMet.map { $0 ? "✔" : "✘" } ?? " "
            if line.isMet == false { missed += 1 }
            let figure = "\(number(line.value)) \(line.unit)"
            say("  \(verdict) \(cell(line.what, 58)) \(cell(figure, 22)) \(cell(bar, 14)) \(line.comparison)")
        }
    } catch let skipped as Skipped {
        say("    skipped: \(skipped.reason)")
    } catch {
        missed += 1
        say("  ✘ failed: \((error as? Failed)?.reason ?? "\(error)")")
    }
}
exit(missed == 0 ? 0 : 1)
