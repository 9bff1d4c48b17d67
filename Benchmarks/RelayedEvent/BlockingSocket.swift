// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A client's TCP connection to this machine, as simple as can be.
final class BlockingSocket {
    private let descriptor: Int32
    private var input: [UInt8] = []

    init(port: Int) throws {
        self.descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(self.descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure.refused }
    }

    deinit {
        close(self.descriptor)
    }

    func send(_ bytes: [UInt8]) throws {
        guard Glibc.send(self.descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw Failure.closed
        }
    }

    /// Takes the next bytes.
    func receive(_ count: Int) throws -> [UInt8] {
        while self.input.count < count { try self.receiveMore() }
        defer { self.input.removeFirst(count) }
        return Array(self.input.prefix(count))
    }

    /// Takes the next message, without its header of so many bytes; a ping before it is answered.
    func receiveMessage(header: Int, length: Int) throws -> [UInt8] {
        while try self.receive(1) == [0x89] {
            let count = Int(try self.receive(1)[0])
            // A pong, masked with zeros.
            try self.send([0x8A, 0x80 | UInt8(count), 0, 0, 0, 0] + self.receive(count))
        }
        return Array(try self.receive(header - 1 + length).dropFirst(header - 1))
    }

    /// Takes an answer: its header, which must say that all is well, and a body of that many bytes.
    func receiveHead(andBody length: Int = 0) throws {
        while true {
            if let end = self.endOfHead {
                let head = try self.receive(end)
                guard head.starts(with: "HTTP/1.1 200".utf8) || head.starts(with: "HTTP/1.1 101".utf8) else {
                    throw Failure.refused
                }
                _ = try self.receive(length)
                return
            }
            try self.receiveMore()
        }
    }

    private var endOfHead: Int? {
        guard self.input.count >= 4 else { return nil }
        return (4...self.input.count).first { self.input[($0 - 4)..<$0].elementsEqual("\r\n\r\n".utf8) }
    }

    private func receiveMore() throws {
        var piece = [UInt8](repeating: 0, count: 16_384)
        let count = recv(self.descriptor, &piece, piece.count, 0)
        guard count > 0 else { throw Failure.closed }
        self.input += piece.prefix(count)
    }
}
