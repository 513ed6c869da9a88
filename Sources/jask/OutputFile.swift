import Foundation

/// A file that a command is to write at the end of its work: what is wrong with it is said before.
struct OutputFile {
    private let url: URL

    init(_ path: String) { url = URL(fileURLWithPath: path) }

    /// Why it cannot be written, and what to do; nil where it can.
    var problem: String? {
        let folder = url.deletingLastPathComponent().path
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) {
            if isFolder.boolValue { return "it is a folder: name a file in it" }
            return FileManager.default.isWritableFile(atPath: url.path)
                ? nil : "it may not be written: check permissions"
        }
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
            return "there is no folder \(folder): make it, or name another"
        }
        guard FileManager.default.isWritableFile(atPath: folder) else {
            return "nothing may be written into \(folder): check its permissions, or name another"
        }
        return refusal.map { "no such file can be made in \(folder), the system says '\($0)': name another" }
    }

    /// What the system says to a file of that name where there is none: permissions are not all that may be against it.
    private var refusal: String? {
        let descriptor = open(url.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        // What a link points at and is not there yet is made when it is written.
        guard descriptor >= 0 else { return errno == EEXIST ? nil : String(cString: strerror(errno)) }
        close(descriptor)
        unlink(url.path)
        return nil
    }
}
