// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import SystemPackage

/// A process that is watched, and what it is called in the report.
struct NamedProcess: Sendable, Equatable {
    let name: String
    let pid: Int32

    /// Reads `123` or `ingress=123`.
    init(_ text: String) throws(SettingsError) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let last = parts.last, let pid = Int32(last), pid > 0, parts.first?.isEmpty == false else {
            throw SettingsError(message: "--pid must be a process id, or name=id; it is \"\(text)\".")
        }
        self.pid = pid
        self.name = parts.count == 2 ? String(parts[0]) : "server"
    }

    /// What it has used until now.
    ///
    /// - Throws: `BenchError` where it does not run.
    func usage() throws(BenchError) -> ProcessUsage {
        guard let stat = Self.contents(FilePath("/proc/\(self.pid)/stat")),
            let status = Self.contents(FilePath("/proc/\(self.pid)/status")),
            var usage = ProcessUsage(stat: stat, status: status, ticksPerSecond: sysconf(Int32(_SC_CLK_TCK)))
        else {
            throw BenchError(message: "Process \(self.pid) (\(self.name)) does not run. Check --pid.")
        }
        if let total = self.cpuTime { usage.total = total }
        return usage
    }

    /// Its CPU time in seconds, to the nanosecond; nil where there is no such clock.
    private var cpuTime: Double? {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(self.pid, &clock) == 0, clock_gettime(clock, &time) == 0 else { return nil }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// A file of /proc: it has no size, and one read gives all that is wanted of it.
    private static func contents(_ path: FilePath) -> String? {
        guard let file = try? FileDescriptor.open(path, .readOnly) else { return nil }
        defer { try? file.close() }
        var bytes = [UInt8](repeating: 0, count: 8 << 10)
        guard let count = try? bytes.withUnsafeMutableBytes({ try file.read(into: $0) }) else { return nil }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}

/// What a process has used since it started (proc(5)).
struct ProcessUsage: Sendable, Equatable {
    /// CPU time in seconds; of other processes in whole ticks, mostly of 10 ms.
    var user: Double
    var system: Double
    /// Both together, finer where the system tells.
    var total: Double
    /// Resident memory in bytes.
    var residentBytes: Int

    init(user: Double, system: Double, residentBytes: Int) {
        self.user = user
        self.system = system
        self.total = user + system
        self.residentBytes = residentBytes
    }

    /// - Parameters:
    ///   - stat: what `/proc/PID/stat` says.
    ///   - status: what `/proc/PID/status` says.
    init?(stat: String, status: String, ticksPerSecond: Int) {
        // The second field is the program's name in parentheses and may hold anything, parentheses too.
        guard ticksPerSecond > 0, let nameEnd = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: nameEnd)...].split(separator: " ")
        guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else { return nil }
        let resident = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        guard let kilobytes = resident?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first,
            let kilobytes = Int(kilobytes)
        else { return nil }
        self.init(
            user: Double(user) / Double(ticksPerSecond),
            system: Double(system) / Double(ticksPerSecond),
            residentBytes: kilobytes << 10
        )
    }

    /// What this process has used until now; its memory is not asked for.
    static func own() -> ProcessUsage {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return ProcessUsage(user: seconds(usage.ru_utime), system: seconds(usage.ru_stime), residentBytes: 0)
    }
}
