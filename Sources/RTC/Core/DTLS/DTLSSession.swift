import COpenSSL
import NIOCore

/// Owns OpenSSL's state of one association. What it sends waits in a queue, one element a datagram.
final class DTLSSession {
    enum Progress {
        case done, pending, closed
        case failed(DTLSError)
    }

    private var pointer: OpaquePointer?
    private let fingerprints: [DTLSFingerprint]
    // Room for the largest record: one that came before the handshake was over may be longer than the last datagram.
    private var record = [UInt8](repeating: 0, count: DTLSTransport.maximumMessageLength)
    private var outgoing = CircularBuffer<ByteBuffer>()
    /// What became of the peer's certificate; `nil` before it was seen.
    private(set) var isPeerVerified: Bool?

    init(
        identity: DTLSIdentity, isServer: Bool, fingerprints: [DTLSFingerprint],
        configuration: DTLSTransport.Configuration
    ) throws(DTLSError) {
        self.fingerprints = fingerprints
        let owner = Unmanaged.passUnretained(self).toOpaque()
        let callbacks = jask_dtls_callbacks(owner: owner, send: sendDatagram, verify: verifyCertificate)
        let profiles = configuration.srtpProfiles.map(\.openSSLName).joined(separator: ":")
        var failure = jask_dtls_failure()
        pointer = profiles.withCString { names in
            var options = jask_dtls_options(
                is_server: isServer ? 1 : 0, srtp_profiles: profiles.isEmpty ? nil : names,
                mtu: UInt32(clamping: configuration.mtu),
                first_timeout: Self.microseconds(configuration.firstRetransmission),
                maximum_timeout: Self.microseconds(configuration.maximumRetransmission))
            return jask_dtls_new(identity.pointer, &options, callbacks, &failure)
        }
        if pointer == nil { throw .invalidConfiguration(reason: Self.reason(&failure)) }
    }

    deinit {
        jask_dtls_free(pointer)
    }

    func popOutgoing() -> ByteBuffer? { outgoing.popFirst() }

    /// Runs `body` with a datagram that the next read of OpenSSL gets.
    func withDatagram(_ datagram: UnsafeRawBufferPointer, _ body: () -> Void) {
        let bytes = datagram.assumingMemoryBound(to: UInt8.self)
        jask_dtls_supply(pointer, bytes.baseAddress, bytes.count)
        body()
        jask_dtls_withdraw(pointer)
    }

    func handshake() -> Progress { progress(jask_dtls_handshake(pointer)) }

    /// Reads the data of one record into `message`, if there is one.
    func read(into message: inout ByteBuffer) -> Progress {
        var size = record.count
        let result = progress(jask_dtls_read(pointer, &record, &size))
        if case .done = result { message.writeBytes(record[..<size]) }
        return result
    }

    func write(_ data: ByteBuffer) -> Progress {
        let result = data.withUnsafeReadableBytes { bytes in
            jask_dtls_write(pointer, bytes.assumingMemoryBound(to: UInt8.self).baseAddress, bytes.count)
        }
        return progress(result)
    }

    func shutdown() { jask_dtls_shutdown(pointer) }

    func handleTimeout() -> Progress { progress(jask_dtls_handle_timeout(pointer)) }

    /// How long the retransmission timer still runs; `nil` when it does not.
    var retransmissionTimer: Duration? {
        var microseconds: Int64 = 0
        return jask_dtls_timer(pointer, &microseconds) == 1 ? .microseconds(microseconds) : nil
    }

    /// Only gives keys once the peer's certificate was found to be the expected one.
    func exportKeyingMaterial() throws(DTLSError) -> SRTPKeyingMaterial? {
        guard isPeerVerified == true else { throw .fingerprintMismatch }
        guard let profile = SRTPProfile(rawValue: jask_dtls_srtp_profile(pointer)) else { return nil }
        var exported = [UInt8](repeating: 0, count: SRTPKeyingMaterial.exportedLength(of: profile))
        defer { jask_cleanse(&exported, exported.count) }
        guard jask_dtls_export_srtp(pointer, &exported, exported.count) == 1 else {
            throw .library(reason: "cannot export keying material")
        }
        return SRTPKeyingMaterial(profile: profile, exported: exported)
    }

    fileprivate func send(_ datagram: UnsafeRawBufferPointer) {
        outgoing.append(ByteBuffer(bytes: datagram))
    }

    fileprivate func verify(_ certificate: UnsafeRawBufferPointer) -> Bool {
        let matches = DTLSFingerprint.matches(certificate, anyOf: fingerprints)
        isPeerVerified = matches
        return matches
    }

    private func progress(_ result: jask_dtls_result) -> Progress {
        switch result {
        case jask_dtls_done: return .done
        case jask_dtls_pending: return .pending
        case jask_dtls_closed: return .closed
        default: break
        }
        if isPeerVerified == false { return .failed(.fingerprintMismatch) }
        guard var failure = jask_dtls_last_failure(pointer)?.pointee else {
            return .failed(.library(reason: "no reason given"))
        }
        let reason = Self.reason(&failure)
        let isAlert = failure.alert >= 0
        return .failed(
            isAlert ? .peerAlert(code: UInt8(clamping: failure.alert), reason: reason) : .library(reason: reason))
    }

    private static func reason(_ failure: inout jask_dtls_failure) -> String {
        withUnsafeBytes(of: &failure.reason) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    private static func microseconds(_ duration: Duration) -> UInt32 {
        UInt32(clamping: duration.wholeNanoseconds / 1000)
    }
}

private func sendDatagram(owner: UnsafeMutableRawPointer?, bytes: UnsafePointer<UInt8>?, size: Int) {
    guard let owner else { return }
    Unmanaged<DTLSSession>.fromOpaque(owner).takeUnretainedValue()
        .send(UnsafeRawBufferPointer(start: bytes, count: size))
}

private func verifyCertificate(owner: UnsafeMutableRawPointer?, bytes: UnsafePointer<UInt8>?, size: Int) -> Int32 {
    guard let owner else { return 0 }
    let session = Unmanaged<DTLSSession>.fromOpaque(owner).takeUnretainedValue()
    return session.verify(UnsafeRawBufferPointer(start: bytes, count: size)) ? 1 : 0
}
