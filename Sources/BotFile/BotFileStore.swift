// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
public import Logging
internal import NIOCore
public import Shared
internal import Synchronization

/// The registered bots in a YAML file. Any thread.
///
/// A node reads it again when it, or a file of a secret that it names, changes. An invalid file is not loaded: the
/// known bots stay, and the log reports the error. It is changed atomically, by writing a new file and renaming it.
public final class BotFileStore: BotStore {
    /// How often a change is looked for. What is the same at two looks is read, within the second that a change may take.
    private static let pause = Duration.milliseconds(300)

    /// The path, as the operator gave it.
    public let path: String
    private let audit: AuditLog
    private let logger: Logger
    private let notice: @Sendable (String) -> Void
    private let watch = Mutex(Watch())

    /// What was read last.
    private struct Watch {
        var files = FileWatch()
        var bots: [Bot]?
        var faults: [BotFileFault] = []
    }

    /// - Parameter notice: called with a notice, a sentence, for an operator who changes the file.
    public init(
        path: String,
        logger: Logger,
        audit: AuditLog = AuditLog(),
        notice: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.path = path
        self.audit = audit
        self.logger = logger
        self.notice = notice
    }

    // MARK: Reading

    public func bots() async throws(BotStoreError) -> [Bot] {
        try self.load().bots
    }

    /// All that is wrong with the file, errors and warnings, in the order of the lines, and how many bots are right.
    public func check() -> (bots: Int, faults: [BotFileFault]) {
        let content = self.read()
        return (content.bots.count, content.faults)
    }

    /// The bots of a file that nothing is wrong with.
    private func load() throws(BotStoreError) -> BotFileContent {
        let content = self.read()
        guard content.errors.isEmpty else {
            throw BotStoreError(.unreadable, content.errors.map(\.description).joined(separator: "\n"))
        }
        return content
    }

    private func read() -> BotFileContent {
        do throws(FileError) {
            let text = try FileBytes.readText(self.path, limit: BotFileReader.byteLimit)
            return BotFileReader.read(text, path: self.path)
        } catch {
            var content = BotFileContent()
            let mend =
                error.isMissing
                ? "check the path, or make the file with hookwire bots add." : "check that this user may read it."
            content.faults = [
                BotFileFault(
                    severity: .error,
                    file: self.path,
                    line: nil,
                    sentence: "The file of bots cannot be read: \(error.reason); \(mend)",
                    mayPass: error.mayPass
                )
            ]
            return content
        }
    }

    // MARK: Following

    /// Reads the file into a registry for the first time, so that a node does not start with one that is wrong.
    ///
    /// - Throws: all that is wrong, a line each.
    public func begin(_ registry: BotRegistry) throws(BotStoreError) {
        let signature = FileSignature(self.watchedFiles(nil))
        let content = try self.load()
        for warning in content.warnings { self.log(warning) }
        self.watch.withLock { watch in
            // Of the files that the file names, nothing was known before: the next look reads once more.
            watch.files = FileWatch(known: content.watchedFiles.isEmpty ? signature : nil)
            watch.bots = content.bots
            watch.faults = content.faults
        }
        registry.renew(BotDirectory(content.bots))
    }

    /// Lets the next look read the file, whatever the files' times say.
    public func readAgain() {
        self.watch.withLock { $0.files.readAgain() }
    }

    public func follow(into registry: BotRegistry) async {
        var files: [String]?
        while !Task.isCancelled {
            let paths = self.watchedFiles(files)
            let signature = FileSignature(paths)
            // During a write, missing parts would be taken for removed.
            switch self.watch.withLock({ $0.files.look(signature) }) {
            case .wait: break
            case .readChanged: files = self.readAnew(signature, paths, into: registry, isDue: false) ?? files
            case .readAsked: files = self.readAnew(signature, paths, into: registry, isDue: true) ?? files
            }
            try? await Task.sleep(for: Self.pause)
        }
    }

    private func watchedFiles(_ secrets: [String]?) -> [String] { [self.path] + (secrets ?? []) }

    /// - Returns: the files of secrets to watch from now on; nil where they were written meanwhile, and nothing was done.
    private func readAnew(
        _ signature: FileSignature,
        _ paths: [String],
        into registry: BotRegistry,
        isDue: Bool
    ) -> [String]? {
        var content = self.read()
        guard FileSignature(paths) == signature else {
            if isDue { self.readAgain() }
            return nil
        }
        let orphans = signature.orphans.map { Self.orphan($0) }
        content.faults += orphans
        let (old, oldFaults) = self.watch.withLock { watch in
            defer {
                // An unreadable file is retried, since nothing else would notice when it becomes readable.
                if !content.faults.contains(where: \.mayPass) {
                    watch.files.wasRead(signature, naming: self.watchedFiles(content.watchedFiles))
                }
                watch.faults = content.faults
                if content.errors.isEmpty { watch.bots = content.bots }
            }
            return (watch.bots, watch.faults)
        }
        if isDue || content.faults != oldFaults {
            for fault in content.faults { self.log(fault) }
        }
        guard content.errors.isEmpty else {
            registry.report(content.errors.first.map { BotStoreError(.unreadable, $0.description) })
            return content.watchedFiles
        }
        // Its content is valid, but may be stale.
        registry.report(orphans.first.map { BotStoreError(.unreadable, "\($0.file): \($0.sentence)") })
        if content.bots != old || registry.directory == nil {
            registry.renew(BotDirectory(content.bots))
            self.logger.notice("the registered bots were read", metadata: ["bots": "\(content.bots.count)"])
        } else if isDue {
            self.logger.notice("the registered bots were read and are as before")
        }
        return content.watchedFiles
    }

    /// The mount keeps the old content: a token revoked in the replacement would stay valid here.
    private static func orphan(_ path: String) -> BotFileFault {
        BotFileFault(
            severity: .warning,
            file: path,
            line: nil,
            sentence: "The file was replaced or removed outside of its mount, and the old one stays here; mount its "
                + "folder in place of the file."
        )
    }

    private func log(_ fault: BotFileFault) {
        switch fault.severity {
        case .warning: self.logger.warning("\(fault)")
        case .error: self.logger.error("the file of bots is wrong, and the bots known stay: \(fault)")
        }
    }

    // MARK: Changing

    public func change(
        _ name: BotName,
        _ action: BotAction,
        _ change: @Sendable (Bot?, BotDirectory) throws(BotStoreError) -> Bot?
    ) async throws(BotStoreError) {
        do throws(BotStoreError) {
            try self.checkBeginning(action)
            try await self.write { content throws(BotStoreError) in try Self.apply(change, to: name, of: &content) }
        } catch {
            self.audit.record(action, on: name, error: error)
            throw error
        }
        self.audit.record(action, on: name)
    }

    /// Adds many bots at once, all or none: adding them one by one would rewrite the whole file each time.
    public func add(_ bots: [Bot], _ action: BotAction) async throws(BotStoreError) {
        guard !bots.isEmpty else { return }
        do throws(BotStoreError) {
            try await self.write { content throws(BotStoreError) in
                let directory = BotDirectory(content.bots)
                for bot in bots {
                    guard let new = try BotChange.add(bot)(directory.bot(named: bot.name), directory) else { continue }
                    content.bots.append(new)
                }
            }
        } catch {
            for bot in bots { self.audit.record(action, on: bot.name, error: error) }
            throw error
        }
        for bot in bots { self.audit.record(action, on: bot.name) }
    }

    /// Only adding a bot may create the file: for other actions a missing file is an error, not an empty registry.
    private func checkBeginning(_ action: BotAction) throws(BotStoreError) {
        var status = stat()
        guard action.kind != .add, stat(self.path, &status) != 0, errno == ENOENT else { return }
        throw BotStoreError(.unavailable, "There is no file \(self.path): check the path.")
    }

    private func write(
        _ change: @Sendable (inout BotFileContent) throws(BotStoreError) -> Void
    ) async throws(BotStoreError) {
        let lock: FileLock
        let file: AtomicFile
        do throws(FileError) {
            file = try AtomicFile(self.path)
            lock = try await FileLock.take(beside: file.path)
        } catch {
            throw BotStoreError(error)
        }
        defer { lock.release() }
        let former = try Self.files { () throws(FileError) in try file.read(limit: BotFileReader.byteLimit) }
        let content = former.map { BotFileReader.read($0, path: self.path) } ?? BotFileContent()
        let text = try self.text(content, change)
        try Self.files { () throws(FileError) in
            if content.hasInnerComments, let former { try file.keep(former) }
            try file.replace(with: text)
        }
        if content.hasInnerComments {
            self.notice(
                "\(self.path) was written anew, without the comments between its lines; as it was, it is \(self.path)~."
            )
        }
    }

    private static func files<Result>(
        _ body: () throws(FileError) -> Result
    ) throws(BotStoreError) -> Result {
        do throws(FileError) {
            return try body()
        } catch {
            throw BotStoreError(error)
        }
    }

    /// The file's text after a change.
    private func text(
        _ content: BotFileContent,
        _ change: (inout BotFileContent) throws(BotStoreError) -> Void
    ) throws(BotStoreError) -> String {
        guard content.errors.isEmpty else {
            throw BotStoreError(.unreadable, content.errors.map(\.description).joined(separator: "\n"))
        }
        var content = content
        try change(&content)
        let text = BotFileText.text(content)
        // What could not be read again could not be changed again either, by any command.
        let errors = BotFileReader.read(text, path: self.path).errors
        guard let error = errors.first else { return text }
        throw BotStoreError(
            .invalid,
            "The file would be wrong after this change, and stays as it is. Written anew it has: \(error)"
        )
    }

    private static func apply(
        _ change: (Bot?, BotDirectory) throws(BotStoreError) -> Bot?,
        to name: BotName,
        of content: inout BotFileContent
    ) throws(BotStoreError) {
        let old = content.bots.first { $0.name == name }
        let new = try change(old, BotDirectory(content.bots))
        if let old, let new { try content.checkSecretFiles(of: old, new) }
        if let index = content.bots.firstIndex(where: { $0.name == name }) {
            content.bots.remove(at: index)
            if let new { content.bots.insert(new, at: index) } else { content.secretFiles[name] = nil }
        } else if let new {
            content.bots.append(new)
        }
    }
}

extension BotStoreError {
    fileprivate init(_ error: FileError) {
        let mend = error.mend ?? "check that this user may read and write the file and its folder"
        self.init(.unavailable, "\(error); \(mend).")
    }
}
