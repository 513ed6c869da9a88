import COpenSSL

/// The keys that packets are protected with, derived once from a master key (RFC 3711 §4.3, RFC 7714 §11).
struct SRTPSessionKeys {
    /// What a key is for; the label of its derivation is this number, plus 3 for RTCP.
    private enum Purpose: UInt8 { case encryption = 0, authentication = 1, salting = 2 }

    let encryption: [UInt8]
    /// For HMAC-SHA1; empty with GCM.
    let authentication: [UInt8]
    let salt: [UInt8]

    /// Keys of GCM that are known as they are.
    init(encryption: [UInt8], salt: [UInt8]) {
        self.encryption = encryption
        authentication = []
        self.salt = salt
    }

    init(profile: SRTPProfile, masterKey: [UInt8], masterSalt: [UInt8], isControl: Bool) throws(SRTPError) {
        func derive(_ purpose: Purpose, _ length: Int) throws(SRTPError) -> [UInt8] {
            // The salt fills 14 of the counter block's bytes, from the left; the label meets its eighth.
            var block = masterSalt + [UInt8](repeating: 0, count: 16 - masterSalt.count)
            block[7] ^= purpose.rawValue + (isControl ? 3 : 0)
            var key = [UInt8](repeating: 0, count: length)
            guard jask_aes_keystream(masterKey, masterKey.count, block, &key, length) == 1 else { throw .library(0) }
            return key
        }
        encryption = try derive(.encryption, profile.keyLength)
        authentication = profile == .aes128CMSHA1_80 ? try derive(.authentication, 20) : []
        salt = try derive(.salting, profile.saltLength)
    }
}
