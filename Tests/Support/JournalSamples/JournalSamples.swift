import Coach
import Session

/// Journal entries for tests of whoever writes and reads them.
public enum JournalSamples {
    public static let record = JournalEntry.HintRecord(
        id: "01JD9ZK6Q4M8T2V5W7X9Y0A1B2", tier: 1, source: "claude", trigger: "long_pause", to: ["ada", "i\"vo\n"],
        text: Fingerprint.of("x"), anchor: "af63dc4c8601ec8c@3:1-2", expires: 99)

    /// One of each event.
    public static let entries: [JournalEntry] = [
        .began(room: "RM_1", name: "r\u{E9}"), .candidate(identity: "ada"), .candidate(identity: nil),
        .noticed(identity: "ada", sid: "PA_1"), .noticedCamera(identity: "ada", sid: "PA_1"),
        .optedOut(identity: "ada", sources: [.microphone, .camera, .code]),
        .spoke(identity: "ada"), .coded(identity: "ada"), .silent(identity: "ada", since: 3),
        .silent(identity: "ada", since: nil),
        .closed, .paused(by: "ivo"), .resumed(by: "ivo"), .ended(by: "ivo"), .tierLimit(1, by: "ivo"),
        .tierLimit(nil, by: "ivo"), .dropped(trigger: "long_pause", reason: "cooldown"),
        .asked(request: "r", trigger: "request", tier: 2), .answered(request: "r", source: "claude"),
        .withdrawn(request: "r", reason: "candidate_spoke"), .intended(record), .sent(hint: record.id),
        .hintDropped(hint: "other", reason: "expired"), .acknowledged(hint: record.id, by: "ada", status: "seen"),
        .refused(topic: "jask.code", sender: nil, code: "not_json"), .lost(entries: 3),
    ].enumerated().map { JournalEntry(at: 1_795_341_600_000 + Int64($0), event: $1) }
}
