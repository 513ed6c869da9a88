import Perception
import SansIO
import Testing

@testable import PerceptionModels

@Suite("When hands are looked for")
struct SearchPlanTests {
    private let configuration = GestureSearchConfiguration()

    private func facts(
        _ seconds: Double, cells: Int = 0, attention: GestureAttention = []
    ) -> SearchPlan.Facts {
        SearchPlan.Facts(
            now: .zero + .milliseconds(Int64(seconds * 1_000)), attention: attention,
            changes: .init(sincePicture: cells, sinceLook: cells), needed: 5, big: 12)
    }

    /// Looks at so many pictures 0.2 s apart, each look a search.
    private func looks(
        for seconds: Double, cells: Int, attention: GestureAttention = [], likeness: Float? = nil
    ) -> [(at: Double, reason: GestureLook.Reason)] {
        var plan = SearchPlan(configuration)
        var looks: [(at: Double, reason: GestureLook.Reason)] = []
        for index in 0..<Int(seconds * 5) {
            let facts = facts(Double(index) / 5, cells: cells, attention: attention)
            guard let reason = plan.reason(facts, likeness: { likeness }, configuration) else { continue }
            plan.search(at: facts.now, attention: attention)
            looks.append((Double(index) / 5, reason))
        }
        return looks
    }

    @Test("60 s of endless movement take 65 searches at most")
    func bounded() {
        #expect(looks(for: 60, cells: 100).count <= 65 && looks(for: 60, cells: 100).count > 50)
        #expect(looks(for: 60, cells: 6).count <= 65)
    }

    @Test("where nothing moves there is a search every 6 s")
    func idle() {
        let looks = looks(for: 61, cells: 0)
        #expect(looks.count == 11 && looks.allSatisfy { $0.reason == .idle })
    }

    @Test("while a gesture is decided every picture is looked at, and costs nothing")
    func deciding() {
        var plan = SearchPlan(configuration)
        for index in 0..<100 {
            let facts = facts(Double(index) / 5, attention: .decidingRaisedHand)
            #expect(plan.reason(facts, likeness: { nil }, configuration) == .deciding)
            plan.search(at: facts.now, attention: facts.attention)
        }
        #expect(plan.reason(facts(20.5, cells: 50), likeness: { nil }, configuration) == .bigChange)
    }

    @Test("while one is on: every 1.5 s, or 0.4 s after a change")
    func on() {
        #expect(looks(for: 15, cells: 0, attention: .palmOn).count == 10)
        let lively = looks(for: 15, cells: 50, attention: .palmOn)
        #expect(lively.count > 30 && lively.count < 40)
    }

    @Test("a small movement leaves tokens for a big one, and a big one is followed up")
    func reserve() {
        var plan = SearchPlan(configuration)
        // A flood of small movements ends at the reserve.
        for index in 0..<5 {
            let facts = facts(Double(index) / 4, cells: 6)
            if plan.reason(facts, likeness: { nil }, configuration) != nil {
                plan.search(at: facts.now, attention: [])
            }
        }
        #expect(plan.reason(facts(1.3, cells: 6), likeness: { nil }, configuration) == nil)
        #expect(plan.reason(facts(1.3, cells: 20), likeness: { nil }, configuration) == .bigChange)
        plan.search(at: facts(1.3).now, attention: [])
        #expect(plan.reason(facts(1.5), likeness: { nil }, configuration) == nil)
        #expect(plan.reason(facts(2.7), likeness: { nil }, configuration) == .followUp)
        plan.search(at: facts(2.7).now, attention: [])
        #expect(plan.reason(facts(3), likeness: { nil }, configuration) == nil, "once")
    }

    @Test("a hand that a movement brought to a face is followed for three pictures, one that rests there is not")
    func approach() {
        var moved = SearchPlan(configuration)
        moved.search(at: facts(0).now, attention: [])
        #expect(moved.reason(facts(1, cells: 20), likeness: { nil }, configuration) == .bigChange)
        moved.found(handAtFace: true, reason: .bigChange, configuration)
        let followed = (1...4).map { moved.reason(facts(1 + 0.05 * Double($0)), likeness: { nil }, configuration) }
        #expect(followed == [.approach, .approach, .approach, nil])
        var resting = SearchPlan(configuration)
        #expect(resting.reason(facts(0), likeness: { nil }, configuration) == .idle)
        resting.search(at: facts(0).now, attention: [])
        resting.found(handAtFace: true, reason: .idle, configuration)
        #expect(resting.reason(facts(0.2), likeness: { nil }, configuration) == nil)
    }

    @Test("a hand that rests at the face it was brought to is not followed, and what moves later is searched for")
    func approachAtRest() {
        for restingPictures in 1...3 {
            var plan = SearchPlan(configuration)
            plan.search(at: facts(0).now, attention: [])
            #expect(plan.reason(facts(1, cells: 20), likeness: { nil }, configuration) == .bigChange)
            plan.search(at: facts(1).now, attention: [])
            plan.found(handAtFace: true, reason: .bigChange, configuration)
            var still = facts(1)
            still.isAtRest = true
            for picture in 1...restingPictures {
                still.now = facts(1 + 0.1 * Double(picture)).now
                #expect(plan.reason(still, likeness: { nil }, configuration) == nil)
            }
            let isFollowed = restingPictures < configuration.approaches
            #expect(
                plan.reason(facts(1.39, cells: 20), likeness: { nil }, configuration)
                    == (isFollowed ? .approach : .bigChange))
        }
    }

    @Test("a covered forehead is worth four more looks, until something moves")
    func retries() {
        let still = looks(for: 30, cells: 0, likeness: 0.3)
        #expect(still.count { $0.reason == .retry } == 4)
        #expect(looks(for: 30, cells: 0, likeness: 0.9).allSatisfy { $0.reason == .idle })
        var plan = SearchPlan(configuration)
        var retries = 0
        for index in 0..<100 {
            let facts = facts(Double(index) / 5, cells: index == 50 ? 6 : 0)
            guard let reason = plan.reason(facts, likeness: { 0.3 }, configuration) else { continue }
            plan.search(at: facts.now, attention: [])
            if reason == .retry { retries += 1 }
        }
        #expect(retries == 8)
    }
}
