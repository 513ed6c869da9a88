/// What is said of a failed TLS handshake: the libraries' own words name files of their build and numbers of their own.
enum TLSFailure {
    private static let plain = ["wrong version number", "http request", "packet length too long"]

    /// - Parameter description: what NIOSSL or libcurl says.
    static func text(_ description: String) -> String {
        let reason = reason(description)
        if plain.contains(where: reason.lowercased().contains) {
            return "the server does not speak TLS on this port (\(reason)): "
                + "where it is meant to be plain, the URL begins with ws:// or http://"
        }
        return reason
    }

    /// `CERTIFICATE_VERIFY_FAILED at /path/file.cc:1` and `…:SSL routines::certificate verify failed` both become
    /// `certificate verify failed`.
    private static func reason(_ description: String) -> String {
        for mark in ["OPENSSL_internal:", "SSL routines::"] {
            guard let found = description.range(of: mark) else { continue }
            let words = description[found.upperBound...].prefix {
                $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == " ")
            }
            let text = words.range(of: " at ").map { words[..<$0.lowerBound] } ?? words
            let clean = text.split { $0 == "_" || $0 == " " }.joined(separator: " ").lowercased()
            // BoringSSL's words end before ' at /…', whose slash ends the letters.
            let trimmed = clean.hasSuffix(" at") ? String(clean.dropLast(3)) : clean
            if !trimmed.isEmpty { return trimmed }
        }
        return description.split(separator: " ").map { $0.contains("/") && $0.contains(".") ? "…" : $0 }
            .joined(separator: " ")
    }
}
