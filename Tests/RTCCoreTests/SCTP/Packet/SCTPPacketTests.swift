import NIOCore
import SansIO
import Simulation
import Testing

@testable import RTCCore

@Suite struct SCTPPacketTests {
    static let header = CommonHeader(sourcePort: 5000, destinationPort: 5001, verificationTag: 0x0102_0304)

    static let everyChunk: [Chunk] = [
        .data(
            DataChunk(
                flags: [.beginning, .unordered, .immediate], tsn: TSN(rawValue: .max), stream: 7, streamSequence: 9,
                ppid: 53, payload: ByteBuffer(string: "seven b"))),
        .initiation(initiation), .initiationAck(initiation),
        .selectiveAck(
            SelectiveAckChunk(
                cumulativeTSN: TSN(rawValue: 5), advertisedWindow: 77,
                gaps: [.init(start: 2, end: 3), .init(start: 5, end: 5)], duplicates: [TSN(rawValue: 4)])),
        .heartbeat(HeartbeatChunk(information: ByteBuffer(string: "probe"))),
        .heartbeatAck(HeartbeatChunk(information: ByteBuffer(string: "probe"))),
        .abort(
            AbortChunk(
                isReflected: true, causes: [ErrorCause(.userInitiatedAbort, text: "bye"), ErrorCause(.outOfResource)])),
        .shutdown(ShutdownChunk(cumulativeTSN: TSN(rawValue: 12))), .shutdownAck,
        .error(ErrorChunk(causes: [.invalidStream(3), .noUserData(TSN(rawValue: 1))])),
        .cookieEcho(CookieEchoChunk(cookie: ByteBuffer(string: "crumb"))), .cookieAck,
        .shutdownComplete(ShutdownCompleteChunk(isReflected: true)),
        .reconfiguration(
            ReconfigurationChunk(parameters: [
                .outgoingReset(
                    OutgoingResetRequest(
                        requestSequence: 1, responseSequence: 2, lastTSN: TSN(rawValue: 3), streams: [1, 2, 3])),
                .response(ReconfigurationResponse(responseSequence: 4, result: .performed)),
            ])),
        .reconfiguration(
            ReconfigurationChunk(parameters: [.incomingReset(IncomingResetRequest(requestSequence: 8, streams: [1]))])),
        .forwardTSN(
            ForwardTSNChunk(newCumulativeTSN: TSN(rawValue: 9), skipped: [.init(stream: 1, streamSequence: 2)])),
        .unknown(UnknownChunk(type: ChunkType(rawValue: 0xC5), flags: 3, body: ByteBuffer(string: "odd"))),
    ]

    static let initiation = InitChunk(
        initiateTag: 1, advertisedWindow: 2, outboundStreams: 3, inboundStreams: 4, initialTSN: TSN(rawValue: 5),
        parameters: [
            .stateCookie(ByteBuffer(string: "cookie!")), .unrecognized(ByteBuffer(string: "????")),
            .forwardTSNSupported,
            .supportedExtensions([192, 130, 64]), .zeroChecksumAcceptable(1),
            .ignored(type: 12, value: ByteBuffer(integer: UInt16(5))),
            .unknown(type: 0xC123, value: ByteBuffer(string: "x")),
        ])

    @Test func theChecksumIsCastagnolis() {
        // The check value that every catalogue of CRCs gives for "123456789".
        let crc = Array("123456789".utf8).withUnsafeBytes { CRC32C.checksum($0) }
        #expect(crc == 0xE306_9283)
        let zeros = [UInt8](repeating: 0, count: 32).withUnsafeBytes { CRC32C.checksum($0) }
        #expect(zeros == 0x8A91_36AA)  // RFC 3720 B.4
    }

    @Test func theProcessorsChecksumIsTheTables() {
        var generator = SplitMix64(seed: 3)
        for length in Array(0..<40) + [255, 1191, 1200] {
            let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            bytes.withUnsafeBytes { bytes in
                #expect(CRC32C.checksum(bytes) == ~CRC32C.updateByTables(~0, bytes), "\(length) bytes")
            }
        }
    }

    @Test func everyChunkSurvivesARoundTrip() throws {
        for chunk in Self.everyChunk {
            let packet = SCTPPacket(header: Self.header, chunks: [chunk])
            let bytes = packet.serialized()
            #expect(bytes.readableBytes % 4 == 0)
            #expect(try SCTPPacket(parsing: bytes) == packet)
        }
        let all = SCTPPacket(header: Self.header, chunks: Self.everyChunk)
        #expect(try SCTPPacket(parsing: all.serialized()) == all)
    }

    @Test func aPacketCutAnywhereIsRefused() throws {
        let whole = SCTPPacket(header: Self.header, chunks: Self.everyChunk).serialized()
        for length in 0..<whole.readableBytes {
            let cut = try #require(whole.getSlice(at: 0, length: length))
            #expect(throws: SCTPParseError.self) { try SCTPPacket(parsing: cut) }
        }
    }

    @Test func everyChunkCutAnywhereSaysWhatIsWrongOrReadsLess() throws {
        // With the checksum put right after the cut, so that the chunk's own parser is reached.
        for chunk in Self.everyChunk {
            let whole = SCTPPacket(header: Self.header, chunks: [chunk]).serialized()
            let end = 12 + Int(try #require(whole.getInteger(at: 14, as: UInt16.self)))
            for length in 16..<max(end, 16) {
                var cut = try #require(whole.getSlice(at: 0, length: length))
                cut.setInteger(UInt16(length - 12), at: 14)
                CommonHeader.seal(&cut)
                if let parsed = try? SCTPPacket(parsing: cut) { #expect(parsed.chunks != [chunk]) }
            }
        }
    }

    @Test func oneWrongBitIsNoticed() throws {
        let whole = SCTPPacket(header: Self.header, chunks: [Self.everyChunk[0]]).serialized()
        for bit in 0..<(whole.readableBytes * 8) {
            var wrong = whole
            wrong.setInteger(try #require(wrong.getInteger(at: bit / 8, as: UInt8.self)) ^ 1 << (bit % 8), at: bit / 8)
            #expect(throws: SCTPParseError.checksumMismatch) { try SCTPPacket(parsing: wrong) }
        }
    }

    @Test func errorsNameWhatIsWrong() {
        func parse(_ chunk: [UInt8]) throws(SCTPParseError) -> SCTPPacket {
            var bytes = ByteBuffer()
            Self.header.write(into: &bytes)
            bytes.writeBytes(chunk)
            CommonHeader.seal(&bytes)
            return try SCTPPacket(parsing: bytes)
        }
        #expect(throws: SCTPParseError.packetTooShort) { try parse([1, 2, 3]) }
        #expect(throws: SCTPParseError.chunkTooShort(type: 11)) { try parse([11, 0, 0, 3]) }
        #expect(throws: SCTPParseError.chunkBeyondPacket(type: 11)) { try parse([11, 0, 0, 8]) }
        #expect(throws: SCTPParseError.strayBytes) { try parse([11, 0, 0, 4, 1, 2]) }
        #expect(throws: SCTPParseError.acknowledgementTruncated) {
            try parse([3, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0])
        }
        #expect(throws: SCTPParseError.parameterBeyondChunk(type: 12)) { try parse([6, 0, 0, 8, 0, 12, 0, 9]) }
        #expect(throws: SCTPParseError.parameterTooShort(type: 13)) { try parse([130, 0, 0, 8, 0, 13, 0, 4]) }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func randomAndDamagedBytesNeverTrap(seed: UInt64) {
        var random = RandomSource.seeded(seed)
        let whole = SCTPPacket(header: Self.header, chunks: Self.everyChunk).serialized()
        for round in 0..<3000 {
            var bytes =
                round % 2 == 0 ? whole : ByteBuffer(bytes: random.bytes(Int.random(in: 0...200, using: &random)))
            for _ in 0..<Int.random(in: 1...6, using: &random) where bytes.readableBytes > 12 {
                let index = Int.random(in: 12..<bytes.readableBytes, using: &random)
                bytes.setInteger(UInt8.random(in: 0...255, using: &random), at: index)
            }
            if bytes.readableBytes >= 12 { CommonHeader.seal(&bytes) }
            // What parses must also be written and read again alike.
            if let packet = try? SCTPPacket(parsing: bytes) {
                #expect((try? SCTPPacket(parsing: packet.serialized())) == packet, "seed \(seed), round \(round)")
            }
        }
    }

    @Test func sequenceNumbersWrap() {
        let reference = Int64(1) << 32 | 0xFFFF_FFF0
        #expect(TSN(rawValue: 5).extended(near: reference) == reference + 21)
        #expect(TSN(rawValue: 0xFFFF_FFE0).extended(near: reference) == reference - 16)
        #expect(StreamSequence.isBefore(65_535, 0) && !StreamSequence.isBefore(0, 65_535))
    }
}
