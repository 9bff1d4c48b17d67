// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import NIOCore
import Testing

@testable import Hookwire

@Suite struct BenchConfigurationTests {
    private func configuration(_ arguments: String...) throws -> BenchConfiguration {
        try BenchConfiguration(BenchOptions.parse(arguments), run: "00000000")
    }

    /// Without a word it loads a local `hookwire serve`.
    @Test func defaults() throws {
        let configuration = try self.configuration()
        #expect(configuration.mode == .closedLoop)
        #expect(configuration.connections == 32)
        #expect(configuration.bodySize == 600)
        #expect(configuration.isSigned)
        #expect(configuration.settle == .seconds(5))
        #expect(configuration.secret(7) == "bench-00000000-7")
    }

    /// Another machine is loaded only by someone who says that it is theirs.
    @Test func refusesOtherMachines() throws {
        for flag in ["--webhook=http://192.0.2.1/{secret}", "--socket=ws://192.0.2.1/{secret}"] {
            let error = #expect(throws: SettingsError.self) { try self.configuration(flag) }
            #expect(error?.message.contains("--i-own-this-server") == true)
            _ = try self.configuration(flag, "--i-own-this-server")
        }
    }

    /// What makes no sense, or more than memory holds, is refused before anything is sent.
    @Test(arguments: [
        ["--idle", "--rate=1"], ["--rate=0"], ["--rate=nan"], ["--secrets=0"], ["--connections=0"], ["--body-size=100"],
        ["--duration=0"], ["--duration=10"], ["--rate=1000000", "--duration=10m"], ["--pid=x"], ["--pid=a=0"],
        ["--threads=4", "--connections=3"], ["--idle", "--sockets=0"], ["--sockets=100000", "--events=1000000"],
        ["--events=5000000"],
    ])
    func refuses(arguments: [String]) throws {
        let options = try BenchOptions.parse(arguments)
        #expect(throws: SettingsError.self) { try BenchConfiguration(options, run: "00000000") }
    }

    /// As many events are made ready as a run can need.
    @Test func countsEvents() throws {
        #expect(try self.configuration("--rate=3000").measuredEvents == 30_000)
        #expect(try self.configuration("--rate=3000").warmUpEvents == 3_000)
        #expect(try self.configuration("--rate=3000", "--duration=1m", "--warm-up=0").eventCount == 180_000)
        #expect(try self.configuration("--rate=3000", "--events=10", "--duration=1m").measuredEvents == 10)
        #expect(try self.configuration("--rate=3000", "--events=10000", "--duration=1s").measuredEvents == 3_000)
        #expect(try self.configuration("--events=1000").warmUpEvents == 100)
        #expect(try self.configuration("--events=1000", "--warm-up=0").warmUpEvents == 0)
        #expect(try self.configuration("--duration=5s").measuredEvents == 500_000)
        #expect(try self.configuration("--idle").eventCount == 0)
    }

    /// A process may be named.
    @Test func namesProcesses() throws {
        let processes = try self.configuration("--pid=12", "--pid=ingress=34").processes
        #expect(processes.map(\.name) == ["server", "ingress"])
        #expect(processes.map(\.pid) == [12, 34])
    }
}
