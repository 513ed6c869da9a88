/// The topics of the wire contract.
public enum Topic {
    public static let hint = "jask.hint"
    public static let notice = "jask.notice"
    public static let code = "jask.code"
    public static let problem = "jask.problem"
    public static let ask = "jask.ask"
    public static let runResult = "jask.run.result"
    public static let control = "jask.control"
    public static let ack = "jask.ack"
    /// LiveKit's chat, as a text stream.
    public static let chat = "lk.chat"
    /// LiveKit's chat of older clients, as a user packet.
    public static let legacyChat = "lk-chat-topic"
    /// LiveKit's captions, as a text stream.
    public static let transcription = "lk.transcription"

    /// Those that clients send.
    public static let incoming: Set<String> = [code, problem, ask, runResult, control, ack]
    /// What every topic of ours begins with.
    public static let prefix = "jask."
}
