// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import CHiredis
internal import NIOCore

/// A command that hiredis formats, whose arguments but one stay the same.
final class HiredisCommand {
    private let memory: UnsafeMutableBufferPointer<CChar>
    private var addresses: [UnsafePointer<CChar>?] = []
    private var lengths: [Int] = []

    init(_ arguments: [[UInt8]]) {
        self.memory = .allocate(capacity: arguments.joined().count)
        _ = self.memory.initialize(from: arguments.joined().map { CChar(bitPattern: $0) })
        var place = 0
        for argument in arguments {
            self.addresses.append(self.memory.baseAddress.map { UnsafePointer($0 + place) })
            self.lengths.append(argument.count)
            place += argument.count
        }
    }

    deinit {
        self.memory.deallocate()
    }

    /// What goes on the wire, with an argument in its place.
    func encoded(_ argument: ByteBuffer, at place: Int) -> ByteBuffer {
        argument.withUnsafeReadableBytes { bytes in
            self.addresses[place] = bytes.bindMemory(to: CChar.self).baseAddress
            self.lengths[place] = bytes.count
            var formatted: UnsafeMutablePointer<CChar>?
            let count = redisFormatCommandArgv(&formatted, Int32(self.lengths.count), &self.addresses, self.lengths)
            defer { redisFreeCommand(formatted) }
            return ByteBuffer(bytes: UnsafeRawBufferPointer(start: formatted, count: max(Int(count), 0)))
        }
    }
}
