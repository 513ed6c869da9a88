import Testing

/// The whole product in real time: one test after the other, for what waits for a processor is late.
@Suite(.serialized, .enabled(if: Stage.isReady, Comment(rawValue: Stage.missing)))
enum Spine {}
