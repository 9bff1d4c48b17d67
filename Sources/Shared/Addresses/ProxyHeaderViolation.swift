// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a PROXY protocol header. The raw value is a log key and a metric label.
enum ProxyHeaderViolation: String, Error, CaseIterable, Sendable {
    /// No line end within 107 bytes (version 1).
    case lineTooLong = "line_too_long"
    /// The line is not a well-formed `PROXY TCP4|TCP6|UNKNOWN …`.
    case badLine = "bad_line"
    /// The line's addresses or ports are invalid, or not of its family.
    case badAddress = "bad_address"
    /// The version is not 2, or the command neither LOCAL nor PROXY.
    case badCommand = "bad_command"
    /// Unknown family or transport.
    case badFamily = "bad_family"
    /// The length leaves no room for the family's addresses.
    case tooShort = "too_short"
    /// The header is longer than `lengthLimit`.
    case tooLong = "too_long"
    /// The connection ended within the header.
    case incomplete
}
