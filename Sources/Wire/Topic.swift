import SansIO

/// The topics of the wire contract.
public enum Topic {
    public static let hint: TopicName = "jask.hint"
    public static let notice: TopicName = "jask.notice"
    public static let code: TopicName = "jask.code"
    public static let problem: TopicName = "jask.problem"
    public static let ask: TopicName = "jask.ask"
    public static let runResult: TopicName = "jask.run.result"
    public static let control: TopicName = "jask.control"
    public static let ack: TopicName = "jask.ack"
    public static let hello: TopicName = "jask.hello"
    /// Byte streams with a picture to the agent; from it, which pictures it wants.
    public static let frame: TopicName = "jask.frame"
    /// LiveKit's chat, as a text stream.
    public static let chat: TopicName = "lk.chat"
    /// LiveKit's chat of older clients, as a user packet.
    public static let legacyChat: TopicName = "lk-chat-topic"
    /// LiveKit's captions, as a text stream.
    public static let transcription: TopicName = "lk.transcription"

    /// Those that clients send.
    public static let incoming: Set<TopicName> = [code, problem, ask, runResult, control, ack, hello]
    /// What every topic of ours begins with.
    public static let prefix: TopicName = "jask."
}
