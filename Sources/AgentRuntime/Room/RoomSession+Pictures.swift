import LiveKit
import NIOCore
import SansIO
import Session
import Wire

/// Pictures by data: the session says which are decoded, and their senders what was wrong with the others.
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
        guard let arrived = arrivedPicture, arrived.id == id else { return }
        let tap = pictureTaps[participant] ?? makePictureTap(for: participant)
        pictureTaps[participant] = tap
        tap.receive(arrived.file, takenAt: takenAt, limits: core.configuration.pictures)
    }

    private func makePictureTap(for participant: Identity) -> PictureTap {
        let bound = NIOLoopBound(WeakSession(session: self), eventLoop: eventLoop)
        let (eventLoop, onPicture) = (eventLoop, onPicture)
        return PictureTap(pool: resources.pool) { result in
            switch result {
            case .success(let taken): onPicture?(participant, taken)
            case .failure(let error):
                eventLoop.execute {
                    bound.value.session?.feed(.streamFailed(topic: Topic.frame, sender: participant, error))
                }
            }
        }
    }
}
