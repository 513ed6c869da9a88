import SansIO

/// The pose of a person at each moment of a script, who is never quite still.
struct Motion {
    private let script: CameraScript
    private let seed: UInt64

    init(_ script: CameraScript, seed: UInt64) {
        self.script = script
        self.seed = seed
    }

    func pose(at time: Duration) -> PersonPose {
        let t = time.inSeconds
        var pose = idle(at: t)
        for step in script.steps where step.start <= time && time < step.over {
            apply(step, share: share(of: step, at: t), at: t, to: &pose)
        }
        return pose
    }

    /// 0 before and after, 1 in place, smooth between.
    private func share(of step: CameraScript.Step, at t: Double) -> Float {
        let (start, begin) = (step.start.inSeconds, step.begin.inSeconds)
        let (end, over) = (step.end.inSeconds, step.over.inSeconds)
        let rising = smoothStep(0, 1, Float((t - start) / max(0.001, begin - start)))
        let falling = smoothStep(0, 1, Float((t - end) / max(0.001, over - end)))
        return rising * (1 - falling)
    }

    // MARK: Always

    private func idle(at t: Double) -> PersonPose {
        var pose = PersonPose()
        pose.shift = Vector(0.8 * drift(1, t / 5), 0.2 * sine(Float(wrap(t / 4)) * 2 * .pi) + 0.4 * drift(2, t / 7), 0)
        pose.yaw = 0.10 * drift(3, t / 3)
        pose.pitch = 0.05 + 0.05 * drift(4, t / 3.5)
        pose.roll = 0.04 * drift(5, t / 4)
        pose.gaze = SIMD2(drift(6, t / 1.3), 0.5 * drift(7, t / 1.7))
        // A blink every four seconds or so.
        let beat = t / 4 + 0.3 * Double(drift(8, t / 4))
        pose.blink = bell(Float(wrap(beat) - 0.5) * 4 / 0.12)
        return pose
    }

    /// Smooth noise from -1 to 1, one value a unit of `place`.
    private func drift(_ channel: UInt64, _ place: Double) -> Float {
        let start = place.rounded(.down)
        let share = Float(place - start)
        let bend = share * share * (3 - 2 * share)
        let (a, b) = (value(channel, Int64(start)), value(channel, Int64(start) + 1))
        return a + (b - a) * bend
    }

    private func value(_ channel: UInt64, _ index: Int64) -> Float {
        var dice = Dice(seed: seed &* 0x1_0000_01B3 ^ channel << 48 ^ UInt64(bitPattern: index))
        return 2 * dice.next() - 1
    }

    private func wrap(_ x: Double) -> Double { x - x.rounded(.down) }

    // MARK: Steps

    private func apply(_ step: CameraScript.Step, share: Float, at t: Double, to pose: inout PersonPose) {
        switch step.action {
        case .talk:
            let opening = max(0, drift(10, t * 7)) * (0.6 + 0.4 * drift(11, t * 1.5))
            pose.mouth += share * max(0, opening)
            pose.pitch += 0.04 * share * drift(12, t * 1.2)
        case .type: type(share, at: t, &pose)
        case .leave:
            let side: Float = step.side == .right ? -1 : 1
            pose.shift += Vector(130 * side * share, -4 * share, 0)
            pose.yaw += 0.7 * side * share
        case .raiseHand, .palmToForehead, .chin, .cheek, .ear, .mouth, .drink, .wave, .glasses, .hair:
            move(step, share: share, at: t, to: &pose)
        }
    }

    private func type(_ share: Float, at t: Double, _ pose: inout PersonPose) {
        pose.pitch += 0.14 * share
        pose.gaze.y -= share
        for (channel, hand) in [(UInt64(20), \PersonPose.right), (21, \PersonPose.left)] {
            pose[keyPath: hand].wrist.y += share * (4 + 0.6 * drift(channel, t * 6))
            pose[keyPath: hand].wrist.x += share * 0.8 * drift(channel + 2, t * 3)
            pose[keyPath: hand].curl += share * 0.12 * drift(channel + 4, t * 8)
        }
    }

    private func move(_ step: CameraScript.Step, share: Float, at t: Double, to pose: inout PersonPose) {
        var target = HandPose.of(step.action)
        // Nobody does it twice in the same way.
        let habit = UInt64(bitPattern: step.start.wholeNanoseconds)
        for (axis, reach) in [(0, Float(0.9)), (1, 0.9), (2, 0.6)] {
            target.wrist[axis] += reach * value(30 + UInt64(axis), Int64(habit % 1_000_003))
        }
        target.wrist += 0.25 * Vector(drift(40, t * 1.1), drift(41, t * 1.3), 0)
        if step.action == .wave {
            let swing = sine(Float(wrap(t * 2.2)) * 2 * .pi)
            target.fingers = (target.fingers + Vector(0.45 * swing, 0, 0)).unit
            target.wrist.x += 2 * swing
        }
        if step.action == .drink {
            pose.pitch -= 0.12 * share
            pose.holdsCup = pose.holdsCup || (share > 0 && step.side == .right)
        }
        if step.action == .chin || step.action == .cheek { pose.roll += (step.side == .right ? 0.06 : -0.06) * share }
        if step.side == .right {
            pose.right = pose.right.mixed(with: target, share)
        } else {
            pose.left = pose.left.mixed(with: target.mirrored, share)
        }
    }
}

extension HandPose {
    /// In place, of the right hand.
    static func of(_ action: CameraScript.Action) -> HandPose {
        switch action {
        case .palmToForehead:
            HandPose(
                wrist: Vector(-8, -3, 13), fingers: Vector(0.6, 0.8, 0), palm: Vector(0, 0, -1), spread: 0.7,
                elbow: Vector(-1, -0.6, 0.3))
        case .chin:
            HandPose(
                wrist: Vector(-6, -21, 12), fingers: Vector(0.25, 1, -0.1), palm: Vector(0.2, 0.1, -1), curl: 0.55,
                thumbCurl: 0.3, spread: 0.3, elbow: Vector(-0.7, -1, 0.3))
        case .cheek:
            HandPose(
                wrist: Vector(-9, -16.5, 8.5), fingers: Vector(0.1, 1, -0.1), palm: Vector(0.8, 0, -0.6), curl: 0.25,
                spread: 0.4, elbow: Vector(-0.7, -1, 0.3))
        case .ear:
            HandPose(
                wrist: Vector(-12, -9, 2.5), fingers: Vector(0.05, 1, 0), palm: Vector(1, 0, 0.1), curl: 0.2,
                spread: 0.3,
                elbow: Vector(-0.8, -1, 0.3))
        case .mouth:
            HandPose(
                wrist: Vector(-7.5, -15, 13), fingers: Vector(0.5, 0.85, 0), palm: Vector(0, 0, -1), curl: 0.3,
                spread: 0.3,
                elbow: Vector(-0.8, -1, 0.3))
        case .drink:
            HandPose(
                wrist: Vector(-11, -8.5, 13), fingers: Vector(1, 0.1, -0.05), palm: Vector(0, 0, -1), curl: 0.5,
                thumbCurl: 0.4, spread: 0.2, elbow: Vector(-0.7, -1, 0.3))
        case .glasses:
            HandPose(
                wrist: Vector(-10, -10, 11), fingers: Vector(0.35, 1, -0.1), palm: Vector(0.6, 0, -0.8), curl: 0.45,
                thumbCurl: 0.6, spread: 0.3, elbow: Vector(-0.8, -1, 0.3))
        case .hair:
            HandPose(
                wrist: Vector(-11, 4, 6), fingers: Vector(0.55, 0.8, -0.3), palm: Vector(0.5, -0.4, -0.7), curl: 0.3,
                spread: 0.8, elbow: Vector(-1, -0.4, 0.3))
        // Held up beside the head, palm to the camera.
        case .raiseHand, .wave, .talk, .type, .leave:
            HandPose(
                wrist: Vector(-18, -11, 9), fingers: Vector(-0.1, 1, 0), palm: Vector(0.1, 0, 1),
                elbow: Vector(-0.4, -1, 0.2))
        }
    }

    /// The same of the other hand.
    var mirrored: HandPose {
        let flip = Vector(-1, 1, 1)
        var other = self
        other.wrist *= flip
        other.fingers *= flip
        other.palm *= flip
        other.elbow *= flip
        return other
    }
}
