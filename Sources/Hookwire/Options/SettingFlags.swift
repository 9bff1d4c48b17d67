// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// Flags that are settings: text here, because what they mean is decided where the environment's and the file's are too.
protocol SettingFlags: ParsableArguments {
    /// The flags that were given, by the names of their settings; nil for those that were not.
    var flags: [String: String?] { get }
}
