// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import NIOCore

/// Where a run took place: figures mean little without it.
struct MachineFigures: Encodable, Sendable {
    let cores: Int
    let system: String
    /// The load average over a minute when the run began: others at work make figures noisy.
    let loadAverage: Double

    init() {
        self.cores = System.coreCount
        var names = utsname()
        uname(&names)
        func text<Field>(_ field: Field) -> String {
            withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        self.system = "\(text(names.sysname)) \(text(names.release)) \(text(names.machine))"
        var averages = [0.0]
        self.loadAverage = getloadavg(&averages, 1) == 1 ? averages[0] : -1
    }
}
