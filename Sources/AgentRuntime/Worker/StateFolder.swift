import Foundation

/// Where journals and locks are kept: this user's alone.
public enum StateFolder {
    /// Makes the folder where it is missing, takes it from others where it is there, and writes to it once.
    /// - Throws: `StateFolderError` where nothing can be kept there.
    public static func prepare(_ path: String) throws(StateFolderError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw StateFolderError(path: path, reason: reason(error))
        }
        var status = stat()
        if stat(path, &status) == 0, status.st_uid == geteuid(), status.st_mode & 0o077 != 0 { chmod(path, 0o700) }
        let probe = path + "/.probe-\(getpid())"
        let descriptor = open(probe, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StateFolderError(path: path, reason: String(cString: strerror(errno)))
        }
        close(descriptor)
        unlink(probe)
    }

    /// Whether `prepare` would succeed; a folder that was missing is taken away again.
    public static func check(_ path: String) throws(StateFolderError) {
        let isThere = FileManager.default.fileExists(atPath: path)
        try prepare(path)
        if !isThere { rmdir(path) }
    }

    /// A path as people find it, wherever they look from.
    public static func absolute(_ path: String) -> String { URL(fileURLWithPath: path).path }

    private static func reason(_ error: any Error) -> String {
        let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        guard let underlying, underlying.domain == NSPOSIXErrorDomain else { return error.localizedDescription }
        return String(cString: strerror(Int32(underlying.code)))
    }
}

/// Nothing can be kept in the state folder: what was said, and to whom, would be forgotten with the process.
public struct StateFolderError: Error, Hashable, Sendable, CustomStringConvertible {
    public var path: String
    public var reason: String

    public var description: String {
        "the state folder \(StateFolder.absolute(path)) cannot be written: \(reason); make it this user's, or set state.directory to another"
    }
}
