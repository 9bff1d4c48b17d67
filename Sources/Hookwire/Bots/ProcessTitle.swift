// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// What other users of the machine see of this process: the arguments it was started with (proc(5), `/proc/PID/cmdline`).
enum ProcessTitle {
    /// Overwrites the secrets among the arguments. Those that Swift has read stay as they are.
    ///
    /// For the moment between the start and this the process list shows them: the environment, a file or standard input
    /// never does.
    static func hideSecrets() {
        // Swift copies them when they are first asked for, so they are, before they go.
        _ = CommandLine.arguments
        guard let memory = self.arguments() else { return }
        var start = memory.startIndex
        var hidesNext = false
        while start < memory.endIndex {
            let end = memory[start...].firstIndex(of: 0) ?? memory.endIndex
            let argument = memory[start..<end]
            let secrets = SecretArgument.secrets(in: argument, followsOption: hidesNext)
            hidesNext = SecretArgument.isOption(argument)
            for index in secrets { memory[index] = UInt8(ascii: "*") }
            start = end + 1
        }
    }

    /// The memory that the kernel shows as the command line: `arg_start` to `arg_end` of /proc/self/stat (fields 48, 49).
    ///
    /// It is this process's own: the kernel put the arguments on the first thread's stack, which is writable and stays as
    /// long as the process does, and tells its bounds. Nobody else writes there, and this is called before there are other
    /// threads that could read it.
    private static func arguments() -> UnsafeMutableBufferPointer<UInt8>? {
        guard let stat = try? InputFile.read("/proc/self/stat", limit: 64 << 10),
            // The program's name, in parentheses, may hold spaces.
            let name = stat.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = String(decoding: stat[(name + 1)...], as: UTF8.self).split(whereSeparator: \.isWhitespace)
        // The first field behind the name is the third.
        guard fields.count > 46, let start = UInt(fields[45]), let end = UInt(fields[46]), start > 0, end > start else {
            return nil
        }
        return UnsafeMutableBufferPointer(start: UnsafeMutablePointer(bitPattern: start), count: Int(end - start))
    }
}
