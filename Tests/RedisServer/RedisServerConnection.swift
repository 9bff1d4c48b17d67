// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A blocking connection to a Unix domain socket, as simple as can be.
final class RedisServerConnection {
    private let descriptor: Int32
    private var input: [UInt8] = []

    init(path: String) throws {
        self.descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(self.descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw RedisServer.Failure.noAnswer(errno: errno) }
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(self.descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit {
        close(self.descriptor)
    }

    func command(_ arguments: [String]) throws -> String {
        var bytes = Array("*\(arguments.count)\r\n".utf8)
        for argument in arguments { bytes += Array("$\(argument.utf8.count)\r\n\(argument)\r\n".utf8) }
        guard send(self.descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
        else { throw RedisServer.Failure.noAnswer(errno: errno) }
        return try self.reply()
    }

    private func reply() throws -> String {
        let line = try self.line()
        let rest = String(line.dropFirst())
        switch line.first {
        case "-": throw RedisServer.Failure.refused(rest)
        case "$":
            guard let count = Int(rest), count >= 0 else { return "" }
            while self.input.count < count + 2 { try self.receive() }
            defer { self.input.removeFirst(count + 2) }
            return String(decoding: self.input.prefix(count), as: UTF8.self)
        case "*":
            return try (0..<max(0, Int(rest) ?? 0)).map { _ in try self.reply() }.joined(separator: "\n")
        default: return rest
        }
    }

    private func line() throws -> String {
        while true {
            if let end = self.input.firstIndex(of: UInt8(ascii: "\n")) {
                defer { self.input.removeFirst(end + 1) }
                return String(decoding: self.input[..<end].dropLast(), as: UTF8.self)
            }
            try self.receive()
        }
    }

    private func receive() throws {
        var piece = [UInt8](repeating: 0, count: 4096)
        let count = recv(self.descriptor, &piece, piece.count, 0)
        guard count > 0 else { throw RedisServer.Failure.noAnswer(errno: errno) }
        self.input += piece.prefix(count)
    }
}
