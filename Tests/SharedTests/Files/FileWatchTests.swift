// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Testing

@testable import Shared

@Suite("When followed files are read")
struct FileWatchTests {
    private let file: URL
    private var signature: FileSignature { FileSignature([self.file.path]) }

    init() throws {
        self.file = FileManager.default.temporaryDirectory.appendingPathComponent("watch-\(UUID().uuidString)")
        try self.write("one")
    }

    private func write(_ text: String) throws {
        try text.write(to: self.file, atomically: true, encoding: .utf8)
    }

    /// What has been read is not read again while it stays the same.
    @Test func unchanged() {
        defer { try? FileManager.default.removeItem(at: self.file) }
        var watch = FileWatch(known: self.signature)
        #expect(watch.look(self.signature) == .wait)
        #expect(watch.look(self.signature) == .wait)
    }

    /// A change is read at the second look at which it is the same, and once.
    @Test func changed() throws {
        defer { try? FileManager.default.removeItem(at: self.file) }
        var watch = FileWatch(known: self.signature)
        try self.write("two")
        #expect(watch.look(self.signature) == .wait)
        try self.write("three")
        #expect(watch.look(self.signature) == .wait)
        #expect(watch.look(self.signature) == .readChanged)
        watch.wasRead(self.signature)
        #expect(watch.look(self.signature) == .wait)
    }

    /// What could not be taken over because it changed meanwhile is read again.
    @Test func changedWhileRead() throws {
        defer { try? FileManager.default.removeItem(at: self.file) }
        var watch = FileWatch()
        #expect(watch.look(self.signature) == .wait)
        #expect(watch.look(self.signature) == .readChanged)
        #expect(watch.look(self.signature) == .readChanged)
    }

    /// Whoever asks has it read once, at the next look at which nobody is writing.
    @Test func asked() throws {
        defer { try? FileManager.default.removeItem(at: self.file) }
        var watch = FileWatch(known: self.signature)
        _ = watch.look(self.signature)
        watch.readAgain()
        let old = self.signature
        try self.write("two")
        #expect(watch.look(self.signature) == .wait)
        #expect(watch.look(self.signature) == .readAsked)
        #expect(old != self.signature)
        watch.wasRead(self.signature)
        #expect(watch.look(self.signature) == .wait)
    }

    /// A file that is only now named may have changed while it was read: it is read once more, with all that are watched.
    @Test func newlyNamed() throws {
        let other = self.file.appendingPathExtension("other")
        defer {
            try? FileManager.default.removeItem(at: self.file)
            try? FileManager.default.removeItem(at: other)
        }
        try "first".write(to: other, atomically: true, encoding: .utf8)
        var watch = FileWatch()
        _ = watch.look(self.signature)
        #expect(watch.look(self.signature) == .readChanged)
        try "second".write(to: other, atomically: true, encoding: .utf8)
        let paths = [self.file.path, other.path]
        watch.wasRead(self.signature, naming: paths)
        #expect(watch.look(FileSignature(paths)) == .wait)
        #expect(watch.look(FileSignature(paths)) == .readChanged)
        watch.wasRead(FileSignature(paths), naming: paths)
        #expect(watch.look(FileSignature(paths)) == .wait)
        // One that is named no more needs no other look.
        watch.wasRead(FileSignature(paths), naming: [self.file.path])
        #expect(watch.look(self.signature) == .wait)
        #expect(watch.look(self.signature) == .wait)
    }

    /// A file that loses its name and stays where it is looked at, as one that is mounted by itself, is told apart.
    @Test func orphan() throws {
        let descriptor = open(self.file.path, O_RDONLY | O_CLOEXEC)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let path = "/proc/self/fd/\(descriptor)"
        let named = FileSignature([path, self.file.path])
        #expect(named.orphans.isEmpty)
        try FileManager.default.removeItem(at: self.file)
        let orphaned = FileSignature([path, self.file.path])
        #expect(orphaned.orphans == [path])
        #expect(orphaned != named)
    }

    /// A file that goes, and one that comes, are changes.
    @Test func missing() throws {
        var watch = FileWatch(known: self.signature)
        try FileManager.default.removeItem(at: self.file)
        #expect(watch.look(self.signature) == .wait)
        #expect(watch.look(self.signature) == .readChanged)
    }
}
