import LiveKit
import NIOCore
import Perception
import SansIO
import Session
import Wire

/// The pictures that somebody sends by data, while they are looked at.
struct WatchedPictures {
    let number: Int
    let tap: PictureTap
    let sight: PictureSight
    let camera: CameraID
    /// What the sight was told that the rules wait for.
    var attention = GestureAttention()
    /// A failed look was logged.
    var hasToldFailure = false
}

/// Pictures by data: the session says which are looked at, and their senders what was wrong with the others.
extension RoomSession {
    func receivedPicture(_ content: DataStreamContent) {
        let sender = content.info.sender.identity
        let id = content.info.id
        let facts = ArrivedPicture(
            mediaType: content.info.mimeType, attributes: content.info.attributes,
            byteCount: content.bytes.readableBytes)
        arrivedPicture = (id, content.bytes)
        feed(.picture(facts, sender: sender.isEmpty ? nil : sender, id: id))
        arrivedPicture = nil
    }

    func look(at id: String, of participant: Identity, takenAt: Instant) {
        guard let arrived = arrivedPicture, arrived.id == id, watched.contains(participant) else { return }
        // Who shows a camera that can be seen is looked at there.
        guard !isSeen(participant) else { return dropPictures(of: participant) }
        let sent = pictures[participant] ?? watchPictures(of: participant)
        sent.tap.receive(arrived.file, takenAt: takenAt, arrival: now, limits: core.configuration.pictures)
    }

    func dropPictures(of identity: Identity) {
        guard let sent = pictures.removeValue(forKey: identity) else { return }
        sent.tap.close()
        sent.sight.close()
        resources.vision.remove(sent.camera)
        resources.telemetry.metrics.camerasWatched.add(-1)
        // Of who is gone that is told.
        guard participants[identity] != nil else { return }
        perceiveCameras(of: identity)
        reconsiderCameras(of: identity)
    }

    private func watchPictures(of identity: Identity) -> WatchedPictures {
        let bound = NIOLoopBound(WeakSession(session: self), eventLoop: eventLoop)
        watches += 1
        let number = watches
        let camera = cameraID(.pictures(of: identity))
        let sight = PictureSight(search: core.configuration.search, loan: loan(camera))
        let tap = PictureTap(pool: resources.pool) { [eventLoop] taken in
            let outcome = sight.see(taken)
            guard !outcome.reports.isEmpty || outcome.error != nil else { return }
            eventLoop.execute {
                guard let session = bound.value.session else { return }
                for report in outcome.reports { session.take(report, ofPicturesOf: identity, number) }
                guard let error = outcome.error else { return }
                session.feed(.streamFailed(topic: Topic.frame, sender: identity, error))
            }
        }
        let sent = WatchedPictures(number: number, tap: tap, sight: sight, camera: camera)
        pictures[identity] = sent
        resources.telemetry.metrics.camerasWatched.add(1)
        perceiveCameras(of: identity)
        // A camera that cannot be seen is left alone from now on.
        reconsiderCameras(of: identity)
        return sent
    }

    private func take(_ report: CameraTap.Report, ofPicturesOf identity: Identity, _ number: Int) {
        // What was on its way when they were let go of counts for nothing, also where they are looked at anew.
        guard let sent = pictures[identity], sent.number == number else { return }
        switch report {
        case .looked(let look): perceive(.look(identity, camera: PictureSight.camera, look))
        case .lookFailed(let error):
            guard !sent.hasToldFailure else { break }
            pictures[identity]?.hasToldFailure = true
            log(.warning, of: identity, "a look at a picture of \(identity) failed: \(error)")
        case .modelsOff: tellOfModels()
        // A file is a whole picture: these are a track's.
        case .began, .needsKeyFrame, .wants: break
        }
    }
}
