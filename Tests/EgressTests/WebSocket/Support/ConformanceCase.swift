// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Egress

/// One case of the Autobahn test suite as a script: what a client sends to an echo server, the frames that come back,
/// and the code that the server closes with. The numbers are Autobahn's own.
struct ConformanceCase: CustomTestStringConvertible, Sendable {
    var id: String
    var bytes: [UInt8]
    var answers: [ServerFrame]
    /// What the server's close frame carries; `nil` for an empty one.
    var closeCode: UInt16?

    var testDescription: String { self.id }

    /// A case that the server ends, or that contains the client's close frame.
    init(_ id: String, _ frames: [ClientFrame], answers: [ServerFrame] = [], closeCode: UInt16?) {
        self.id = id
        self.bytes = frames.flatMap(\.bytes)
        self.answers = answers
        self.closeCode = closeCode
    }

    /// A case in which nothing is wrong: the client closes with 1000 after it, and gets 1000 back.
    init(_ id: String, _ frames: [ClientFrame], answers: [ServerFrame]) {
        self.init(id, frames + [.close(code: 1000)], answers: answers, closeCode: 1000)
    }

    /// A case that fails with 1002 after these answers.
    static func fails(_ id: String, _ frames: [ClientFrame], answers: [ServerFrame] = []) -> Self {
        Self(id, frames, answers: answers, closeCode: 1002)
    }

    /// Plays the case in chops of one, of 997 bytes (Autobahn's own number) and of everything.
    func run() throws {
        let sizes = self.bytes.count > 10_000 ? [997, self.bytes.count] : [1, 997, self.bytes.count]
        for size in sizes {
            let socket = try WebSocketTestSocket(configuration: .init(messageLimit: 300_000))
            socket.echo()
            for start in stride(from: 0, to: self.bytes.count, by: size) {
                try socket.receive(Array(self.bytes[start..<min(start + size, self.bytes.count)]))
            }
            let sent = try socket.sent()
            #expect(Array(sent.dropLast()) == self.answers, "\(self.id) in chops of \(size)")
            #expect(sent.last?.opcode == 0x8, "\(self.id) in chops of \(size)")
            #expect(sent.last?.closeCode == self.closeCode, "\(self.id) in chops of \(size)")
            #expect(!socket.isConnected, "\(self.id) in chops of \(size)")
            #expect(socket.owner.endings.count == 1, "\(self.id) in chops of \(size)")
        }
    }
}
