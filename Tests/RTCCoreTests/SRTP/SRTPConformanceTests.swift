import NIOCore
import RTCCore
import SansIO
import Testing

@Suite struct SRTPConformanceTests {
    @Test(arguments: EngineKind.allCases, SRTPProfile.allCases)
    func packetsOfEverySizeComeBackAsTheyWere(kind: EngineKind, profile: SRTPProfile) throws {
        let pair = try EnginePair(kind, profile)
        for (sequence, size) in [0, 1, 2, 15, 16, 17, 31, 32, 80, 255, 1100, 1200, 1452].enumerated() {
            let plain = rtp(sequence, payload: size)
            let protected = try pair.protected(plain)
            #expect(protected.readableBytes == plain.readableBytes + profile.tagLength)
            #expect(protected.getSlice(at: 0, length: 12) == plain.getSlice(at: 0, length: 12))
            if size > 15 { #expect(protected.getSlice(at: 12, length: size) != plain.getSlice(at: 12, length: size)) }
            #expect(try pair.opened(protected) == plain)
        }
    }

    @Test(arguments: EngineKind.allCases, SRTPProfile.allCases)
    func controlPacketsComeBackAsTheyWere(kind: EngineKind, profile: SRTPProfile) throws {
        let pair = try EnginePair(kind, profile)
        var seen: Set<ByteBuffer> = []
        for _ in 0..<200 {
            var packet = rtcp()
            try pair.sender.protectRTCP(&packet)
            #expect(packet.readableBytes == rtcp().readableBytes + profile.tagLength + 4)
            #expect(seen.insert(packet).inserted)
            try pair.receiver.unprotectRTCP(&packet)
            #expect(packet == rtcp())
        }
    }

    @Test(arguments: EngineKind.allCases, SRTPProfile.allCases)
    func extensionsAndContributorsStayInTheClear(kind: EngineKind, profile: SRTPProfile) throws {
        let pair = try EnginePair(kind, profile)
        for words in [0, 1, 3] {
            var plain = ByteBuffer(bytes: [0x92, 111, 0, UInt8(words), 0, 0, 0, 1, 9, 9, 9, 9])
            plain.writeRepeatingByte(3, count: 8)
            plain.writeBytes([0xBE, 0xDE, 0, UInt8(words)])
            plain.writeRepeatingByte(0x10, count: words * 4)
            let header = plain.readableBytes
            plain.writeRepeatingByte(0xAA, count: 60)
            let protected = try pair.protected(plain)
            #expect(protected.getSlice(at: 0, length: header) == plain.getSlice(at: 0, length: header))
            #expect(protected.getSlice(at: header, length: 60) != plain.getSlice(at: header, length: 60))
            #expect(try pair.opened(protected) == plain)
        }
    }

    @Test(arguments: EngineKind.allCases, SRTPProfile.allCases)
    func aFlippedBitAnywhereIsRefusedAndTheGenuinePacketStillOpens(kind: EngineKind, profile: SRTPProfile) throws {
        let pair = try EnginePair(kind, profile)
        _ = try pair.opened(try pair.protected(rtp(0)))
        let genuine = try pair.protected(rtp(1))
        for index in 0..<genuine.readableBytes {
            for bit in [0, 7] {
                var broken = genuine
                let byte = try #require(genuine.getInteger(at: index, as: UInt8.self))
                broken.setInteger(byte ^ (1 << bit), at: index)
                #expect(throws: SRTPError.self, "byte \(index) bit \(bit)") { try pair.receiver.unprotectRTP(&broken) }
            }
        }
        #expect(try pair.opened(genuine) == rtp(1))
    }

    @Test(arguments: EngineKind.allCases, SRTPProfile.allCases)
    func truncatedPacketsAreRefusedAtEveryLength(kind: EngineKind, profile: SRTPProfile) throws {
        let pair = try EnginePair(kind, profile)
        let genuine = try pair.protected(rtp(1))
        var control = rtcp()
        try pair.sender.protectRTCP(&control)
        for length in 0..<genuine.readableBytes {
            var part = try #require(genuine.getSlice(at: 0, length: length))
            let error = #expect(throws: SRTPError.self) { try pair.receiver.unprotectRTP(&part) }
            if length < 12 + profile.tagLength { #expect(error == .tooShort) }
        }
        for length in 0..<control.readableBytes {
            var part = try #require(control.getSlice(at: 0, length: length))
            let error = #expect(throws: SRTPError.self) { try pair.receiver.unprotectRTCP(&part) }
            if length < 12 + profile.tagLength { #expect(error == .tooShort) }
        }
        for length in 0..<12 {
            var part = try #require(rtp(2).getSlice(at: 0, length: length))
            #expect(throws: SRTPError.tooShort) { try pair.sender.protectRTP(&part) }
        }
    }

    @Test(arguments: EngineKind.allCases, SRTPProfile.allCases)
    func anotherKeyOpensNothing(kind: EngineKind, profile: SRTPProfile) throws {
        let sender = try kind.make(profile, testKey(profile))
        let stranger = try kind.make(profile, testKey(profile, seed: 2))
        var packet = rtp(1)
        try sender.protectRTP(&packet)
        #expect(throws: SRTPError.authentication) { try stranger.unprotectRTP(&packet) }
        var control = rtcp()
        try sender.protectRTCP(&control)
        #expect(throws: SRTPError.authentication) { try stranger.unprotectRTCP(&control) }
    }

    @Test(arguments: EngineKind.allCases, SRTPProfile.allCases)
    func keysOfAnotherLengthAreRefused(kind: EngineKind, profile: SRTPProfile) {
        let key = testKey(profile)
        for wrong in [
            SRTPKeyingMaterial.MasterKey(key: key.key.dropLast(), salt: key.salt),
            SRTPKeyingMaterial.MasterKey(key: key.key, salt: key.salt + [0]),
            SRTPKeyingMaterial.MasterKey(key: [], salt: []),
        ] {
            #expect(throws: SRTPError.invalidKeyLength) { try kind.make(profile, wrong) }
        }
    }

    @Test(arguments: EngineKind.allCases, SRTPProfile.allCases)
    func noiseIsNeverOpened(kind: EngineKind, profile: SRTPProfile) throws {
        var random = SplitMix64(seed: 5)
        let pair = try EnginePair(kind, profile)
        for _ in 0..<300 {
            let count = Int.random(in: 0..<120, using: &random)
            var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            if count > 0, Bool.random(using: &random) { bytes[0] = 0x80 | bytes[0] & 0x3F }
            var packet = ByteBuffer(bytes: bytes)
            #expect(throws: SRTPError.self) { try pair.receiver.unprotectRTP(&packet) }
            packet = ByteBuffer(bytes: bytes)
            #expect(throws: SRTPError.self) { try pair.receiver.unprotectRTCP(&packet) }
        }
        #expect(try pair.opened(try pair.protected(rtp(1))) == rtp(1))
    }

    @Test(arguments: EngineKind.allCases, SRTPProfile.allCases)
    func packetsAreChangedInPlaceUnlessTheirStorageIsShared(kind: EngineKind, profile: SRTPProfile) throws {
        let pair = try EnginePair(kind, profile)
        var datagram = ByteBufferAllocator().buffer(capacity: 256)
        datagram.writeImmutableBuffer(rtp(1))
        let before = datagram.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
        try pair.sender.protectRTP(&datagram)
        #expect(datagram.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) } == before)

        let shared = datagram
        #expect(try pair.opened(datagram) == rtp(1))
        #expect(shared == datagram && shared.readableBytes == 52 + profile.tagLength)

        var within = ByteBufferAllocator().buffer(capacity: 256)
        within.writeBytes([1, 2, 3])
        within.writeImmutableBuffer(rtp(2))
        within.moveReaderIndex(to: 3)
        try pair.sender.protectRTP(&within)
        #expect(try pair.opened(within) == rtp(2))
        within.moveReaderIndex(to: 0)
        #expect(within.readBytes(length: 3) == [1, 2, 3])
    }
}
