import NIOCore
import SansIO

/// Packets in.
extension SCTPAssociation {
    /// Takes a packet from the peer. What is wrong with it is counted, and where the protocol says so, answered.
    public mutating func receive(_ packet: ByteBuffer, at now: Instant) {
        self.now = now
        counters.receivedPackets += 1
        do throws(SCTPParseError) {
            var rest = packet
            let header = try CommonHeader(parsing: &rest)
            guard header.sourcePort == options.remotePort, header.destinationPort == options.localPort else {
                return discard()
            }
            process(ChunkReader(rest), tag: header.verificationTag)
        } catch {
            discard()
        }
    }

    mutating func discard() { counters.discardedPackets += 1 }

    private mutating func process(_ chunks: ChunkReader, tag: UInt32) {
        var chunks = chunks
        let wasSilent = sender.rto.backoffs >= 2
        var wasAccepted = false
        do throws(SCTPParseError) {
            while let chunk = try chunks.next() {
                guard accepts(chunk, tag: tag, isAlone: !wasAccepted && chunks.isAtEnd) else {
                    if !wasAccepted { receiveOutOfTheBlue(chunk, tag: tag) }
                    discard()
                    break
                }
                wasAccepted = true
                guard dispatch(chunk, tag: tag) else { break }
            }
        } catch {
            // What stood before the broken chunk was good, and is acted upon.
            discard()
        }
        guard wasAccepted, state != .ended else { return }
        packetProcessed(wasSilent: wasSilent)
    }

    /// The rules for verification tags (RFC 9260 §8.5).
    private func accepts(_ chunk: Chunk, tag: UInt32, isAlone: Bool) -> Bool {
        switch chunk {
        case .initiation: return tag == 0 && isAlone
        case .cookieEcho: return state != .ended
        case .abort(let abort): return matches(tag, isReflected: abort.isReflected)
        case .shutdownComplete(let complete): return matches(tag, isReflected: complete.isReflected)
        default: return tag == localTag && state != .closed && state != .ended
        }
    }

    private func matches(_ tag: UInt32, isReflected: Bool) -> Bool {
        guard state != .closed, state != .ended else { return false }
        return isReflected ? tag == peerTag && peerTag != 0 : tag == localTag
    }

    /// Answers a packet that belongs to no association (RFC 9260 §8.4).
    private mutating func receiveOutOfTheBlue(_ chunk: Chunk, tag: UInt32) {
        guard state == .closed || state == .ended, tag != 0 else { return }
        let answer: Chunk
        switch chunk {
        case .abort, .shutdownComplete, .initiation, .cookieAck, .error, .cookieEcho: return
        case .shutdownAck: answer = .shutdownComplete(ShutdownCompleteChunk(isReflected: true))
        default: answer = .abort(AbortChunk(isReflected: true, causes: []))
        }
        packets.append(SCTPPacket(header: header(tag: tag), chunks: [answer]).serialized())
    }

    /// - Returns: whether the rest of the packet is to be looked at.
    private mutating func dispatch(_ chunk: Chunk, tag: UInt32) -> Bool {
        switch chunk {
        case .data(let chunk): receive(data: chunk)
        case .selectiveAck(let chunk): receive(acknowledgement: chunk)
        case .initiation(let chunk): receive(initiation: chunk)
        case .initiationAck(let chunk): receive(initiationAck: chunk)
        case .cookieEcho(let chunk): receive(cookieEcho: chunk, tag: tag)
        case .cookieAck: receiveCookieAck()
        case .heartbeat(let chunk): receive(heartbeat: chunk)
        case .heartbeatAck(let chunk): receive(heartbeatAck: chunk)
        case .abort(let chunk): receive(abort: chunk)
        case .shutdown(let chunk): receive(shutdown: chunk)
        case .shutdownAck: receiveShutdownAck()
        case .shutdownComplete: receiveShutdownComplete()
        case .error(let chunk):
            if chunk.causes.contains(where: { $0.code == .staleCookie }) { receiveStaleCookie() }
        case .reconfiguration(let chunk): receive(reconfiguration: chunk)
        case .forwardTSN(let chunk): receive(forwardTSN: chunk)
        case .unknown(let chunk): return receive(unknown: chunk)
        }
        return state != .ended
    }

    private mutating func packetProcessed(wasSilent: Bool) {
        receiver.packetEnded(at: now)
        if receiver.isAckDue { repeatShutdown() }
        deliver()
        if let streams = reconfiguration.dataArrived(cumulativeTSN: receiver.cumulativeTSN) { resetIncoming(streams) }
        if wasSilent, sender.rto.backoffs >= 2 { sender.resume(at: now) }
        continueShutdown()
    }

    // MARK: Data

    /// Whether data and what belongs to it is expected; data also tells that the peer took our cookie.
    private mutating func takesData() -> Bool {
        if state == .cookieEchoed { establish() }
        switch state {
        case .established, .shutdownPending, .shutdownSent: return true
        default: return false
        }
    }

    private mutating func receive(data chunk: DataChunk) {
        guard takesData() else { return }
        counters.receivedChunks += 1
        guard chunk.payload.readableBytes > 0 else {
            return abort(.noUserData(chunk.tsn), reporting: .failed(.protocolViolation("DATA without data")))
        }
        guard chunk.stream < options.streams else {
            receiver.swallow(chunk.tsn)
            if control.count < 16 { control.append(.error(ErrorChunk(causes: [.invalidStream(chunk.stream)]))) }
            return
        }
        do throws(SCTPReceiver.Failure) {
            switch try receiver.receive(chunk) {
            case .accepted: break
            case .duplicate: counters.duplicateChunks += 1
            case .dropped: counters.droppedChunks += 1
            }
        } catch {
            fail(error)
        }
    }

    private mutating func fail(_ failure: SCTPReceiver.Failure) {
        switch failure {
        case .violation(.fragmentsDoNotFit):
            let text = "fragments do not fit together"
            abort(ErrorCause(.protocolViolation, text: text), reporting: .failed(.protocolViolation(text)))
        case .violation(.messageTooLarge):
            let text = "message above \(options.maximumReceiveMessageBytes) bytes"
            abort(ErrorCause(.protocolViolation, text: text), reporting: .failed(.protocolViolation(text)))
        case .windowExhausted:
            abort(ErrorCause(.outOfResource), reporting: .failed(.outOfResource))
        }
    }

    private mutating func deliver() {
        while let message = receiver.popMessage() {
            events.append(
                .message(
                    SCTPReceivedMessage(
                        stream: message.stream, ppid: message.ppid, isUnordered: message.isUnordered,
                        payload: message.payload)))
        }
    }

    private mutating func receive(forwardTSN chunk: ForwardTSNChunk) {
        guard takesData() else { return }
        receiver.receive(chunk)
    }

    private mutating func receive(acknowledgement chunk: SelectiveAckChunk) {
        switch state {
        case .established, .shutdownPending, .shutdownReceived:
            if !sender.receive(chunk, at: now) { discard() }
        default: break
        }
    }

    // MARK: Everything else

    private mutating func receive(heartbeat chunk: HeartbeatChunk) {
        guard state != .cookieWait, control.count < 16 else { return }
        control.append(.heartbeatAck(chunk))
    }

    private mutating func receive(heartbeatAck chunk: HeartbeatChunk) {
        guard let roundTrip = heartbeat.receive(chunk, at: now) else { return }
        heartbeatFailures = 0
        sender.rto.measure(roundTrip)
    }

    private mutating func receive(abort chunk: AbortChunk) {
        let reasons = chunk.causes.filter { $0.code == .userInitiatedAbort || $0.code == .protocolViolation }
        let reason = reasons.first.map { String(decoding: $0.information.readableBytesView.prefix(256), as: UTF8.self) }
        end(.failed(.abortedByPeer(codes: chunk.causes.map(\.code.rawValue), reason: reason ?? "")))
    }

    private mutating func receive(unknown chunk: UnknownChunk) -> Bool {
        let (skipRest, report) = chunk.type.unknownAction
        if report, control.count < 16 {
            var information = ByteBuffer()
            chunk.write(into: &information)
            information.moveWriterIndex(to: min(information.writerIndex, 256))
            control.append(.error(ErrorChunk(causes: [ErrorCause(.unrecognizedChunkType, information: information)])))
        }
        return !skipRest
    }

    private mutating func receive(reconfiguration chunk: ReconfigurationChunk) {
        guard takesData() || state == .shutdownReceived else { return }
        // What came before the request in this packet is delivered before the reset is reported.
        deliver()
        for parameter in chunk.parameters {
            switch parameter {
            case .outgoingReset(let request):
                let streams = reconfiguration.receive(request, cumulativeTSN: receiver.cumulativeTSN)
                if let streams { resetIncoming(streams) }
            case .incomingReset(let request): reconfiguration.receive(request)
            case .unsupported(let request): reconfiguration.receive(request)
            case .response(let response): receive(response)
            }
        }
    }

    private mutating func receive(_ response: ReconfigurationResponse) {
        guard let (streams, accepted) = reconfiguration.receive(response) else { return }
        for stream in streams {
            if accepted { sender.queue.resetSequence(of: stream) }
            events.append(.outgoingStreamReset(stream: stream, accepted: accepted))
        }
    }

    private mutating func resetIncoming(_ streams: [UInt16]) {
        receiver.resetStreams(streams)
        events.append(.incomingStreamsReset(streams))
    }
}
