/// What a rendered person looks like, and what surrounds them. All of it is made up.
public struct Appearance: Sendable, Hashable {
    /// From 0, very light, to 1, very dark.
    public var skinTone: Float = 0.35
    public var hair = Hair.short
    /// From 0, black, to 1, blond.
    public var hairTone: Float = 0.15
    public var wearsGlasses = false
    /// Which of the colours the shirt has.
    public var shirt = 0
    public var background = Background.plain
    /// How bright it is: 1 in a lit room, 0.25 in a dark one.
    public var light: Float = 1
    /// Where the light comes from: -1 from the picture's left, 1 from its right.
    public var lightSide: Float = -0.4
    /// How much brighter it is behind the person than in front, as before a bright window: from 0, not at all, to 1.
    public var backlight: Float = 0
    /// How many centimetres the picture shows from top to bottom: 45 close up, 90 far off.
    public var visibleHeight: Float = 58
    /// How far the head is from the middle, in centimetres to the right.
    public var offset: Float = 0
    /// Noise of the sensor, in steps of 8-bit luma.
    public var noise: Float = 1.5
    /// Whether the picture is mirrored, as some clients send it.
    public var isMirrored = false

    public enum Hair: String, Sendable, CaseIterable { case short, long, bald }
    public enum Background: String, Sendable, CaseIterable { case plain, shelves, window, door }

    public init() {}

    /// A person drawn at random.
    public init(seed: UInt64) {
        var dice = Dice(seed: seed)
        skinTone = dice.next()
        hair = Hair.allCases[dice.next(below: Hair.allCases.count)]
        hairTone = dice.next() * dice.next()
        wearsGlasses = dice.next(below: 4) == 0
        shirt = dice.next(below: Surface.shirts.count)
        background = Background.allCases[dice.next(below: Background.allCases.count)]
        light = 0.7 + 0.4 * dice.next()
        lightSide = 2 * dice.next() - 1
        visibleHeight = 50 + 25 * dice.next()
        offset = 10 * dice.next() - 5
    }
}
