import NIOCore
import Simulation
import Testing

@testable import RTCCore

@Suite struct STUNMessageTests {
    private let id = STUNTransactionID(high: 0x0102_0304, low: 0x0506_0708_090A_0B0C)
    private let key = Array("a password of some length".utf8)

    private var everyAttribute: [STUNAttribute] {
        [
            .mappedAddress(iceAddress("192.0.2.9", 1)), .username("there:here"),
            .errorCode(STUNErrorCode(code: 487, reason: "Role Conflict")), .unknownAttributes([0x0030, 0x7FFF, 1]),
            .xorMappedAddress(iceAddress("2001:db8::5", 65_535)), .xorMappedAddress(iceAddress("10.0.0.1", 9)),
            .priority(.max), .useCandidate, .software("jask"), .iceControlled(.max), .iceControlling(7),
            .unknown(type: 0xC057, value: [1, 2, 3, 4, 5]), .unknown(type: 0x0030, value: []),
        ]
    }

    private var message: STUNMessage { STUNMessage(.request, transactionID: id, attributes: everyAttribute) }

    @Test func everyAttributeSurvivesARoundTrip() throws {
        let parsed = try STUNMessage(parsing: message.serialized(integrityKey: key))
        #expect(parsed.attributes == everyAttribute)
        #expect(parsed.transactionID == id)
        #expect(parsed.hadFingerprint)
        #expect(parsed.hasValidIntegrity(key: key))
        #expect(parsed.unknownRequiredTypes == [0x0030])
    }

    @Test func everyMethodAndClassSurvivesTheInterleavedType() {
        for method in UInt16(0)..<0x1000 {
            for messageClass in [STUNClass.request, .indication, .success, .error] {
                let type = STUNMessageType(messageClass: messageClass, method: STUNMethod(rawValue: method))
                let back = STUNMessageType(wire: type.wire)
                #expect(back?.method.rawValue == method && back?.messageClass == messageClass)
            }
        }
        #expect(STUNMessageType(messageClass: .error, method: .binding).wire == 0x0111)
        #expect(STUNMessageType(wire: 0x4001) == nil)
    }

    @Test func aMessageInTheMiddleOfABufferReadsTheSame() throws {
        var datagram = ByteBuffer(bytes: [9, 9, 9])
        datagram.writeImmutableBuffer(message.serialized(integrityKey: key))
        datagram.moveReaderIndex(forwardBy: 3)
        let parsed = try STUNMessage(parsing: datagram)
        #expect(parsed.hasValidIntegrity(key: key) && parsed.attributes == everyAttribute)
        #expect(STUNMessage.isSTUN(datagram))
    }

    @Test func everyTruncationIsRefused() {
        let whole = Array(message.serialized(integrityKey: key).readableBytesView)
        for count in 0..<whole.count {
            #expect(throws: STUNParseError.self, "\(count) bytes") {
                try STUNMessage(parsing: stunBuffer(whole.prefix(count)))
            }
        }
    }

    @Test func everyTruncationWithItsLengthPutRightParsesOrThrows() {
        let whole = Array(message.serialized(integrityKey: key).readableBytesView)
        for count in stride(from: 20, to: whole.count, by: 4) {
            var cut = stunBuffer(whole.prefix(count))
            cut.setInteger(UInt16(count - 20), at: 2)
            let parsed = try? STUNMessage(parsing: cut)
            #expect(parsed.map { !$0.hadFingerprint && $0.attributes.count <= everyAttribute.count } ?? true)
        }
    }

    @Test func randomBytesBehindAnHonestHeaderNeverTrap() {
        var random = STUNRandomBytes(seed: 0x57)
        var parsed = 0
        for _ in 0..<20_000 {
            let body = random.bytes(Int(random.next() % 24) * 4)
            var datagram = ByteBuffer()
            datagram.writeInteger(UInt16(truncatingIfNeeded: random.next()) & 0x3FFF)
            datagram.writeInteger(UInt16(body.count))
            datagram.writeInteger(UInt32(0x2112_A442))
            datagram.writeBytes(random.bytes(12))
            // Small type and length numbers, so that many attributes are well formed.
            datagram.writeBytes(
                body.enumerated().map { $0.offset % 4 < 3 && random.next() % 3 > 0 ? 0 : $0.element & 0x2F })
            guard let message = try? STUNMessage(parsing: datagram) else { continue }
            parsed += 1
            let again = try? STUNMessage(parsing: message.serialized())
            #expect(again?.attributes == message.attributes, "seed 0x57")
        }
        #expect(parsed > 500)
    }

    @Test func changedBytesOfARealMessageNeverTrap() {
        let whole = Array(message.serialized(integrityKey: key).readableBytesView)
        var random = STUNRandomBytes(seed: 0x58)
        for _ in 0..<20_000 {
            var changed = whole
            for _ in 0...(random.next() % 4) {
                changed[Int(random.next() % UInt64(changed.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            let parsed = try? STUNMessage(parsing: stunBuffer(changed))
            #expect(parsed.map { !$0.hadFingerprint || changed == whole || $0.attributes == everyAttribute } ?? true)
        }
    }

    // MARK: Each refusal by name

    @Test func wrongLengthsAreNamed() {
        var datagram = message.serialized()
        datagram.writeInteger(UInt32(0))
        let present = datagram.readableBytes - 20
        #expect(throws: STUNParseError.lengthMismatch(announced: present - 4, present: present)) {
            try STUNMessage(parsing: datagram)
        }
        #expect(throws: STUNParseError.tooShort(bytes: 3)) { try STUNMessage(parsing: stunBuffer([0, 1, 0])) }
    }

    @Test func otherProtocolsAreNamed() {
        let rtp = stunBuffer([0x80, 0x60] + [UInt8](repeating: 0, count: 30))
        #expect(throws: STUNParseError.notSTUN) { try STUNMessage(parsing: rtp) }
        #expect(!STUNMessage.isSTUN(rtp))
        let withoutCookie = stunBuffer([UInt8](repeating: 0, count: 20))
        #expect(throws: STUNParseError.notSTUN) { try STUNMessage(parsing: withoutCookie) }
    }

    @Test func anAttributeBeyondTheEndIsNamed() {
        let datagram = raw([(0x0024, 4, [1, 2, 3, 4]), (0x0006, 9, [1, 2, 3, 4])])
        #expect(throws: STUNParseError.truncatedAttribute(type: 0x0006)) { try STUNMessage(parsing: datagram) }
    }

    private static let senseless: [(UInt16, [UInt8])] = [
        (0x0024, [0, 0, 0, 0, 0, 0, 0, 0]), (0x0025, [1, 2, 3, 4]), (0x0020, [0, 3, 0, 1, 1, 1, 1, 1]),
        (0x0020, [0, 2, 0, 1, 1, 1, 1, 1]), (0x0009, [0, 0, 9, 1]), (0x0006, [0xFF, 0xFE, 0xC0, 0x80]),
        (0x0001, []), (0x0008, [1, 2, 3, 4]),
    ]

    @Test(arguments: senseless)
    func aRequiredAttributeThatMakesNoSenseIsNamed(type: UInt16, value: [UInt8]) {
        #expect(throws: STUNParseError.malformedAttribute(type: type)) {
            try STUNMessage(parsing: raw([(type, UInt16(value.count), value)]))
        }
    }

    @Test func anOptionalAttributeThatMakesNoSenseIsKeptAsItCame() throws {
        let parsed = try STUNMessage(
            parsing: raw([(0x8029, 4, [1, 2, 3, 4]), (0x8022, 4, [0xFF, 0xFF, 0xFF, 0xFF])]))
        #expect(parsed.iceControlled == nil)
        #expect(
            parsed.attributes == [
                .unknown(type: 0x8029, value: [1, 2, 3, 4]), .unknown(type: 0x8022, value: [255, 255, 255, 255]),
            ])
    }

    @Test func aFingerprintThatIsNotLastOrNotRightIsNamed() {
        let fingerprinted = message.serialized()
        var extended = fingerprinted
        extended.writeBytes([0x80, 0x22, 0, 0])
        extended.setInteger(UInt16(extended.readableBytes - 20), at: 2)
        #expect(throws: STUNParseError.fingerprintNotLast) { try STUNMessage(parsing: extended) }
        var wrong = fingerprinted
        wrong.setInteger(UInt8(0xAA), at: 9)
        #expect(throws: STUNParseError.fingerprintMismatch) { try STUNMessage(parsing: wrong) }
    }

    @Test func paddingOfAnyValueIsAccepted() throws {
        let parsed = try STUNMessage(parsing: raw([(0x0006, 3, [0x61, 0x3A, 0x62, 0xEE])]))
        #expect(parsed.username == "a:b")
    }

    @Test func anEmptyUserNameIsAUserName() throws {
        #expect(try STUNMessage(parsing: raw([(0x0006, 0, [])])).username == "")
    }

    @Test func whatFollowsTheIntegrityIsLeftOut() throws {
        var datagram = STUNMessage(.request, transactionID: id, attributes: [.priority(1)]).serialized(
            integrityKey: key)
        // In place of the fingerprint comes a nomination that nobody signed.
        datagram.moveWriterIndex(to: datagram.writerIndex - 8)
        datagram.writeBytes([0, 0x25, 0, 0])
        datagram.setInteger(UInt16(datagram.readableBytes - 20), at: 2)
        let parsed = try STUNMessage(parsing: datagram)
        #expect(parsed.hasValidIntegrity(key: key))
        #expect(!parsed.useCandidate)
    }

    @Test func ofTwoAttributesOfATypeTheFirstCounts() throws {
        let twice = STUNMessage(.request, transactionID: id, attributes: [.priority(1), .priority(2)])
        #expect(try STUNMessage(parsing: twice.serialized()).priority == 1)
    }

    @Test func moreAttributesThanReasonAreRefused() {
        let flood = [(UInt16, UInt16, [UInt8])](repeating: (0x8022, 0, []), count: 65)
        #expect(throws: STUNParseError.tooManyAttributes) { try STUNMessage(parsing: raw(flood)) }
    }

    @Test func oversizedTextIsCutAndNotWrapped() throws {
        let long = STUNMessage(
            .request, transactionID: id, attributes: [.username(String(repeating: "x", count: 100_000)), .priority(3)])
        let parsed = try STUNMessage(parsing: long.serialized())
        #expect(parsed.username?.utf8.count == 763)
        #expect(parsed.priority == 3)
    }

    private func raw(_ attributes: [(type: UInt16, length: UInt16, value: [UInt8])]) -> ByteBuffer {
        var datagram = ByteBuffer(bytes: [0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42] + [UInt8](repeating: 7, count: 12))
        for attribute in attributes {
            datagram.writeInteger(attribute.type)
            datagram.writeInteger(attribute.length)
            datagram.writeBytes(attribute.value)
        }
        datagram.setInteger(UInt16(datagram.readableBytes - 20), at: 2)
        return datagram
    }
}
