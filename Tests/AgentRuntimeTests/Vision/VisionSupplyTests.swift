import Foundation
import Inference
import PerceptionModels
import Pictures
import SansIO
import Settings
import Synchronization
import Testing
import VisionModelFixtures

@testable import AgentRuntime

/// What a process says of its vision models.
private final class Process: Sendable {
    let lines = Mutex<[String]>([])
    let metrics = JaskMetrics()

    func supply(share: Double = 1, burst: Duration = .milliseconds(100)) -> VisionSupply {
        var limits = InferenceBudgetConfiguration()
        (limits.share, limits.burst) = (share, burst)
        return VisionSupply(limits, metrics: metrics) { level, text in
            self.lines.withLock { $0.append("\(level): \(text)") }
        }
    }
}

private let camera = CameraID(room: "RM_1", name: "ada & bob", source: .track(sid: "TR_1"))

@Suite("Vision models without files")
struct MissingVisionTests {
    @Test("are off with the file, what to do, and a word for the metric; all else goes on")
    func missing() throws {
        let process = Process()
        let supply = process.supply()
        #expect(supply.state == .loading)
        #expect(try supply.look(camera, at: .zero) { _ in 1 } == nil)
        supply.load(folder: "/nowhere")
        let reason =
            "/nowhere/libLiteRt.so cannot be read (No such file or directory); get it with scripts/fetch-models"
        #expect(supply.state == .off(reason: reason))
        #expect(process.lines.withLock { $0 } == ["warning: gestures are off: \(reason)"])
        #expect(process.metrics.gesturesOff.value("missing_file") == 1)
        #expect(try supply.look(camera, at: .zero) { _ in 1 } == nil)
    }

    @Test("are off where no folder is known")
    func noFolder() {
        let process = Process()
        process.supply().load(folder: nil)
        #expect(process.metrics.gesturesOff.value("no_folder") == 1)
        #expect(process.lines.withLock { $0.first?.contains("JASK_MODELS") } == true)
    }
}

@Suite("Vision models", .enabled(if: ReleasedVision.isThere, Comment(rawValue: ReleasedVision.absence)))
struct VisionSupplyTests {
    private func ready(_ process: Process, share: Double = 1, burst: Duration = .seconds(1)) -> VisionSupply {
        let supply = process.supply(share: share, burst: burst)
        supply.load(folder: ReleasedVision.folder)
        return supply
    }

    @Test("look at a picture, and their time is counted")
    func look() throws {
        let process = Process()
        let supply = ready(process)
        #expect(supply.state == .ready)
        let picture = try #require(RGBPicture(width: 32, height: 18, bytes: [UInt8](repeating: 90, count: 32 * 18 * 3)))
        let faces = try supply.look(camera, at: .zero) { try $0.facesNear(in: picture, from: 0.5) }
        #expect(faces == [])
        #expect(process.metrics.looks.value("done") == 1 && process.metrics.lookTime.count() == 1)
        #expect(process.metrics.gesturesOff.value("missing_file") == 0)
    }

    @Test("belong to one look at a time, and are used again")
    func owners() throws {
        let supply = ready(Process())
        let first = try supply.look(camera, at: .zero) { outer in
            let inner = try supply.look(
                CameraID(room: "RM_1", name: "ada & bob", source: .track(sid: "TR_2")), at: .zero
            ) { ObjectIdentifier($0) }
            #expect(inner != nil && inner != ObjectIdentifier(outer))
            return ObjectIdentifier(outer)
        }
        let again = try supply.look(CameraID(room: "RM_1", name: "ada & bob", source: .track(sid: "TR_3")), at: .zero) {
            ObjectIdentifier($0)
        }
        #expect(first != nil && again == first)
    }

    @Test("are all there from a camera's first look on, with nothing of a picture")
    func prepared() throws {
        let supply = ready(Process())
        let (count, isBlank) = try #require(try supply.look(camera, at: .zero) { ($0.count, $0.isBlank) })
        #expect(count == VisionModelFile.allCases.count && isBlank)
    }

    @Test("keep nothing of a picture once they are taken back, also after an error")
    func wiped() throws {
        let supply = ready(Process())
        let picture = try #require(RGBPicture(width: 32, height: 18, bytes: [UInt8](repeating: 90, count: 32 * 18 * 3)))
        for isBroken in [false, true] {
            var lent: LiteRTVisionModels?
            _ = try? supply.look(
                CameraID(room: "RM_1", name: "ada & bob", source: .track(sid: "TR_\(isBroken)")), at: .zero
            ) { models in
                lent = models
                #expect(models.isBlank)
                _ = try models.facesNear(in: picture, from: 0.5)
                #expect(!models.isBlank)
                if isBroken { throw VisionModelError.badRegion }
            }
            #expect(lent?.isBlank == true)
        }
    }

    @Test("are not lent to a camera that has had its share, and are again later; it is said how often it looks")
    func putOff() throws {
        let process = Process()
        let supply = ready(process, share: 0.02, burst: .milliseconds(10))
        var looked = 0
        for step in 0..<60 {
            let now = Instant.zero + .milliseconds(200 * step)
            let done = try supply.look(camera, at: now) { _ in
                // A look that takes 20 ms of the processor: five times what comes in meanwhile.
                let began = VisionSupply.threadTime
                while VisionSupply.threadTime - began < .milliseconds(20) {}
                return true
            }
            if done == true { looked += 1 }
        }
        #expect((6...30).contains(looked), "\(looked)")
        #expect(process.metrics.looks.value("put_off") == Double(60 - looked))
        #expect(process.metrics.camerasPutOff.value() == 1)
        _ = try supply.look(
            CameraID(room: "RM_2", name: "ada & bob", source: .track(sid: "TR_2")), at: .zero + .seconds(100)
        ) { _ in true }
        #expect(process.metrics.camerasPutOff.value() == 0, "it asks no more")
        let line = process.lines.withLock { $0.first { $0.hasPrefix("warning") } ?? "" }
        #expect(line.contains("a camera in room ada & bob looks") && line.contains("instead of 5.0"), "\(line)")
        #expect(line.contains("0.02 cores (models.core_share)"), "\(line)")
    }

    @Test("go on after an error about one region, and are off for all after one of the engine")
    func errors() throws {
        let process = Process()
        let supply = ready(process)
        #expect(throws: VisionModelError.badRegion) {
            try supply.look(camera, at: .zero) { _ in throw VisionModelError.badRegion }
        }
        #expect(supply.state == .ready)
        let broken = LiteRTError(.refused(call: "RunCompiledModel", status: 3), path: "palm.tflite")
        for _ in 0..<2 {
            _ = try? supply.look(CameraID(room: "RM_2", name: "ada & bob", source: .track(sid: "TR_9")), at: .zero) {
                _ in throw broken
            }
        }
        #expect(supply.state == .off(reason: "\(broken)"))
        #expect(process.metrics.gesturesOff.value("refused") == 1)
        #expect(process.metrics.looks.value("failed") == 2)
        #expect(try supply.look(camera, at: .zero) { _ in 1 } == nil)
        #expect(process.lines.withLock { $0.filter { $0.hasPrefix("warning") }.count } == 1)
    }
}
