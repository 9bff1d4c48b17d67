// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import Shared
internal import SystemPackage

/// The bytes of a file of certificates or keys. Only regular files are read: opening a pipe would wait for a writer,
/// and a device has no end.
enum PEMFile {
    /// A chain of a hundred certificates has less.
    private static let limit = 1 << 20

    /// Why it does not do, to end a sentence.
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// Whether a file that could not be read may be read as it is at another time.
    static func mayPass(_ error: any Error) -> Bool {
        (error as? Errno).map { PassingFileError.isOne($0.rawValue) } ?? false
    }

    static func read(_ path: String) throws -> [UInt8] {
        let file = try FileDescriptor.open(FilePath(path), .readOnly, options: [.nonBlocking, .closeOnExec])
        return try file.closeAfter {
            var status = stat()
            guard fstat(file.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
                throw Fault(description: "it is no file")
            }
            guard status.st_size <= self.limit else { throw Fault(description: "it has more than a MiB") }
            var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
            var count = 0
            while count < bytes.count {
                let read = try bytes.withUnsafeMutableBytes { bytes in
                    try file.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[count...]))
                }
                guard read > 0 else { break }
                count += read
            }
            return Array(bytes[..<count])
        }
    }
}
