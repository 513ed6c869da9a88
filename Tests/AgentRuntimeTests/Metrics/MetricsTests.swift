import Coach
import Dispatch
import Perception
import SansIO
import Session
import Testing
import Wire

@testable import AgentRuntime

@Suite("Metrics")
struct MetricsTests {
    @Test("are written as Prometheus reads them")
    func exposition() {
        let registry = MetricsRegistry()
        let counter = registry.counter("a_total", "Things\nthat \\ happened.", labels: ["kind", "who"])
        let gauge = registry.gauge("b", "Level.")
        let histogram = registry.histogram("c_seconds", "Time.", labels: ["way"], bounds: [0.5, 1])
        counter.add(1, "x", "\"q\"\n\\")
        counter.add(2.5, "a", "b")
        counter.add(-4, "a", "b")
        gauge.set(2)
        gauge.add(-3)
        for value in [0.25, 0.5, 0.75, 7, .nan] { histogram.observe(value, "in") }
        #expect(
            registry.rendered() == #"""
                # HELP a_total Things\nthat \\ happened.
                # TYPE a_total counter
                a_total{kind="a",who="b"} 2.5
                a_total{kind="x",who="\"q\"\n\\"} 1
                # HELP b Level.
                # TYPE b gauge
                b -1
                # HELP c_seconds Time.
                # TYPE c_seconds histogram
                c_seconds_bucket{way="in",le="0.5"} 2
                c_seconds_bucket{way="in",le="1"} 3
                c_seconds_bucket{way="in",le="+Inf"} 4
                c_seconds_sum{way="in"} 8.5
                c_seconds_count{way="in"} 4

                """#)
    }

    @Test("lose nothing when many threads count")
    func threads() {
        let registry = MetricsRegistry()
        let counter = registry.counter("a_total", "A.", labels: ["x"])
        let histogram = registry.histogram("b", "B.", bounds: [1])
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for step in 0..<5000 {
                counter.add(1, "\(step % 3)")
                histogram.observe(Double(thread))
            }
        }
        #expect(counter.value("0") + counter.value("1") + counter.value("2") == 40_000)
        #expect(histogram.count() == 40_000)
    }

    @Test("label values from outside cannot fill the memory")
    func bounded() {
        let registry = MetricsRegistry()
        let counter = registry.counter("a_total", "A.", labels: ["code"])
        for index in 0..<5000 { counter.add(1, "\(index)") }
        #expect(registry.rendered().split(separator: "\n").count == 503)
        #expect(counter.value("other") == 4500)
    }

    @Test("a whole session is counted")
    func session() {
        let metrics = JaskMetrics()
        let now = Instant(nanoseconds: 1)
        let pause = LongPause(
            participant: "ada", since: now, at: now, threshold: .seconds(10), confidence: 0.8, reasons: [])
        let trigger = TriggerFacts(kind: TriggerFacts.longPause, confidence: 0.8)
        let sent = TimelineEvent.HintSent(
            id: "1", hint: Hint(tier: 1, text: "Look at line 1.", source: .claude), trigger: trigger, to: ["ada"],
            sinceTrigger: .milliseconds(700), coach: .milliseconds(700), waited: .zero)
        let kinds: [TimelineEvent.Kind] = [
            .heard(.voiceBegan(participant: "ada", at: now)), .heard(.longPause(pause)),
            .asked(requestID: "r", trigger: trigger, tier: 1), .hintSent(sent), .heard(.longPause(pause)),
            .waiting(trigger: TriggerFacts.longPause, reason: "cooldown"),
            .dropped(trigger: TriggerFacts.longPause, reason: "superseded"),
            .refused(topic: Topic.ask.text, sender: "ada", code: "not_json"),
        ]
        for kind in kinds { metrics.observe(TimelineEvent(at: now, kind: kind)) }
        #expect(metrics.hints.value("sent", "claude") == 1 && metrics.hints.value("superseded", "") == 1)
        #expect(metrics.triggerToWire.count() == 1 && metrics.triggerToHint.count() == 1)
        #expect(metrics.waits.value("cooldown") == 1)
        #expect(metrics.refusedInputs.value("not_json") == 1)
        #expect(metrics.signals.value("voice_began") == 1 && metrics.signals.value("long_pause") == 2)
        let text = metrics.registry.rendered()
        #expect(text.contains("jask_trigger_to_wire_seconds_bucket{le=\"0.0005\"} 1\n"))
        #expect(text.contains("jask_trigger_to_hint_seconds_sum 0.7\n"))
        #expect(text.contains("jask_jobs_running 0\n"))
    }

    @Test("Claude's share is counted, whether its answer was used or not")
    func claude() {
        let metrics = JaskMetrics()
        let usage = TokenUsage(inputTokens: 10, outputTokens: 5, cacheCreationInputTokens: 1, cacheReadInputTokens: 2)
        let answer = ClaudeMetrics(attempts: 1, firstToken: .milliseconds(400), duration: .seconds(1), usage: usage)
        for reason in [nil, CoachOutcome.NotClaude.withheld(.codeBlock)] {
            metrics.observe(CoachOutcome(hint: nil, notClaude: reason, claude: answer, elapsed: .seconds(1)))
        }
        #expect(metrics.claudeRequests.value("ok") == 1 && metrics.claudeRequests.value("withheld_code_block") == 1)
        #expect(metrics.claudeFirstToken.count() == 2 && metrics.claudeTokens.value("input") == 20)
    }
}
