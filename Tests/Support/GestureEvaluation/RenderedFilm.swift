import Perception
import PerceptionModels
import Pictures
import RenderedCandidate
import SansIO

/// What a rendered camera shows, with its labels: for looker and rules, without a room between.
public struct RenderedFilm: Sendable, CustomStringConvertible {
    /// What is looked at apart in the figures.
    public enum Light: String, Sendable, CaseIterable {
        case bright, dim, dark, backlit
    }

    public var script: CameraScript
    public var appearance: Appearance
    public var seed: UInt64
    /// Somebody else in the picture.
    public var companion: (script: CameraScript, appearance: Appearance)?
    public var width: Int
    public var height: Int
    /// Pictures a second.
    public var rate = 5.0
    /// When the first is taken, in seconds.
    public var phase = 0.0
    /// What it is an example of, by what it is sorted by.
    public var traits: [String] = []

    public var description: String { "film \(seed) (\(traits.joined(separator: ", ")))" }

    // MARK: Gestures

    /// A film with one gesture of each kind, of a list in which every trait is met with all others.
    public static func gestures(_ number: Int) -> RenderedFilm {
        let seed = UInt64(number) &+ 1
        var appearance = Appearance(seed: seed)
        let tones: [(String, Float)] = [("light skin", 0.08), ("brown skin", 0.5), ("dark skin", 0.92)]
        let scales: [(String, Float)] = [("close", 46), ("usual", 60), ("far", 82)]
        // So that neighbours in the list differ in all traits, and traits are met in all pairs.
        let tone = tones[number % 3]
        let scale = scales[number / 3 % 3]
        let light = Light.allCases[(number + number / 9) % 4]
        let background = Appearance.Background.allCases[(number / 2 + number / 7) % 4]
        appearance.isMirrored = (number / 5) % 2 == 1
        let isSmall = (number + number / 4) % 2 == 0
        appearance.skinTone = tone.1
        appearance.visibleHeight = scale.1
        appearance.background = background
        light.set(&appearance)
        var film = RenderedFilm(
            script: gestureScript(seed: seed), appearance: appearance, seed: seed, companion: nil,
            width: isSmall ? 320 : 640, height: isSmall ? 180 : 360)
        film.phase = Double(number % 4) / 20
        film.rate = number % 3 == 2 ? 4 : 5
        film.traits = [
            tone.0, scale.0, light.rawValue, "before \(background == .plain ? "a plain wall" : "a \(background)")",
            appearance.isMirrored ? "mirrored" : "not mirrored", "\(film.width) × \(film.height)",
        ]
        return film
    }

    private static func gestureScript(seed: UInt64) -> CameraScript {
        var source = SplitMix64(seed: seed ^ 0x67E5_7FA2)
        func random(_ range: ClosedRange<Int>) -> Int { range.lowerBound + Int(source.next() % UInt64(range.count)) }
        let raisesFirst = random(0...1) == 0
        let between: CameraScript.Action = random(0...1) == 0 ? .talk : .type
        let kinds: [CameraScript.Action] = raisesFirst ? [.raiseHand, .palmToForehead] : [.palmToForehead, .raiseHand]
        var steps = [CameraScript.Step(between, at: .milliseconds(8500), hold: .seconds(2))]
        for (kind, start) in zip(kinds, [3000, 12_000]) {
            var step = CameraScript.Step(
                kind, at: .milliseconds(start + random(0...600)), hold: .milliseconds(random(2500...4000)))
            step.approach = .milliseconds(random(350...650))
            step.side = random(0...1) == 0 ? .right : .left
            steps.append(step)
        }
        return CameraScript(steps, duration: .seconds(18))
    }

    // MARK: No gestures

    /// A minute of what may be taken for a gesture.
    public static func everyday(_ number: Int) -> RenderedFilm {
        let seed = UInt64(number) &+ 1000
        var appearance = Appearance(seed: seed)
        let light: Light = number % 4 == 3 ? Light.allCases[(number / 4) % 4] : .bright
        light.set(&appearance)
        appearance.isMirrored = number % 3 == 1
        let isSmall = number % 2 == 0
        var film = RenderedFilm(
            script: .everyday(lasting: .seconds(60), seed: seed), appearance: appearance, seed: seed, companion: nil,
            width: isSmall ? 320 : 640, height: isSmall ? 180 : 360)
        film.traits = [light.rawValue, "\(film.width) × \(film.height)"]
        if number % 5 == 4 {
            film.appearance.visibleHeight = 70
            film.appearance.offset = -21
            var other = Appearance(seed: seed &+ 500)
            other.offset = 21
            film.companion = (.everyday(lasting: .seconds(60), seed: seed &+ 500), other)
            film.traits.append("two people")
        }
        return film
    }

    // MARK: Evaluation

    public func evaluate(models: any VisionModels) throws -> ClipEvaluation {
        var camera = try RenderedCamera(
            script, appearance: appearance, seed: seed, beside: companion, width: width, height: height)
        let steps = script.steps + (companion?.script.steps ?? [])
        let labels = steps.compactMap { step in
            Gesture.Kind(rawValue: step.action.rawValue).map {
                ClipEvaluation.Label(kind: $0, start: step.begin.inSeconds, end: step.end.inSeconds)
            }
        }
        let distractors = steps.filter { !$0.action.isGesture }.map {
            LabelledClip.Distractor(
                start: $0.begin.inSeconds, end: $0.end.inSeconds, kind: $0.action.rawValue)
        }
        return try ClipEvaluation(
            description, labels, distractors, lasting: script.duration.inSeconds, rate: rate, models: models
        ) { body in
            for index in 0..<Int((script.duration.inSeconds - phase) * rate) {
                let time = phase + Double(index) / rate
                try body(try camera.picture(at: .milliseconds(Int64(time * 1000))), time)
            }
        }
    }

    /// What was done nearest to a time: with whom, for messages.
    public func doing(at seconds: Double) -> String {
        let steps = (script.steps + (companion?.script.steps ?? [])).filter {
            $0.start.inSeconds <= seconds + 1 && seconds - 1 <= $0.over.inSeconds
        }
        return steps.map(\.action.rawValue).joined(separator: ", ")
    }
}

extension RenderedFilm.Light {
    func set(_ appearance: inout Appearance) {
        switch self {
        case .bright: appearance.light = 1
        case .dim: appearance.light = 0.55
        case .dark: appearance.light = 0.25
        case .backlit: (appearance.light, appearance.backlight) = (0.9, 1)
        }
    }
}
